//! `cargo xtask build`.

use super::setup::{PREPARE_STEPS, prepare_build};
use crate::failure::Failure;
use crate::page;
use crate::process;
use crate::report;
use crate::steps::Steps;
use crate::workspace::Workspace;

/// The number of steps that [`build_all`] takes.
pub(super) const BUILD_STEPS: usize = PREPARE_STEPS + PREPARED_STEPS;

/// The number of steps that [`build_prepared`] takes.
pub(super) const PREPARED_STEPS: usize = 2;

/// Sets up what is missing and builds the program with its pages inside.
///
/// # Errors
/// The first step that failed.
pub(crate) fn build(workspace: &Workspace) -> Result<(), Failure> {
    let mut steps = Steps::new(BUILD_STEPS);
    build_all(workspace, &mut steps)?;
    steps.end();
    let binary = workspace.binary();
    let size = std::fs::metadata(&binary).map_err(Failure::file("find", &binary))?.len();
    report::say(&format!("{} ({})", binary.display(), report::size(size)));
    Ok(())
}

/// Sets up what is missing and builds the program.
pub(super) fn build_all(workspace: &Workspace, steps: &mut Steps) -> Result<(), Failure> {
    prepare_build(workspace, steps)?;
    build_prepared(workspace, steps)
}

/// Builds the page and then the server, which embeds it.
pub(super) fn build_prepared(workspace: &Workspace, steps: &mut Steps) -> Result<(), Failure> {
    steps.begin("page: wasm, styles and public files into dist");
    page::build(workspace)?;
    steps.begin("server with the page inside");
    process::run(
        process::cargo(workspace).args(["build", "--release", "--offline", "--package", "watchglass"]),
        "building the server",
        "The compiler's messages are above.",
    )
}
