//! `cargo xtask run`.

use super::build::{BUILD_STEPS, build_all};
use crate::failure::Failure;
use crate::process;
use crate::steps::Steps;
use crate::workspace::Workspace;
use std::ffi::OsString;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Sets up what is missing, builds, and becomes `watchglass serve ARGUMENTS`, so that signals reach the server.
///
/// # Errors
/// The first step that failed. It does not come back when none did.
pub(crate) fn run(workspace: &Workspace, arguments: &[OsString]) -> Result<(), Failure> {
    let mut steps = Steps::new(BUILD_STEPS + 1);
    build_all(workspace, &mut steps)?;
    steps.begin("watchglass serve");
    // The folder stays the one that the person is in: relative paths in the arguments mean that one.
    let mut server = Command::new(workspace.binary());
    server.arg("serve").args(arguments);
    process::forget_cargo_run(&mut server);
    let error = server.exec();
    Err(process::not_started(&server)(error))
}
