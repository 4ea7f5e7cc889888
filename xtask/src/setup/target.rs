//! The compiler's wasm target.

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;
use std::path::Path;

/// Name of the target that pages are compiled for.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Adds the wasm target to the toolchain, unless it is there already.
///
/// # Errors
/// There is no rustup to add it with, or adding failed.
pub(crate) fn add_wasm_target(workspace: &Workspace) -> Result<(), Failure> {
    if is_there(workspace) {
        return Ok(());
    }
    if process::find_on_path("rustup").is_none() {
        return Err(Failure::Missing(format!(
            "this Rust toolchain has no target {WASM}, and there is no rustup to add it with. Install the \
             distribution's package for it (Debian: libstd-rust-dev-wasm32), or rustup from https://rustup.rs."
        )));
    }
    process::run(
        process::program(workspace, "rustup").args(["target", "add", WASM]),
        "adding the wasm target",
        "Check the network connection and run the same command again.",
    )
}

/// Looks for the target's standard library, which is there with and without rustup.
fn is_there(workspace: &Workspace) -> bool {
    process::output_of(process::program(workspace, "rustc").args([
        "--print",
        "target-libdir",
        "--target",
        WASM,
    ]))
    .is_some_and(|folder| Path::new(folder.trim()).is_dir())
}
