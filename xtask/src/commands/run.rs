//! `cargo xtask run`.

use super::build::{BUILD_STEPS, build_all};
use crate::failure::Failure;
use crate::process;
use crate::steps::Steps;
use crate::workspace::{Profile, Workspace};
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Installs what is missing, builds with the profile `first-run`, and replaces this process with
/// `watchglass serve ARGUMENTS`, so that signals reach the server.
///
/// # Errors
/// The first step that failed. It does not return if the server starts.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<(), Failure> {
    let mut steps = Steps::new(BUILD_STEPS + 1);
    build_all(workspace, Profile::FirstRun, &mut steps)?;
    steps.begin("watchglass serve");
    // The working folder is not changed: the arguments may have relative paths.
    let mut server = Command::new(workspace.binary(Profile::FirstRun));
    server.arg("serve").args(arguments);
    process::forget_cargo_run(&mut server);
    let error = server.exec();
    Err(process::not_started(&server)(error))
}
