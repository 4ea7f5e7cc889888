//! The tools that build the page, the page's program and the server's libraries: all that can be built side by side.

use super::jobs::Jobs;
use super::target::WASM;
use crate::failure::Failure;
use crate::process;
use crate::workspace::Workspace;
use std::path::PathBuf;
use std::process::Command;

/// The version of Trunk that this workspace is built with.
pub(crate) const TRUNK_VERSION: &str = "0.21.14";

/// What Trunk links and is not used here; `xtask/trunk` tells why.
const STAND_INS: [&str; 9] = [
    "hickory-resolver",
    "idna_adapter",
    "lightningcss",
    "local-ip-address",
    "minify-html",
    "minify-js",
    "oxipng",
    "reqwest",
    "zip",
];

/// Installs Trunk, builds our own tools, compiles the page's program and what the server stands on, all at the same
/// time, as far as they are not up to date. `before_compiling` runs while Trunk is being installed and the others have
/// yet to begin.
///
/// # Errors
/// The first build that failed, with the end of its log, or the error of `before_compiling`.
pub(crate) fn build_tools_and_page(
    workspace: &Workspace,
    before_compiling: impl FnOnce() -> Result<(), Failure>,
) -> Result<(), Failure> {
    let mut jobs = Jobs::new(workspace.tools().join("logs"))?;
    let has_trunk = is_right_version(workspace, &workspace.tools().join("bin").join("trunk"))
        || process::find_on_path("trunk").is_some_and(|path| is_right_version(workspace, &path));
    if !has_trunk {
        // Without the network it can still be built from what cargo has stored; that is found out in a second.
        jobs.start("trunk", vec![install_trunk(workspace, true), install_trunk(workspace, false)]);
    }
    before_compiling()?;
    jobs.start("page", vec![compile_page(workspace)]);
    jobs.start("tools", vec![compile_tools(workspace)]);
    jobs.start("server's libraries", vec![compile_server_libraries(workspace)]);
    jobs.wait()?;
    let leftover = workspace.tools().join("build");
    if leftover.exists() {
        // Half a gigabyte that nothing needs once the tool is installed.
        std::fs::remove_dir_all(&leftover).map_err(Failure::file("remove", &leftover))?;
    }
    Ok(())
}

fn is_right_version(workspace: &Workspace, trunk: &PathBuf) -> bool {
    process::output_of(process::program(workspace, trunk).arg("--version"))
        .is_some_and(|text| text.split_whitespace().nth(1) == Some(TRUNK_VERSION))
}

fn install_trunk(workspace: &Workspace, offline: bool) -> Command {
    let mut command = process::yielding_cargo(workspace);
    // Trunk only waits for other programs: an unoptimised build does, and takes a third of the time.
    command.args([
        "install",
        "trunk",
        "--version",
        TRUNK_VERSION,
        "--locked",
        "--no-default-features",
        "--debug",
    ]);
    for library in STAND_INS {
        let path = workspace.root().join("xtask").join("trunk").join(library);
        command.arg("--config").arg(format!("patch.crates-io.{library}.path={path:?}"));
    }
    command.arg("--root").arg(workspace.tools());
    command.arg("--target-dir").arg(workspace.tools().join("build"));
    // The same as `[profile.tool]`, which a package from elsewhere does not see.
    command.env("CARGO_PROFILE_DEV_DEBUG", "0");
    command.env("CARGO_PROFILE_DEV_DEBUG_ASSERTIONS", "false");
    command.env("CARGO_PROFILE_DEV_OVERFLOW_CHECKS", "false");
    command.env("CARGO_PROFILE_DEV_PANIC", "abort");
    if offline {
        command.arg("--offline");
    }
    command
}

/// The very call that Trunk makes later, which then finds everything done.
fn compile_page(workspace: &Workspace) -> Command {
    let mut command = process::yielding_cargo(workspace);
    command.arg("build").arg(format!("--target={WASM}"));
    command.arg("--manifest-path").arg(workspace.root().join("app").join("Cargo.toml"));
    command.args(["--profile", "wasm-release", "--offline", "--features", "hydrate"]);
    command
}

fn compile_tools(workspace: &Workspace) -> Command {
    let mut command = process::yielding_cargo(workspace);
    command.args(["build", "--profile", "tool", "--offline"]);
    command.args(["--package", "wasm-bindgen-tool", "--package", "watchglass-compress"]);
    command
}

/// Everything but the server itself, which waits for the page. Its longest chain of crates that need each other is longer
/// than those of the other builds: they give way to it, so that all end at about the same time.
fn compile_server_libraries(workspace: &Workspace) -> Command {
    let mut command = process::cargo(workspace);
    command.args(["build", "--release", "--offline", "--package", "watchglass", "--lib"]);
    command
}
