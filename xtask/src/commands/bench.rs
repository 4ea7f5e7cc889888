//! `cargo xtask bench`.

use super::history::build_examples;
use crate::failure::Failure;
use crate::process;
use crate::report;
use crate::setup;
use crate::workspace::Workspace;
use std::ffi::OsString;

/// Runs all benchmarks, which print their figures: of the code, then of the page in a browser, if both are there.
/// `arguments` go to those of the code, and leave out the page.
///
/// # Errors
/// A benchmark could not be built, or failed.
pub(crate) fn bench(workspace: &Workspace, arguments: &[OsString]) -> Result<(), Failure> {
    process::run(
        // The pattern leaves out the unit tests, which cargo would otherwise run as benchmarks.
        process::cargo(workspace).args(["bench", "--workspace", "--bench", "*", "--"]).args(arguments),
        "running the benchmarks",
        "The messages are above.",
    )?;
    if !arguments.is_empty() {
        return Ok(());
    }
    if !workspace.binary().is_file() || !workspace.browser_tests().join("node_modules").is_dir() {
        report::say(
            "Left out: the page in a browser. `cargo xtask build` and `cargo xtask setup` make it possible.",
        );
        return Ok(());
    }
    build_examples(workspace, &["seed"], "building what makes up seven days")?;
    process::run(
        &mut setup::browser_script(workspace, "bench"),
        "measuring the page",
        "The message is above.",
    )
}
