//! `cargo xtask test`.

use super::build::{PREPARED_STEPS, build_prepared};
use super::setup::{PREPARE_STEPS, prepare_build};
use crate::checks::{self, Counts, Tally};
use crate::failure::Failure;
use crate::process;
use crate::report;
use crate::setup::{self, Needs};
use crate::steps::Steps;
use crate::workspace::{Profile, Workspace};
use std::process::Command;

/// A check: its name, its command, and how its result is counted.
struct Check {
    name: &'static str,
    command: Command,
    tally: Tally,
}

/// Installs what is missing, runs all checks to the end, and prints the seconds of each step and
/// `N passed, N failed`.
///
/// # Errors
/// The installation failed, or a check.
pub(crate) fn test(workspace: &Workspace, fast: bool) -> Result<(), Failure> {
    let mut checks = code_checks(workspace);
    let has_deny = process::succeeds(process::cargo(workspace).args(["deny", "--version"]));
    checks.extend(has_deny.then(|| dependency_check(workspace)));
    // The last one is the step of the browser tests.
    let build_steps = if fast { 0 } else { 1 + PREPARE_STEPS + PREPARED_STEPS + 1 };
    let mut run = Run::new(2 + build_steps + checks.len());
    if let Err(failure) = run_all(workspace, fast, checks, &mut run) {
        report::error(&failure);
        run.add("installation", Counts::ONE_FAILED);
    }
    run.steps.end();
    if !has_deny {
        report::say("Skipped: licences and sources of dependencies (cargo-deny is not installed).");
    }
    if fast {
        report::say("Skipped by --fast: the release build and the browser tests.");
    }
    let Run { steps, total, failed } = run;
    if total.skipped > 0 {
        report::say(&format!("{} tests are marked as skipped.", total.skipped));
    }
    if !failed.is_empty() {
        report::say(&format!("Failed: {}. The output of each is above.", failed.join(", ")));
    }
    report::say(&steps.table());
    report::say(&format!("{} passed, {} failed", total.passed, total.failed));
    if total.failed == 0 { Ok(()) } else { Err(Failure::Checks) }
}

/// Steps and results of a run.
struct Run {
    steps: Steps,
    total: Counts,
    /// Names of the checks with failures.
    failed: Vec<&'static str>,
}

impl Run {
    fn new(steps: usize) -> Self {
        Self { steps: Steps::new(steps), total: Counts::default(), failed: Vec::new() }
    }

    fn add(&mut self, name: &'static str, counts: Counts) {
        self.total += counts;
        if counts.failed > 0 {
            self.failed.push(name);
        }
    }

    /// Adds a check that counts as one, and prints its error.
    fn add_whole(&mut self, name: &'static str, result: Result<(), Failure>) {
        match result {
            Ok(()) => self.add(name, Counts::ONE_PASSED),
            Err(failure) => {
                report::error(&failure);
                self.add(name, Counts::ONE_FAILED);
            }
        }
    }

    /// Runs a check and adds its counts.
    fn check(&mut self, mut check: Check) {
        self.steps.begin(check.name);
        match checks::run(&mut check.command, check.tally) {
            Ok(counts) => {
                report::say(&format!("      {} passed, {} failed", counts.passed, counts.failed));
                self.add(check.name, counts);
            }
            Err(failure) => self.add_whole(check.name, Err(failure)),
        }
    }
}

fn run_all(workspace: &Workspace, fast: bool, checks: Vec<Check>, run: &mut Run) -> Result<(), Failure> {
    run.steps.begin("Programs that the tests start");
    setup::ensure(workspace, if fast { Needs::Services } else { Needs::ServicesAndBrowser })?;
    run.steps.begin("Packages");
    setup::fetch(workspace)?;
    setup::add_wasm_target(workspace)?;
    let mut is_built = false;
    if !fast {
        run.steps.begin("Driver of the browser tests");
        setup::install_driver(workspace)?;
        let built = prepare_build(workspace, &mut run.steps)
            .and_then(|()| build_prepared(workspace, Profile::Release, &mut run.steps));
        is_built = built.is_ok();
        run.add_whole("release build", built);
    }
    for check in checks {
        run.check(check);
    }
    if is_built {
        run.check(browser_check(workspace));
    } else if !fast {
        run.steps.begin("Browser tests");
        report::say("      not run: the server was not built");
        run.add("browser tests", Counts::ONE_FAILED);
    }
    Ok(())
}

fn code_checks(workspace: &Workspace) -> Vec<Check> {
    let cargo = |arguments: &[&str]| {
        let mut command = process::cargo(workspace);
        command.args(arguments);
        command
    };
    let clippy = |arguments: &[&str]| {
        let mut command = cargo(&["clippy", "--offline"]);
        command.args(arguments).args(["--", "--deny", "warnings"]);
        command
    };
    // Examples are compiled by clippy alone.
    // The fuzzer has no tests. With it, crates would have their feature `fuzzing`, and be compiled once more.
    let targets = [
        "--offline",
        "--workspace",
        "--exclude",
        "watchglass-fuzz",
        "--lib",
        "--bins",
        "--tests",
        "--no-fail-fast",
    ];
    let has_nextest = process::succeeds(&mut cargo(&["nextest", "--version"]));
    let (tests, tally) = if has_nextest {
        (cargo(&[&["nextest", "run"], &targets[..]].concat()), Tally::Nextest)
    } else {
        (cargo(&[&["test"], &targets[..]].concat()), Tally::CargoTest)
    };
    vec![
        Check { name: "Formatting", command: cargo(&["fmt", "--all", "--check"]), tally: Tally::Whole },
        Check { name: "Lints", command: clippy(&["--workspace", "--all-targets"]), tally: Tally::Whole },
        Check {
            name: "Lints of the WebAssembly code",
            // With the module's features, its dependency `watchglass-chart` has the canvas code and is checked too.
            command: clippy(&[
                "--package",
                "app",
                "--package",
                "watchglass-chart",
                "--features",
                "app/hydrate,watchglass-chart/canvas",
                "--lib",
                "--target",
                "wasm32-unknown-unknown",
            ]),
            tally: Tally::Whole,
        },
        Check { name: "Unit and integration tests", command: tests, tally },
        Check {
            name: "Documentation tests",
            command: cargo(&[
                "test",
                "--offline",
                "--workspace",
                "--exclude",
                "watchglass-fuzz",
                "--doc",
                "--no-fail-fast",
            ]),
            tally: Tally::CargoTest,
        },
    ]
}

fn dependency_check(workspace: &Workspace) -> Check {
    let mut command = process::cargo(workspace);
    command.args(["deny", "--offline", "check", "licenses", "bans", "sources"]);
    Check { name: "Licences and sources of dependencies", command, tally: Tally::Whole }
}

fn browser_check(workspace: &Workspace) -> Check {
    Check { name: "Browser tests", command: setup::browser_script(workspace, "test"), tally: Tally::Node }
}
