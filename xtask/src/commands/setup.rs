//! `cargo xtask setup`.

use crate::failure::Failure;
use crate::setup::{self, Needs};
use crate::steps::Steps;
use crate::workspace::Workspace;

/// Installs what building and testing need, so that both work without a network afterwards.
///
/// # Errors
/// The first part that failed.
pub(crate) fn setup(workspace: &Workspace) -> Result<(), Failure> {
    let mut steps = Steps::new(2 + PREPARE_STEPS);
    steps.begin("Programs that the tests start");
    setup::ensure(workspace, Needs::ServicesAndBrowser)?;
    steps.begin("Driver of the browser tests");
    setup::install_driver(workspace)?;
    prepare_build(workspace, &mut steps)?;
    steps.end();
    Ok(())
}

/// Installs and compiles what the build of the server needs, in [`PREPARE_STEPS`] steps.
pub(super) fn prepare_build(workspace: &Workspace, steps: &mut Steps) -> Result<(), Failure> {
    setup::ensure_tool(workspace, "the build needs", &setup::MAKE)?;
    steps.begin("WebAssembly target of the compiler");
    setup::add_wasm_target(workspace)?;
    steps.begin("Packages, build tools and the page's WebAssembly module");
    setup::build_tools_and_page(workspace, || setup::fetch(workspace))
}

/// Number of steps of [`prepare_build`].
pub(super) const PREPARE_STEPS: usize = 2;
