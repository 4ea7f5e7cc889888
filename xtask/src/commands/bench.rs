//! `cargo xtask bench`.

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;
use std::ffi::OsString;

/// Runs all benchmarks, which print their figures. `arguments` go to them.
///
/// # Errors
/// A benchmark could not be built, or failed.
pub(crate) fn bench(workspace: &Workspace, arguments: &[OsString]) -> Result<(), Failure> {
    process::run(
        // The pattern leaves out the unit tests, which cargo would otherwise run as benchmarks.
        process::cargo(workspace).args(["bench", "--workspace", "--bench", "*", "--"]).args(arguments),
        "running the benchmarks",
        "The messages are above.",
    )
}
