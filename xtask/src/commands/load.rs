//! `cargo xtask load`.

use super::build::build_all;
use super::server::Server;
use crate::commands::build::BUILD_STEPS;
use crate::failure::Failure;
use crate::process;
use crate::steps::Steps;
use crate::workspace::{Profile, Workspace};
use std::ffi::OsString;
use std::process::Command;

/// Runs the load generator with `arguments`. Unless they name a server by `--url`, it builds the optimised server and starts it
/// with an empty data directory.
///
/// # Errors
/// The first step that failed.
pub(crate) fn load(workspace: &Workspace, arguments: &[OsString]) -> Result<(), Failure> {
    let wants_help = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let names_server = arguments
        .iter()
        .any(|argument| argument.to_str().is_some_and(|text| text == "--url" || text.starts_with("--url=")));
    if wants_help || names_server {
        build_generator(workspace)?;
        return generate(generator(workspace).args(arguments));
    }
    let mut steps = Steps::new(BUILD_STEPS + 3);
    build_all(workspace, Profile::Release, &mut steps)?;
    steps.begin("Load generator");
    build_generator(workspace)?;
    steps.begin("Server with an empty data directory");
    let server = Server::start(workspace)?;
    steps.begin("Load test");
    let mut command = generator(workspace);
    command.args(["--url", &server.url(), "--pid", &server.pid().to_string()]).args(arguments);
    command.env("WATCHGLASS_TOKEN", server.token());
    command.env("WATCHGLASS_INGEST_TOKEN", server.ingest_token());
    let result = generate(&mut command);
    server.stop()?;
    steps.end();
    result
}

fn build_generator(workspace: &Workspace) -> Result<(), Failure> {
    process::run(
        process::cargo(workspace).args(["build", "--quiet", "--release", "--package", "watchglass-load"]),
        "building the load generator",
        "The compiler's messages are above.",
    )
}

fn generator(workspace: &Workspace) -> Command {
    process::program(workspace, workspace.target().join(Profile::Release.name()).join("watchglass-load"))
}

fn generate(command: &mut Command) -> Result<(), Failure> {
    process::run(command, "measuring", "The message is above; `cargo xtask load --help` lists the arguments.")
}
