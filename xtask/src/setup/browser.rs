//! Driver of the browser tests, and their scripts.

use super::services::chromium;
use crate::failure::Failure;
use crate::process;
use crate::workspace::{Profile, Workspace};
use std::path::Path;
use std::process::Command;
use std::time::SystemTime;

/// Installs the npm packages of `end2end`, unless they are newer than its lock file.
///
/// # Errors
/// Something is missing and could not be downloaded.
pub(crate) fn install_driver(workspace: &Workspace) -> Result<(), Failure> {
    let folder = workspace.browser_tests();
    let installed = changed(&folder.join("node_modules").join(".package-lock.json"));
    if installed.is_some() && installed >= changed(&folder.join("package-lock.json")) {
        return Ok(());
    }
    process::run(
        process::program(workspace, "npm")
            // The script of the HTML validator would download a Java of its own.
            .args(["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"])
            .current_dir(&folder),
        "installing the npm packages of end2end",
        "The first time it needs a network connection; check it and run the same command again.",
    )
}

/// A script of `end2end`, with the optimised server and the installed browser.
pub(crate) fn browser_script(workspace: &Workspace, script: &str) -> Command {
    let mut command = process::program(workspace, "npm");
    command.args(["run", "--silent", script]).current_dir(workspace.browser_tests());
    command.env("WATCHGLASS_BIN", workspace.binary(Profile::Release));
    if let Some(path) = chromium() {
        command.env("CHROMIUM", path);
    }
    command
}

fn changed(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|metadata| metadata.modified()).ok()
}
