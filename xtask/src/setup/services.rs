//! The programs that tests start: Redis, PostgreSQL, a node exporter, a browser, Node.js.

use crate::failure::Failure;
use crate::process;
use crate::report;
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};

/// Which of the programs are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Needs {
    /// Those of the integration tests.
    Services,
    /// Those, and those of the browser tests.
    ServicesAndBrowser,
}

/// A program, and the names of the packages it comes in.
#[derive(Debug)]
struct Program {
    name: &'static str,
    packages: [&'static str; 4],
    is_there: fn(&Workspace) -> bool,
}

/// A system's way to install packages. The order is that of [`Program::packages`].
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
        is_there: |_| process::find_on_path("redis-server").is_some(),
    },
    Program {
        name: "PostgreSQL",
        packages: ["postgresql", "postgresql-server", "postgresql", "postgresql@17"],
        is_there: |_| has_postgres(),
    },
    Program {
        name: "Prometheus's node exporter",
        packages: [
            "prometheus-node-exporter",
            "golang-github-prometheus-node-exporter",
            "prometheus-node-exporter",
            "node_exporter",
        ],
        is_there: |_| has_node_exporter(),
    },
];

static BROWSER: [Program; 2] = [
    Program {
        name: "Chromium",
        packages: ["chromium", "chromium", "chromium", "chromium"],
        is_there: |_| chromium().is_some(),
    },
    Program {
        name: "Node.js 20 or newer with npm",
        packages: ["nodejs npm", "nodejs npm", "nodejs npm", "node"],
        is_there: has_node,
    },
];

/// What libFuzzer is compiled with.
static COMPILER: Program = Program {
    name: "a compiler of C++",
    packages: ["g++", "gcc-c++", "gcc", "llvm"],
    is_there: |_| std::env::var_os("CXX").is_some() || process::find_on_path("c++").is_some(),
};

/// What to do about missing programs.
#[derive(Debug, PartialEq, Eq)]
enum Plan {
    /// Nothing is missing.
    Nothing,
    /// Install these packages with apt, which needs no one to ask.
    Apt(Vec<&'static str>),
    /// Say this and stop.
    Tell(String),
}

/// Sees to it that the programs are there. Where we are root and there is apt, missing ones are installed.
///
/// # Errors
/// Programs are missing; the message is one line that says how to install them.
pub(crate) fn ensure(workspace: &Workspace, needs: Needs) -> Result<(), Failure> {
    let managers = managers();
    match plan(&missing(workspace, needs), is_root(workspace), &managers) {
        Plan::Nothing => return Ok(()),
        Plan::Tell(line) => return Err(Failure::Missing(line)),
        Plan::Apt(packages) => apt(workspace, &packages)?,
    }
    // A distribution's package may be older than what is needed: a second look, and no second attempt.
    match plan(&missing(workspace, needs), false, &managers) {
        Plan::Tell(line) => Err(Failure::Missing(line)),
        Plan::Nothing | Plan::Apt(_) => Ok(()),
    }
}

/// Sees to it that there is what the fuzzer needs besides Rust.
///
/// # Errors
/// It is missing; the message is one line that says how to install it.
pub(crate) fn ensure_compiler(workspace: &Workspace) -> Result<(), Failure> {
    if (COMPILER.is_there)(workspace) {
        return Ok(());
    }
    Err(Failure::Missing(tell("fuzzing needs", &[&COMPILER], &managers())))
}

fn managers() -> Vec<Manager> {
    let is_there = |manager: &Manager| process::find_on_path(manager.program()).is_some();
    Manager::ALL.into_iter().filter(is_there).collect()
}

fn missing(workspace: &Workspace, needs: Needs) -> Vec<&'static Program> {
    let browser: &[Program] = if needs == Needs::ServicesAndBrowser { &BROWSER } else { &[] };
    SERVICES.iter().chain(browser).filter(|program| !(program.is_there)(workspace)).collect()
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
    Plan::Tell(tell("the tests need", missing, managers))
}

fn tell(who: &str, missing: &[&Program], managers: &[Manager]) -> String {
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

/// The browser that the browser tests steer: `CHROMIUM` if it is set, or the first one on `PATH`.
pub(crate) fn chromium() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("CHROMIUM").filter(|path| !path.is_empty()) {
        return Some(path.into());
    }
    ["chromium", "chromium-browser", "google-chrome-stable", "google-chrome"]
        .into_iter()
        .find_map(process::find_on_path)
}

/// Debian and Red Hat keep the server's programs off `PATH`, one folder for each version.
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

/// It is compared with the probes of the host, which is read on Linux alone. Its makers call it otherwise than Debian.
fn has_node_exporter() -> bool {
    let names = ["prometheus-node-exporter", "node_exporter"];
    !cfg!(target_os = "linux") || names.into_iter().any(|name| process::find_on_path(name).is_some())
}

fn has_node(workspace: &Workspace) -> bool {
    process::find_on_path("npm").is_some()
        && process::output_of(process::program(workspace, "node").arg("--version"))
            .is_some_and(|version| major(&version).is_some_and(|major| major >= 20))
}

/// `20` of `v20.11.1`.
fn major(version: &str) -> Option<u32> {
    version.trim().strip_prefix('v')?.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_to_install() {
        let [redis, postgres, exporter] = &SERVICES;
        let [_, node] = &BROWSER;
        let cases: &[(&[&'static Program], bool, &[Manager], Plan)] = &[
            (&[], true, &[Manager::Apt], Plan::Nothing),
            (&[redis, node], true, &[Manager::Apt], Plan::Apt(vec!["redis-server", "nodejs", "npm"])),
            (&[exporter], true, &[Manager::Apt], Plan::Apt(vec!["prometheus-node-exporter"])),
            (
                &[redis, node],
                false,
                &[Manager::Apt],
                Plan::Tell(
                    "the tests need Redis, Node.js 20 or newer with npm: install with \
                     `apt-get install --no-install-recommends redis-server nodejs npm`"
                        .to_owned(),
                ),
            ),
            (
                &[postgres],
                true,
                &[Manager::Dnf],
                Plan::Tell("the tests need PostgreSQL: install with `dnf install postgresql-server`".to_owned()),
            ),
            (
                &[redis],
                true,
                &[],
                Plan::Tell(
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
    fn what_the_fuzzer_needs() {
        let told = tell("fuzzing needs", &[&COMPILER], &[Manager::Dnf]);
        assert_eq!(told, "fuzzing needs a compiler of C++: install with `dnf install gcc-c++`");
    }

    #[test]
    fn versions_of_node() {
        for (text, expected) in [("v20.11.1\n", Some(20)), ("v8.0", Some(8)), ("20.1", None), ("", None)] {
            assert_eq!(major(text), expected, "{text:?}");
        }
    }
}
