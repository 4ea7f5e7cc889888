//! `cargo xtask test`.

use super::build::{PREPARED_STEPS, build_prepared};
use super::setup::{PREPARE_STEPS, prepare_build};
use crate::checks::{self, Counts, Tally};
use crate::failure::Failure;
use crate::process;
use crate::report;
use crate::setup::{self, Needs};
use crate::steps::Steps;
use crate::workspace::Workspace;
use std::process::Command;

/// A check: what it is called, what it runs, how its result is counted.
struct Check {
    name: &'static str,
    command: Command,
    tally: Tally,
}

/// Sets up what is missing, then runs all checks to the end and prints `N passed, N failed`.
///
/// # Errors
/// Setting up failed, or checks did.
pub(crate) fn test(workspace: &Workspace, fast: bool) -> Result<(), Failure> {
    let mut results = Results::default();
    if let Err(failure) = run_all(workspace, fast, &mut results) {
        report::error(&failure);
        results.add("setting up", Counts::ONE_FAILED);
    }
    let Results { total, failed } = results;
    if total.skipped > 0 {
        report::say(&format!("{} tests are marked as not to be run.", total.skipped));
    }
    if !failed.is_empty() {
        report::say(&format!("Failed: {}. The output of each is above.", failed.join(", ")));
    }
    report::say(&format!("{} passed, {} failed", total.passed, total.failed));
    if total.failed == 0 { Ok(()) } else { Err(Failure::Checks) }
}

/// What came of the checks so far.
#[derive(Default)]
struct Results {
    total: Counts,
    /// Names of the checks with failures.
    failed: Vec<&'static str>,
}

impl Results {
    fn add(&mut self, name: &'static str, counts: Counts) {
        self.total += counts;
        if counts.failed > 0 {
            self.failed.push(name);
        }
    }

    /// Adds something that is one thing, and prints why it failed.
    fn add_whole(&mut self, name: &'static str, result: Result<(), Failure>) {
        match result {
            Ok(()) => self.add(name, Counts::ONE_PASSED),
            Err(failure) => {
                report::error(&failure);
                self.add(name, Counts::ONE_FAILED);
            }
        }
    }

    /// Runs a check and adds what passed and failed.
    fn run(&mut self, mut check: Check, steps: &mut Steps) {
        steps.begin(check.name);
        match checks::run(&mut check.command, check.tally) {
            Ok(counts) => {
                report::say(&format!("      {} passed, {} failed", counts.passed, counts.failed));
                self.add(check.name, counts);
            }
            Err(failure) => self.add_whole(check.name, Err(failure)),
        }
    }
}

fn run_all(workspace: &Workspace, fast: bool, results: &mut Results) -> Result<(), Failure> {
    let mut checks = code_checks(workspace);
    let has_deny = process::succeeds(process::cargo(workspace).args(["deny", "--version"]));
    checks.extend(has_deny.then(|| dependency_check(workspace)));
    // The last one is for the browser tests.
    let build_steps = if fast { 0 } else { 1 + PREPARE_STEPS + PREPARED_STEPS + 1 };
    let mut steps = Steps::new(2 + build_steps + checks.len());

    steps.begin("programs that the tests start");
    setup::ensure(workspace, if fast { Needs::Services } else { Needs::ServicesAndBrowser })?;
    steps.begin("wasm target of the compiler, and packages");
    setup::add_wasm_target(workspace)?;
    setup::fetch(workspace)?;
    let mut is_built = false;
    if !fast {
        steps.begin("driver of the browser tests");
        setup::install_driver(workspace)?;
        let built = prepare_build(workspace, &mut steps).and_then(|()| build_prepared(workspace, &mut steps));
        is_built = built.is_ok();
        results.add_whole("release build", built);
    }
    for check in checks {
        results.run(check, &mut steps);
    }
    if is_built {
        results.run(browser_check(workspace), &mut steps);
    } else if !fast {
        steps.begin("browser tests");
        report::say("      cannot run: the program they test was not built");
        results.add("browser tests", Counts::ONE_FAILED);
    }
    steps.end();
    if !has_deny {
        report::say("Left out: licences and sources of dependencies, since cargo-deny is not installed.");
    }
    if fast {
        report::say("Left out by --fast: the release build and the browser tests.");
    }
    Ok(())
}

fn code_checks(workspace: &Workspace) -> Vec<Check> {
    let cargo = |arguments: &[&str]| {
        let mut command = process::cargo(workspace);
        command.args(arguments);
        command
    };
    let lint = |arguments: &[&str]| {
        let mut command = cargo(&["clippy", "--offline"]);
        command.args(arguments).args(["--", "--deny", "warnings"]);
        command
    };
    let wasm = ["--lib", "--target", "wasm32-unknown-unknown"];
    let has_nextest = process::succeeds(&mut cargo(&["nextest", "--version"]));
    let (tests, tally) = if has_nextest {
        (cargo(&["nextest", "run", "--offline", "--workspace", "--no-fail-fast"]), Tally::Nextest)
    } else {
        let arguments = ["test", "--offline", "--workspace", "--lib", "--bins", "--tests", "--no-fail-fast"];
        (cargo(&arguments), Tally::CargoTest)
    };
    vec![
        Check { name: "formatting", command: cargo(&["fmt", "--all", "--check"]), tally: Tally::Whole },
        Check { name: "lints", command: lint(&["--workspace", "--all-targets"]), tally: Tally::Whole },
        Check {
            name: "lints of the page's program",
            command: lint(&[&["--package", "app", "--features", "hydrate"], &wasm[..]].concat()),
            tally: Tally::Whole,
        },
        Check {
            name: "lints of the charts' painter",
            command: lint(&[&["--package", "watchglass-chart", "--features", "canvas"], &wasm[..]].concat()),
            tally: Tally::Whole,
        },
        Check { name: "unit and integration tests", command: tests, tally },
        Check {
            name: "examples in the documentation",
            command: cargo(&["test", "--offline", "--workspace", "--doc", "--no-fail-fast"]),
            tally: Tally::CargoTest,
        },
    ]
}

fn dependency_check(workspace: &Workspace) -> Check {
    let mut command = process::cargo(workspace);
    command.args(["deny", "--offline", "check", "licenses", "bans", "sources"]);
    Check { name: "licences and sources of dependencies", command, tally: Tally::Whole }
}

fn browser_check(workspace: &Workspace) -> Check {
    Check { name: "browser tests", command: setup::browser_script(workspace, "test"), tally: Tally::Node }
}
