//! `cargo xtask bench`.

use super::build::{BUILD_STEPS, build_all};
use crate::failure::Failure;
use crate::process;
use crate::setup::{self, Needs};
use crate::steps::Steps;
use crate::workspace::{Profile, Workspace};
use std::ffi::OsString;

/// Runs the benchmarks, which print their figures: those of the code, then those of the pages in a browser. `arguments` go to
/// the benchmarks of the code, and skip those of the pages.
///
/// # Errors
/// A benchmark could not be built, or failed.
pub(crate) fn bench(workspace: &Workspace, arguments: &[OsString]) -> Result<(), Failure> {
    let needs_browser = arguments.is_empty();
    let mut steps = Steps::new(if needs_browser { 4 + BUILD_STEPS } else { 1 });
    steps.begin("Benchmarks of the code");
    process::run(
        // The pattern leaves out the unit tests, which cargo would otherwise run as benchmarks.
        process::cargo(workspace).args(["bench", "--workspace", "--bench", "*", "--"]).args(arguments),
        "running the benchmarks",
        "The messages are above.",
    )?;
    if needs_browser {
        steps.begin("Browser");
        setup::ensure(workspace, Needs::ServicesAndBrowser)?;
        steps.begin("Driver of the browser");
        setup::install_driver(workspace)?;
        build_all(workspace, Profile::Release, &mut steps)?;
        steps.begin("Benchmarks of the pages");
        process::run(
            &mut setup::browser_script(workspace, "bench"),
            "measuring the pages",
            "The message is above.",
        )?;
    }
    steps.end();
    Ok(())
}
