//! The packages that the lock file names.

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;

/// Downloads what the lock file names and is not on this machine yet. From there on everything builds offline.
///
/// # Errors
/// Something is missing and could not be downloaded.
pub(crate) fn fetch(workspace: &Workspace) -> Result<(), Failure> {
    // Trunk asks cargo about the packages of all platforms, so this is not narrowed to the ones that are built.
    if process::succeeds(process::cargo(workspace).args(["fetch", "--locked", "--offline"])) {
        return Ok(());
    }
    process::run(
        process::cargo(workspace).arg("fetch"),
        "downloading the packages that Cargo.lock names",
        "The first build needs a network connection; check it and run the same command again.",
    )
}
