//! Benchmark of the history store: replays a recording of `record` for days, and measures storage size and query times.
//! `cargo run --release -p watchglass-tsdb --example figures -- RECORDING DAYS SERIES [--prometheus]
//! [--redis] [--server BINARY] [--keep FOLDER]`.
//!
//! The recorded series are repeated, as those of several hosts, until there are at least SERIES. `--prometheus` and
//! `--redis` measure these with the same samples, `--server` measures the server over HTTP, and `--keep` keeps its data
//! folder. Compare ratios: the stores are queried in turn, so that other load on the machine slows all of them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    reason = "a tool for developers stops at the first surprise"
)]

mod http;
mod process;
mod query;
mod recording;
mod servers;
mod shared;
mod store;

use query::{RangeQuery, Times, row};
use recording::Recording;
use servers::Server;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use store::{Filled, QueryProcess};
use watchglass_model::Timestamp;

/// Repetitions of each query.
const ROUNDS: usize = 50;
/// Time ranges of the queries in hours.
const HOURS: [u64; 3] = [1, 24, 7 * 24];
/// Number of series in each query.
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
            _ => panic!("unknown argument {flag}: expected --prometheus, --redis, --server or --keep"),
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
    println!("queried metrics: {}", metrics.join(", "));
    let end = Timestamp::from_millis(end * 1000);
    let queries = HOURS.map(|hours| (hours, RangeQuery::new(&metrics, end, hours)));
    let mut other = imported.is_some().then(|| Server::prometheus(&prometheus));
    println!("\n| what | Watchglass | Prometheus | ratio |\n|---|---|---|---|");
    bytes(&filled, imported);
    in_process(&data.join("history"), &queries, other.as_mut());
    if arguments.redis {
        shared::measure(&data.join("history"), temporary.path(), &queries, filled.samples);
    }
    if let Some(binary) = &arguments.server {
        over_http(binary, &data, &queries, other.as_mut());
    }
    if let Some(other) = other {
        println!("\nPrometheus at the end: {:.1} MB PSS", other.memory().pss);
    }
}

fn bytes(filled: &Filled, imported: Option<u64>) {
    let samples = filled.samples as f64;
    let imported = imported.map(|bytes| bytes as f64);
    row("on disk", filled.bytes as f64 / 1e6, imported.map(|bytes| bytes / 1e6), "MB");
    row("for each sample", filled.bytes as f64 / samples, imported.map(|bytes| bytes / samples), "bytes");
}

/// The store within a process of its own; Prometheus over HTTP, its only interface.
fn in_process(history: &Path, queries: &[(u64, RangeQuery)], mut other: Option<&mut Server>) {
    let mut process = QueryProcess::start(history, None);
    for (hours, query) in queries {
        let (mut ours, mut theirs) = (Times::default(), Times::default());
        let series = process.execute(query).1;
        for _ in 0..ROUNDS {
            ours.add(process.execute(query).0);
            if let Some(other) = &mut other {
                let (millis, same) = other.samples(query);
                assert_eq!(same, series, "number of series in Prometheus's response");
                theirs.add(millis);
            }
        }
        pair(
            &format!("{hours} h, {series} series: rows, Prometheus: samples"),
            &ours,
            other.is_some().then_some(&theirs),
        );
    }
    let (memory, opening) = (process.memory(), process.opening);
    let theirs = other.map(|other| other.memory());
    row("anonymous memory after that", memory.anonymous, theirs.map(|theirs| theirs.anonymous), "MB");
    row("PSS after that", memory.pss, theirs.map(|theirs| theirs.pss), "MB");
    row("opening the store", opening, None, "ms");
}

/// Both over HTTP, metric by metric. Both aggregate all samples.
fn over_http(binary: &Path, data: &Path, queries: &[(u64, RangeQuery)], mut other: Option<&mut Server>) {
    let mut server = Server::watchglass(binary, data);
    for (hours, query) in queries {
        let (mut ours, mut theirs) = (Times::default(), Times::default());
        let series = server.rows(query).1;
        for round in 0..ROUNDS {
            ours.add(server.rows(query).0);
            // Prometheus is slow here.
            if let Some(other) = other.as_mut().filter(|_| round % 5 == 0) {
                let (millis, same) = other.means(query);
                assert_eq!(same, series, "number of series in Prometheus's response");
                theirs.add(millis);
            }
        }
        pair(
            &format!("{hours} h over HTTP, {series} series: minimum, mean, maximum; Prometheus: mean"),
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
