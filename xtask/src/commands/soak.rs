//! `cargo xtask soak`.

use super::build::{BUILD_STEPS, build_all};
use crate::failure::Failure;
use crate::process;
use crate::report;
use crate::setup::{self, Needs};
use crate::steps::Steps;
use crate::workspace::{Profile, Workspace};
use std::ffi::OsString;
use std::fs::{self, File};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

/// Builds the optimised server, and starts the soak test in the background: it goes on when the terminal is closed. As root, it
/// has a network namespace of its own, in which it adds and removes interfaces.
///
/// # Errors
/// The first step that failed.
pub(crate) fn soak(workspace: &Workspace, arguments: &[OsString]) -> Result<(), Failure> {
    let wants_help = arguments.iter().any(|argument| argument == "--help" || argument == "-h");
    let mut steps = Steps::new(if wants_help { 1 } else { BUILD_STEPS + 2 });
    if !wants_help {
        setup::ensure(workspace, Needs::Services)?;
        build_all(workspace, Profile::Release, &mut steps)?;
    }
    steps.begin("Soak test program");
    build_program(workspace)?;
    if wants_help {
        return process::run(Command::new(program(workspace)).arg("--help"), "printing the help", "");
    }
    steps.begin("Start in the background");
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let folder = workspace.target().join("soak").join(since.as_secs().to_string());
    fs::create_dir_all(&folder).map_err(Failure::file("make", &folder))?;
    // A later build must not change the programs of the run.
    let binary = copy(&workspace.binary(Profile::Release), &folder, "watchglass")?;
    let soak = copy(&program(workspace), &folder, "watchglass-soak")?;
    let log = folder.join("soak.log");
    let output = File::create(&log).map_err(Failure::file("write", &log))?;
    let errors = output.try_clone().map_err(Failure::file("write", &log))?;
    let mut command = detached(workspace, &soak);
    command.arg("--binary").arg(&binary).arg("--output").arg(&folder).args(arguments);
    command.stdout(output).stderr(errors);
    let child = command.spawn().map_err(process::not_started(&command))?;
    steps.end();
    report::say(&format!("The soak test runs as process {}; it ends by itself.", child.id()));
    report::say(&format!("Report, updated every minute: {}", folder.join("report.md").display()));
    Ok(())
}

fn build_program(workspace: &Workspace) -> Result<(), Failure> {
    process::run(
        process::cargo(workspace).args(["build", "--quiet", "--release", "--package", "watchglass-soak"]),
        "building the soak test",
        "The compiler's messages are above.",
    )
}

fn program(workspace: &Workspace) -> std::path::PathBuf {
    workspace.target().join(Profile::Release.name()).join("watchglass-soak")
}

fn copy(from: &std::path::Path, folder: &std::path::Path, name: &str) -> Result<std::path::PathBuf, Failure> {
    let to = folder.join(name);
    fs::copy(from, &to).map_err(Failure::file("copy", from))?;
    Ok(to)
}

/// The call of the program in a session of its own and, if possible, in a network namespace of its own.
fn detached(workspace: &Workspace, soak: &std::path::Path) -> Command {
    // Interfaces of another machine than this one: the loopback interface of a new namespace is down.
    const IN_NAMESPACE: [&str; 4] = ["unshare", "--net", "sh", "-c"];
    let has_namespace = process::succeeds(process::program(workspace, "unshare").args([
        "--net",
        "sh",
        "-c",
        "ip link set lo up",
    ]));
    let mut command = process::program(workspace, "setsid");
    if has_namespace {
        command.args(IN_NAMESPACE).arg("ip link set lo up && exec \"$0\" --interfaces \"$@\"");
    }
    command.arg(soak);
    command
}
