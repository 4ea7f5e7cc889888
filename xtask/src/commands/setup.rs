//! `cargo xtask setup`.

use crate::failure::Failure;
use crate::setup::{self, Needs};
use crate::steps::Steps;
use crate::workspace::Workspace;

/// Sets up what building and testing need, so that both work without a network afterwards.
///
/// # Errors
/// The first part that failed.
pub(crate) fn setup(workspace: &Workspace) -> Result<(), Failure> {
    let mut steps = Steps::new(4);
    steps.begin("programs that the tests start");
    setup::ensure(workspace, Needs::ServicesAndBrowser)?;
    steps.begin("driver of the browser tests");
    setup::install_driver(workspace)?;
    prepare_build(workspace, &mut steps)?;
    steps.end();
    Ok(())
}

/// What building needs, in [`PREPARE_STEPS`] steps.
pub(super) fn prepare_build(workspace: &Workspace, steps: &mut Steps) -> Result<(), Failure> {
    steps.begin("wasm target of the compiler");
    setup::add_wasm_target(workspace)?;
    steps.begin("packages, tools, the page's program and the server's libraries");
    setup::build_tools_and_page(workspace, || setup::fetch(workspace))
}

/// The number of steps that [`prepare_build`] takes.
pub(super) const PREPARE_STEPS: usize = 2;
