//! WebAssembly target of the compiler.

use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;
use std::path::Path;

/// Name of the target.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// Adds the WebAssembly target to the toolchain, if it is missing.
///
/// # Errors
/// rustup is not installed, or failed.
pub(crate) fn add_wasm_target(workspace: &Workspace) -> Result<(), Failure> {
    if is_installed(workspace) {
        return Ok(());
    }
    if process::find_on_path("rustup").is_none() {
        return Err(Failure::Missing(format!(
            "this Rust toolchain has no target {WASM}, and rustup is not installed. Install the \
             distribution's package (Debian: libstd-rust-dev-wasm32), or rustup from https://rustup.rs."
        )));
    }
    process::run(
        process::program(workspace, "rustup").args(["target", "add", WASM]),
        "adding the WebAssembly target",
        "Check the network connection and run the same command again.",
    )
}

/// Whether the target's standard library is installed, by rustup or otherwise.
fn is_installed(workspace: &Workspace) -> bool {
    process::output_of(process::program(workspace, "rustc").args([
        "--print",
        "target-libdir",
        "--target",
        WASM,
    ]))
    .is_some_and(|folder| Path::new(folder.trim()).is_dir())
}
