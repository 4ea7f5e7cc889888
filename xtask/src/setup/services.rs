//! Programs that the tests start: Redis, PostgreSQL, node exporter, browser, Node.js.

use super::node;
use crate::failure::Failure;
use crate::process;
use crate::report;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// The programs that a command needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Programs of the integration tests.
    Services,
    /// Programs of the integration and browser tests.
    ServicesAndBrowser,
}

/// A program and its packages.
#[derive(Debug)]
pub(crate) struct Program {
    name: &'static str,
    packages: [&'static str; 4],
    is_installed: fn(&Workspace) -> bool,
}

/// A package manager, in the order of [`Program::packages`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manager {
    Apt,
    Dnf,
    Pacman,
    Brew,
}

impl Manager {
    const ALL: [Self; 4] = [Self::Apt, Self::Dnf, Self::Pacman, Self::Brew];

    fn program(self) -> &'static str {
        match self {
            Self::Apt => "apt-get",
            Self::Dnf => "dnf",
            Self::Pacman => "pacman",
            Self::Brew => "brew",
        }
    }

    fn install(self) -> &'static str {
        match self {
            Self::Apt => "apt-get install --no-install-recommends",
            Self::Dnf => "dnf install",
            Self::Pacman => "pacman -S",
            Self::Brew => "brew install",
        }
    }

    fn package(self, program: &Program) -> &'static str {
        let [apt, dnf, pacman, brew] = program.packages;
        match self {
            Self::Apt => apt,
            Self::Dnf => dnf,
            Self::Pacman => pacman,
            Self::Brew => brew,
        }
    }

    fn command(self, missing: &[&Program]) -> String {
        let packages: Vec<_> = missing.iter().map(|program| self.package(program)).collect();
        format!("{} {}", self.install(), packages.join(" "))
    }
}

static SERVICES: [Program; 3] = [
    Program {
        name: "Redis",
        packages: ["redis-server", "redis", "redis", "redis"],
        is_installed: |_| process::find_on_path("redis-server").is_some(),
    },
    Program {
        name: "PostgreSQL",
        packages: ["postgresql", "postgresql-server", "postgresql", "postgresql@17"],
        is_installed: |_| has_postgres(),
    },
    Program {
        name: "Prometheus's node exporter",
        packages: [
            "prometheus-node-exporter",
            "golang-github-prometheus-node-exporter",
            "prometheus-node-exporter",
            "node_exporter",
        ],
        is_installed: |_| has_node_exporter(),
    },
];

static BROWSER: [Program; 3] = [
    Program {
        name: "Chromium",
        packages: ["chromium", "chromium", "chromium", "chromium"],
        is_installed: |_| chromium().is_some(),
    },
    Program {
        name: "Node.js 20 or newer with npm",
        packages: ["nodejs npm", "nodejs npm", "nodejs npm", "node"],
        is_installed: node::is_installed,
    },
    Program {
        name: "Java for the HTML validator",
        packages: ["default-jre-headless", "java-latest-openjdk-headless", "jre-openjdk-headless", "openjdk"],
        is_installed: |_| process::find_on_path("java").is_some(),
    },
];

/// C++ compiler for libFuzzer.
pub(crate) static COMPILER: Program = Program {
    name: "a C++ compiler",
    packages: ["g++", "gcc-c++", "gcc", "llvm"],
    is_installed: |_| std::env::var_os("CXX").is_some() || process::find_on_path("c++").is_some(),
};

/// Builds the memory allocator.
pub(crate) static MAKE: Program = Program {
    name: "make",
    packages: ["make", "make", "make", "make"],
    is_installed: |_| process::find_on_path("make").is_some(),
};

/// How to install missing programs.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    /// No program is missing.
    Nothing,
    /// Install these packages with apt, without questions.
    Apt(Vec<&'static str>),
    /// Stop with this message.
    Stop(String),
}

/// Checks that the programs are installed. As root on a system with apt, it installs missing ones.
///
/// # Errors
/// Programs are missing; the message has the commands that install them.
pub(crate) fn ensure(workspace: &Workspace, needs: Needs) -> Result<(), Failure> {
    let managers = managers();
    match plan(&missing(workspace, needs), is_root(workspace), &managers) {
        Plan::Nothing => return Ok(()),
        Plan::Stop(line) => return Err(Failure::Missing(line)),
        Plan::Apt(packages) => apt(workspace, &packages)?,
    }
    // A package of the distribution may be too old: check again, without a second attempt.
    match plan(&missing(workspace, needs), false, &managers) {
        Plan::Stop(line) => Err(Failure::Missing(line)),
        Plan::Nothing | Plan::Apt(_) => Ok(()),
    }
}

/// Checks that a program that builds something is installed; `who` is such as "fuzzing needs".
///
/// # Errors
/// It is missing; the message has the command that installs it.
pub(crate) fn ensure_tool(workspace: &Workspace, who: &str, tool: &'static Program) -> Result<(), Failure> {
    if (tool.is_installed)(workspace) {
        return Ok(());
    }
    Err(Failure::Missing(message(who, &[tool], &managers())))
}

fn managers() -> Vec<Manager> {
    let is_installed = |manager: &Manager| process::find_on_path(manager.program()).is_some();
    Manager::ALL.into_iter().filter(is_installed).collect()
}

fn missing(workspace: &Workspace, needs: Needs) -> Vec<&'static Program> {
    let browser: &[Program] = if needs == Needs::ServicesAndBrowser { &BROWSER } else { &[] };
    SERVICES.iter().chain(browser).filter(|program| !(program.is_installed)(workspace)).collect()
}

fn plan(missing: &[&'static Program], root: bool, managers: &[Manager]) -> Plan {
    if missing.is_empty() {
        return Plan::Nothing;
    }
    if root && managers.contains(&Manager::Apt) {
        return Plan::Apt(
            missing.iter().flat_map(|program| Manager::Apt.package(program).split(' ')).collect(),
        );
    }
    Plan::Stop(message("the tests need", missing, managers))
}

fn message(who: &str, missing: &[&Program], managers: &[Manager]) -> String {
    let names: Vec<_> = missing.iter().map(|program| program.name).collect();
    let choices = if managers.is_empty() { &Manager::ALL } else { managers };
    let commands: Vec<_> = choices.iter().map(|manager| format!("`{}`", manager.command(missing))).collect();
    format!("{who} {}: install with {}", names.join(", "), commands.join(" or "))
}

fn apt(workspace: &Workspace, packages: &[&str]) -> Result<(), Failure> {
    report::say(&format!("      installing {}", packages.join(" ")));
    let advice = "Check the network connection and the package sources, and run the same command again.";
    let apt = |arguments: &[&str]| {
        let mut command = process::program(workspace, "apt-get");
        command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive");
        command
    };
    process::run(&mut apt(&["update", "-q"]), "reading the package lists", advice)?;
    process::run(
        apt(&["install", "-q", "-y", "--no-install-recommends"]).args(packages),
        "installing the programs that the tests start",
        advice,
    )
}

fn is_root(workspace: &Workspace) -> bool {
    process::output_of(process::program(workspace, "id").arg("-u")).is_some_and(|id| id.trim() == "0")
}

/// The browser of the browser tests: `CHROMIUM` if it is set, or the first one on `PATH`.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
        .into_iter()
        .find_map(process::find_on_path)
}

/// Debian and Red Hat install the server's programs outside `PATH`, in one folder for each version.
fn has_postgres() -> bool {
    let in_versions = |folder: &str, below: &str| {
        Path::new(folder)
            .read_dir()
            .is_ok_and(|versions| versions.flatten().any(|version| version.path().join(below).is_file()))
    };
    process::find_on_path("initdb").is_some()
        || in_versions("/usr/lib/postgresql", "bin/initdb")
        || in_versions("/usr", "bin/initdb")
}

/// Only the tests of the Linux probes use it. Debian's name of the program has a prefix.
fn has_node_exporter() -> bool {
    let names = ["prometheus-node-exporter", "node_exporter"];
    !cfg!(target_os = "linux") || names.into_iter().any(|name| process::find_on_path(name).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plan_depends_on_missing_programs_and_the_system() {
        let [redis, postgres, exporter] = &SERVICES;
        let [_, node, _] = &BROWSER;
        let cases: &[(&[&'static Program], bool, &[Manager], Plan)] = &[
            (&[], true, &[Manager::Apt], Plan::Nothing),
            (&[redis, node], true, &[Manager::Apt], Plan::Apt(vec!["redis-server", "nodejs", "npm"])),
            (&[exporter], true, &[Manager::Apt], Plan::Apt(vec!["prometheus-node-exporter"])),
            (
                &[redis, node],
                false,
                &[Manager::Apt],
                Plan::Stop(
                    "the tests need Redis, Node.js 20 or newer with npm: install with \
                     `apt-get install --no-install-recommends redis-server nodejs npm`"
                        .to_owned(),
                ),
            ),
            (
                &[postgres],
                true,
                &[Manager::Dnf],
                Plan::Stop("the tests need PostgreSQL: install with `dnf install postgresql-server`".to_owned()),
            ),
            (
                &[redis],
                true,
                &[],
                Plan::Stop(
                    "the tests need Redis: install with `apt-get install --no-install-recommends redis-server` \
                     or `dnf install redis` or `pacman -S redis` or `brew install redis`"
                        .to_owned(),
                ),
            ),
        ];
        for (missing, root, managers, expected) in cases {
            assert_eq!(plan(missing, *root, managers), *expected);
        }
    }

    #[test]
    fn message_names_the_compiler_of_the_fuzzer() {
        let text = message("fuzzing needs", &[&COMPILER], &[Manager::Dnf]);
        assert_eq!(text, "fuzzing needs a C++ compiler: install with `dnf install gcc-c++`");
    }
}
