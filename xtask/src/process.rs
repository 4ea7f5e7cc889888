//! Calling other programs.

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

/// A call of cargo that builds into the workspace's own target folder.
pub(crate) fn cargo(workspace: &Workspace) -> Command {
    for_workspace(program(workspace, "cargo"), workspace)
}

/// The same, giving way to builds that others wait for longer. It takes half of the processors at most: compilers that
/// push each other aside are all slower for it.
pub(crate) fn yielding_cargo(workspace: &Workspace) -> Command {
    let mut command = program(workspace, "nice");
    command.args(["-n", "5", "cargo"]);
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    command.env("CARGO_BUILD_JOBS", (processors / 2).max(1).to_string());
    for_workspace(command, workspace)
}

fn for_workspace(mut command: Command, workspace: &Workspace) -> Command {
    command.env("CARGO_TARGET_DIR", workspace.target());
    // Everything here builds for named targets; a target from the environment would move the results.
    command.env_remove("CARGO_BUILD_TARGET");
    command
}

/// Takes away what `cargo run` told this program about itself: a build script or a macro in a child would read
/// it as being about its own package.
pub(crate) fn forget_cargo_run(command: &mut Command) {
    for (name, _) in std::env::vars_os() {
        let text = name.to_string_lossy();
        if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
            command.env_remove(&name);
        }
    }
}

/// Runs a program with its output going where ours goes.
///
/// # Errors
/// [`Failure::Start`] or, with `doing` and `advice` in it, [`Failure::Ended`].
pub(crate) fn run(command: &mut Command, doing: &str, advice: &str) -> Result<(), Failure> {
    let status = command.status().map_err(not_started(command))?;
    if status.success() {
        return Ok(());
    }
    Err(Failure::Ended { doing: doing.to_owned(), status: status.to_string(), advice: advice.to_owned() })
}

/// Runs a program without showing its output; what it wrote on standard output if it succeeded.
pub(crate) fn output_of(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Runs a program without showing its output; whether it succeeded.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    output_of(command).is_some()
}

/// Makes the error of a program that could not be started.
pub(crate) fn not_started(command: &Command) -> impl FnOnce(std::io::Error) -> Failure {
    let program = command.get_program().to_string_lossy().into_owned();
    move |source| Failure::Start { program, source }
}

/// The first executable file with that name in the folders of `PATH`.
pub(crate) fn find_on_path(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?)
        .map(|folder| folder.join(name))
        .find(|path| path.is_file())
}
