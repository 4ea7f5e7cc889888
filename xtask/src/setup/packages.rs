//! Packages of the lock file.

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// Downloads the packages of the lock file that are missing on this machine. After it, everything builds offline.
///
/// # Errors
/// Something is missing and could not be downloaded.
pub(crate) fn fetch(workspace: &Workspace) -> Result<(), Failure> {
    // Packages of all platforms: Trunk's `cargo metadata` needs them.
    if process::succeeds(process::cargo(workspace).args(["fetch", "--locked", "--offline"])) {
        return Ok(());
    }
    process::run(
        process::cargo(workspace).arg("fetch"),
        "downloading the packages of Cargo.lock",
        "The first build needs a network connection; check it and run the same command again.",
    )
}
