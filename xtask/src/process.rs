//! Calls of other programs.

use crate::failure::Failure;
use crate::workspace::Workspace;
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A call of `program` from the workspace's root, with nothing on standard input.
pub(crate) fn program(workspace: &Workspace, program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(workspace.root()).stdin(Stdio::null());
    forget_cargo_run(&mut command);
    command
}

/// A call of cargo with the workspace's target folder.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    for_workspace(program(workspace, "cargo"), workspace)
}

/// The same with a lower priority, so that it uses the processor time that a concurrent build leaves.
pub(crate) fn background_cargo(workspace: &Workspace) -> Command {
    let mut command = program(workspace, "nice");
    command.args(["-n", "5", "cargo"]);
    for_workspace(command, workspace)
}

fn for_workspace(mut command: Command, workspace: &Workspace) -> Command {
    command.env("CARGO_TARGET_DIR", workspace.target());
    // A target from the environment would change the output folders.
    command.env_remove("CARGO_BUILD_TARGET");
    command
}

/// Removes the variables that `cargo run` sets for this program. A build script or a macro in a child would take
/// them for those of its own package.
pub(crate) fn forget_cargo_run(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Runs a program that inherits standard output and standard error.
///
/// # Errors
/// [`Failure::Start`], or [`Failure::Ended`] with `doing` and `advice`.
pub(crate) fn run(command: &mut Command, doing: &str, advice: &str) -> Result<(), Failure> {
    let status = command.status().map_err(not_started(command))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Ended { doing: doing.to_owned(), status: status.to_string(), advice: advice.to_owned() })
}

/// Runs a program without printing its output. Returns its standard output if it succeeded.
pub(crate) fn output_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program without printing its output. Returns whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    output_of(command).is_some()
}

/// Error of a program that could not be started.
pub(crate) fn not_started(command: &Command) -> impl FnOnce(std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy().into_owned();
    move |source| Failure::Start { program, source }
}

/// The first file with that name in the folders of `PATH`.
pub(crate) fn find_on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}
