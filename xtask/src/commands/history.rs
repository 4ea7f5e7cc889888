//! `cargo xtask bench history`.

use super::build::{BUILD_STEPS, build_all};
use crate::failure::Failure;
use crate::process;
use crate::report;
use crate::steps::Steps;
use crate::workspace::{Profile, Workspace};
use std::ffi::OsString;
use std::fs;
use std::process::Command;

/// Length of the recording in seconds.
const RECORDED: &str = "1200";
/// Default days and series of the replay.
const DEFAULTS: [&str; 2] = ["7", "200"];

/// Records this machine for 20 minutes, unless there is a recording, replays it to seven days of 200 series, and prints the
/// storage size and the query times: within a process, over HTTP, and of Prometheus and Redis if they are installed.
/// `arguments` are other days and series.
///
/// # Errors
/// The first step that failed.
pub(crate) fn history(workspace: &Workspace, arguments: &[OsString]) -> Result<(), Failure> {
    let folder = workspace.target().join("history");
    fs::create_dir_all(&folder).map_err(Failure::file("make", &folder))?;
    let mut steps = Steps::new(BUILD_STEPS + 3);
    build_all(workspace, Profile::Release, &mut steps)?;
    steps.begin("Recorder and replay");
    build_examples(workspace, &["record", "figures"], "building the recorder and the replay")?;
    let recording = folder.join("recording.txt");
    steps.begin("Recording of 20 minutes");
    if recording.is_file() {
        report::say(&format!("      {} exists", recording.display()));
    } else {
        let partial = folder.join("recording.part");
        process::run(
            example(workspace, "record").arg(&partial).arg(RECORDED),
            "recording",
            "The message is above.",
        )?;
        fs::rename(&partial, &recording).map_err(Failure::file("rename", &partial))?;
    }
    steps.begin("Replay and queries");
    let mut command = example(workspace, "figures");
    command.current_dir(&folder).arg(&recording);
    match arguments {
        [] => command.args(DEFAULTS),
        _ => command.args(arguments),
    };
    if ["prometheus", "promtool"].iter().all(|name| process::find_on_path(name).is_some()) {
        command.arg("--prometheus");
    } else {
        report::say("Skipped: Prometheus is not installed (apt install prometheus).");
    }
    if process::find_on_path("redis-server").is_some() {
        command.arg("--redis");
    } else {
        report::say("Skipped: Redis is not installed (cargo xtask setup).");
    }
    command.arg("--server").arg(workspace.binary(Profile::Release));
    process::run(&mut command, "measuring", "The message is above.")?;
    steps.end();
    Ok(())
}

/// Builds optimised examples of the history store.
fn build_examples(workspace: &Workspace, names: &[&str], doing: &str) -> Result<(), Failure> {
    let mut command = process::cargo(workspace);
    command.args(["build", "--quiet", "--release", "--package", "watchglass-tsdb"]);
    command.args(names.iter().flat_map(|name| ["--example", name]));
    process::run(&mut command, doing, "The compiler's messages are above.")
}

/// A call of an example with a low priority.
fn example(workspace: &Workspace, name: &str) -> Command {
    let mut command = process::program(workspace, "nice");
    command
        .args(["-n", "10"])
        .arg(workspace.target().join(Profile::Release.name()).join("examples").join(name));
    command
}
