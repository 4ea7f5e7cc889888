//! `cargo xtask build`.

use super::setup::{PREPARE_STEPS, prepare_build};
use crate::failure::Failure;
use crate::page;
use crate::process;
use crate::report;
use crate::steps::Steps;
use crate::workspace::{Profile, Workspace};

/// Number of steps of [`build_all`].
pub(super) const BUILD_STEPS: usize = PREPARE_STEPS + PREPARED_STEPS;

/// Number of steps of [`build_prepared`].
pub(super) const PREPARED_STEPS: usize = 2;

/// Installs what is missing and builds the optimised server.
///
/// # Errors
/// The first step that failed.
pub(crate) fn build(workspace: &Workspace) -> Result<(), Failure> {
    let mut steps = Steps::new(BUILD_STEPS);
    build_all(workspace, Profile::Release, &mut steps)?;
    steps.end();
    let binary = workspace.binary(Profile::Release);
    let size = std::fs::metadata(&binary).map_err(Failure::file("find", &binary))?.len();
    report::say(&format!("{} ({})", binary.display(), report::size(size)));
    Ok(())
}

/// Installs what is missing and builds the server.
pub(super) fn build_all(workspace: &Workspace, profile: Profile, steps: &mut Steps) -> Result<(), Failure> {
    prepare_build(workspace, steps)?;
    build_prepared(workspace, profile, steps)
}

/// Builds `dist` and then the server, which embeds it.
pub(super) fn build_prepared(
    workspace: &Workspace,
    profile: Profile,
    steps: &mut Steps,
) -> Result<(), Failure> {
    steps.begin("Page: WebAssembly module, styles and public files into dist");
    page::build(workspace)?;
    steps.begin(match profile {
        Profile::FirstRun => "Server, profile first-run",
        Profile::Release => "Server, profile release",
    });
    let mut command = process::cargo(workspace);
    command.args(["build", "--offline", "--package", "watchglass", "--profile", profile.name()]);
    process::run(&mut command, "building the server", "The compiler's messages are above.")
}
