//! Replays a recording of `record` for days, the recorded stretch again and again, and tells what that costs; with
//! `--prometheus` also what the same samples cost Prometheus, side by side:
//! `cargo run --release -p watchglass-history --example figures -- RECORDING DAYS SERIES [--prometheus]
//! [--redis] [--server BINARY] [--keep FOLDER]`.
//!
//! The recorded series are there as often as it takes to have at least SERIES, as those of several hosts. `--server` has
//! our server answer too, over HTTP as Prometheus does; `--keep` leaves a data folder for it, whose history ends with
//! the last full hour. Ratios are what to look at: both stores are asked in turn, so that what else the machine does
//! slows both.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a tool for developers stops at the first surprise"
)]

mod http;
mod process;
mod question;
mod recording;
mod servers;
mod shared;
mod store;

use question::{Question, Times, row};
use recording::Recording;
use servers::Server;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use store::{Asked, Filled};
use watchglass_model::Timestamp;

/// How often each question is asked.
const ROUNDS: usize = 50;
/// The stretches that are asked about.
const HOURS: [u64; 3] = [1, 24, 7 * 24];
/// How many series each question is about.
const ASKED: usize = 20;

struct Arguments {
    recording: String,
    days: i64,
    series: usize,
    prometheus: bool,
    redis: bool,
    server: Option<PathBuf>,
    keep: Option<PathBuf>,
}

fn arguments(mut rest: impl Iterator<Item = String>) -> Arguments {
    let mut next = |name: &str| rest.next().unwrap_or_else(|| panic!("{name} is missing"));
    let mut arguments = Arguments {
        recording: next("RECORDING"),
        days: next("DAYS").parse().unwrap(),
        series: next("SERIES").parse().unwrap(),
        prometheus: false,
        redis: false,
        server: None,
        keep: None,
    };
    while let Some(flag) = rest.next() {
        let mut path = || Some(PathBuf::from(rest.next().unwrap_or_else(|| panic!("{flag} PATH"))));
        match flag.as_str() {
            "--prometheus" => arguments.prometheus = true,
            "--redis" => arguments.redis = true,
            "--server" => arguments.server = path(),
            "--keep" => arguments.keep = path(),
            _ => panic!("{flag}: there are --prometheus, --redis, --server and --keep"),
        }
    }
    arguments
}

fn main() {
    let mut rest = std::env::args().skip(1);
    if std::env::args().nth(1).as_deref() == Some("--answer") {
        return store::answer(Path::new(&rest.nth(1).unwrap()), rest.next().as_deref());
    }
    let arguments = arguments(rest);
    let recording = Recording::read(&arguments.recording);
    let (recorded, length) = recording.size();
    let copies = arguments.series.div_ceil(recorded);
    println!(
        "{recorded} series, recorded for {length} s, as those of {copies} hosts for {} days",
        arguments.days
    );
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs() as i64;
    let (end, seconds) = (now / 3600 * 3600, arguments.days * 86_400);
    let replayed = (copies, (end - seconds) * 1000, seconds);

    let temporary = tempfile::tempdir_in(".").unwrap();
    let data = arguments.keep.clone().unwrap_or_else(|| temporary.path().join("data"));
    let filled = store::fill(&data.join("history"), &recording, replayed);
    let prometheus = temporary.path().join("prometheus");
    let imported = arguments.prometheus.then(|| {
        std::fs::create_dir(&prometheus).unwrap();
        servers::import(&prometheus, &recording, replayed)
    });

    let metrics = recording.lively(ASKED / copies.min(ASKED));
    println!("asked about {}", metrics.join(", "));
    let end = Timestamp::from_millis(end * 1000);
    let questions = HOURS.map(|hours| (hours, Question::new(&metrics, end, hours)));
    let mut other = imported.is_some().then(|| Server::prometheus(&prometheus));
    println!("\n| what | Watchglass | Prometheus | times ours |\n|---|---|---|---|");
    bytes(&filled, imported);
    in_process(&data.join("history"), &questions, other.as_mut());
    if arguments.redis {
        shared::measure(&data.join("history"), temporary.path(), &questions, filled.samples);
    }
    if let Some(binary) = &arguments.server {
        over_http(binary, &data, &questions, other.as_mut());
    }
    if let Some(other) = other {
        println!("\nPrometheus after all: {:.1} MB PSS", other.memory().pss);
    }
}

fn bytes(filled: &Filled, imported: Option<u64>) {
    let samples = filled.samples as f64;
    let imported = imported.map(|bytes| bytes as f64);
    row("on disk", filled.bytes as f64 / 1e6, imported.map(|bytes| bytes / 1e6), "MB");
    row("for each sample", filled.bytes as f64 / samples, imported.map(|bytes| bytes / samples), "bytes");
}

/// Our store within a process that does nothing else; Prometheus over HTTP, which has no other door.
fn in_process(history: &Path, questions: &[(u64, Question)], mut other: Option<&mut Server>) {
    let mut asked = Asked::start(history, None);
    for (hours, question) in questions {
        let (mut ours, mut theirs) = (Times::default(), Times::default());
        let series = asked.ask(question).1;
        for _ in 0..ROUNDS {
            ours.add(asked.ask(question).0);
            if let Some(other) = &mut other {
                let (millis, same) = other.samples(question);
                assert_eq!(same, series, "series of Prometheus' answer");
                theirs.add(millis);
            }
        }
        pair(
            &format!("{hours} h, {series} series: rows, Prometheus: samples"),
            &ours,
            other.is_some().then_some(&theirs),
        );
    }
    let (memory, opening) = (asked.memory(), asked.opening);
    let theirs = other.map(|other| other.memory());
    row("anonymous memory after that", memory.anonymous, theirs.map(|theirs| theirs.anonymous), "MB");
    row("PSS after that", memory.pss, theirs.map(|theirs| theirs.pss), "MB");
    row("opening the store", opening, None, "ms");
}

/// Both over HTTP, metric by metric, with the same arithmetic: every sample counts.
fn over_http(binary: &Path, data: &Path, questions: &[(u64, Question)], mut other: Option<&mut Server>) {
    let mut server = Server::watchglass(binary, data);
    for (hours, question) in questions {
        let (mut ours, mut theirs) = (Times::default(), Times::default());
        let series = server.rows(question).1;
        for round in 0..ROUNDS {
            ours.add(server.rows(question).0);
            // It takes Prometheus long.
            if let Some(other) = other.as_mut().filter(|_| round % 5 == 0) {
                let (millis, same) = other.means(question);
                assert_eq!(same, series, "series of Prometheus' answer");
                theirs.add(millis);
            }
        }
        pair(
            &format!("{hours} h over HTTP, {series} series: low, mean, high; Prometheus: mean"),
            &ours,
            other.is_some().then_some(&theirs),
        );
    }
    let memory = server.memory();
    let theirs = other.map(|other| other.memory());
    row("anonymous memory of the server", memory.anonymous, theirs.map(|theirs| theirs.anonymous), "MB");
    row("PSS of the server", memory.pss, theirs.map(|theirs| theirs.pss), "MB");
}

fn pair(what: &str, ours: &Times, theirs: Option<&Times>) {
    row(&format!("{what}: median"), ours.median(), theirs.map(Times::median), "ms");
    row(&format!("{what}: p95"), ours.p95(), theirs.map(Times::p95), "ms");
}
