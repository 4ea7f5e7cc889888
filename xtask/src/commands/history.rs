//! `cargo xtask bench history`.

use crate::failure::Failure;
use crate::process;
use crate::report;
use crate::steps::Steps;
use crate::workspace::Workspace;
use std::ffi::OsString;
use std::fs;
use std::process::Command;

/// Seconds of this machine's own values that are recorded, once.
const RECORDED: &str = "1200";
/// Days and series that they are replayed to, unless the arguments say otherwise.
const USUAL: [&str; 2] = ["7", "200"];

/// Records what this machine measures, unless that was done before, replays it to seven days of 200 series, and prints
/// what storing and answering cost: beside Prometheus and shared through Redis where these are installed, over HTTP as well if the program was built.
/// `arguments` are other days and series.
///
/// # Errors
/// The first step that failed.
pub(crate) fn history(workspace: &Workspace, arguments: &[OsString]) -> Result<(), Failure> {
    let folder = workspace.target().join("history");
    fs::create_dir_all(&folder).map_err(Failure::file("make", &folder))?;
    let mut steps = Steps::new(3);
    steps.begin("recorder and replay");
    build_examples(workspace, &["record", "figures"], "building the recorder and the replay")?;
    let recording = folder.join("recording.txt");
    steps.begin("recording of 20 minutes");
    if recording.is_file() {
        report::say(&format!("      {} is there", recording.display()));
    } else {
        let partial = folder.join("recording.part");
        process::run(
            example(workspace, "record").arg(&partial).arg(RECORDED),
            "recording",
            "The message is above.",
        )?;
        fs::rename(&partial, &recording).map_err(Failure::file("rename", &partial))?;
    }
    steps.begin("replay and questions");
    let mut command = example(workspace, "figures");
    command.current_dir(&folder).arg(&recording);
    match arguments {
        [] => command.args(USUAL),
        _ => command.args(arguments),
    };
    if ["prometheus", "promtool"].iter().all(|name| process::find_on_path(name).is_some()) {
        command.arg("--prometheus");
    } else {
        report::say("Left out: Prometheus. `apt install prometheus` makes it possible.");
    }
    if process::find_on_path("redis-server").is_some() {
        command.arg("--redis");
    } else {
        report::say("Left out: Redis. `cargo xtask setup` makes it possible.");
    }
    if workspace.binary().is_file() {
        command.arg("--server").arg(workspace.binary());
    } else {
        report::say("Left out: answers over HTTP. `cargo xtask build` makes it possible.");
    }
    process::run(&mut command, "measuring", "The message is above.")?;
    steps.end();
    Ok(())
}

/// Builds examples of the history, optimised.
///
/// # Errors
/// They could not be built; `doing` says for what they were.
pub(super) fn build_examples(workspace: &Workspace, names: &[&str], doing: &str) -> Result<(), Failure> {
    let mut command = process::cargo(workspace);
    command.args(["build", "--quiet", "--release", "--package", "watchglass-history"]);
    command.args(names.iter().flat_map(|name| ["--example", name]));
    process::run(&mut command, doing, "The compiler's messages are above.")
}

/// A call of an example of the history that gives way to whatever else the machine does.
fn example(workspace: &Workspace, name: &str) -> Command {
    let mut command = process::program(workspace, "nice");
    command.args(["-n", "10"]).arg(workspace.target().join("release").join("examples").join(name));
    command
}
