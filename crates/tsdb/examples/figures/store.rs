//! The embedded store: filled by a replay, and queried in a process of its own.

use crate::process::{Memory, Program};
use crate::query::RangeQuery;
use crate::recording::Recording;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use watchglass_model::{Batch, Sample, SeriesId, TimeRange, Timestamp};
use watchglass_tsdb::{EmbeddedHistory, History, Operator, Options, Query, Selector};

/// Result of [`fill`].
pub(crate) struct Filled {
    pub(crate) samples: u64,
    pub(crate) bytes: u64,
}

fn written() -> u64 {
    let io = fs::read_to_string("/proc/self/io").unwrap();
    io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap().trim().parse().unwrap()
}

/// Replays a recording into a folder, beginning at `begin`, and prints what that took.
pub(crate) fn fill(
    folder: &Path,
    recording: &Recording,
    (copies, begin, seconds): (usize, i64, i64),
) -> Filled {
    let history = EmbeddedHistory::open(folder, Options::default()).unwrap();
    let series = recording.copies(copies);
    let (recorded, written_before) = (series.len() / copies, written());
    let mut replay = recording.replay();
    let (started, mut samples, mut slowest) = (Instant::now(), 0, 0.0_f64);
    for second in 0..seconds {
        let values = replay.next();
        let all = (0..copies).flat_map(|copy| values.iter().map(move |value| (copy, value)));
        let sample = |(copy, &(id, value)): (usize, &(u32, f64))| Sample {
            series: SeriesId((copy * recorded) as u32 + id),
            value,
        };
        let time = Timestamp::from_millis(begin + second * 1000);
        let batch = Batch { time, samples: all.map(sample).collect() };
        samples += batch.samples.len() as u64;
        let before = Instant::now();
        history.append(&batch, &series, &recording.catalogue);
        slowest = slowest.max(before.elapsed().as_secs_f64());
        // The replay is faster than real time: let the background threads catch up.
        if second % 100 == 0 {
            history.flush();
        }
        // Wait until the hour before has left the head: otherwise the head would grow larger than in production.
        if second > 3600 && second % 3600 == 120 {
            while files(folder, "log").len() > 1 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }
    }
    history.flush();
    println!("{samples} samples of {} series in {:.1} s", series.len(), started.elapsed().as_secs_f64());
    println!("slowest append {:.1} ms", slowest * 1e3);
    println!("anonymous memory of the replay {:.1} MB", Memory::of("self").anonymous);
    let days = seconds as f64 / 86_400.0;
    println!("written {:.1} MB a day", (written() - written_before) as f64 / 1e6 / days);
    let status = history.status();
    println!("problems: {:?}", status.problems);
    history.close();
    for level in ["raw", "minute", "quarter", "log"] {
        let files = files(folder, level);
        println!("{level}: {} files, {} bytes", files.len(), files.iter().sum::<u64>());
    }
    Filled { samples, bytes: status.stored_bytes }
}

/// Sizes of the files whose names begin with `name`.
fn files(folder: &Path, name: &str) -> Vec<u64> {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    let files = entries.filter(|entry| entry.file_name().to_str().unwrap().starts_with(name));
    // A file that has just been removed has no size.
    files.filter_map(|entry| Some(entry.metadata().ok()?.len())).collect()
}

/// Main function of the process of [`QueryProcess::start`]: executes the queries of its standard input.
pub(crate) fn answer(folder: &Path, redis: Option<&str>) {
    let started = Instant::now();
    let local = EmbeddedHistory::open(folder, Options::default()).unwrap();
    let history: Box<dyn History> = match redis {
        Some(url) => Box::new(crate::shared::open(local, url, "reader")),
        None => Box::new(local),
    };
    println!("{}", started.elapsed().as_secs_f64() * 1e3);
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let fields: Vec<&str> = line.split(' ').collect();
        let millis = |text: &str| Timestamp::from_millis(text.parse().unwrap());
        let range = TimeRange { start: millis(fields[1]), end: millis(fields[2]) };
        let selector = Selector::default().with("__name__", Operator::Regex, fields[0]);
        let query = Query { selector, range, step_millis: fields[3].parse().unwrap() };
        let before = Instant::now();
        let columns = history.query(&query).unwrap();
        println!("{} {}", before.elapsed().as_secs_f64() * 1e3, columns.columns.len());
    }
}

/// A process that has opened the store and executes queries.
pub(crate) struct QueryProcess {
    program: Program,
    answers: BufReader<ChildStdout>,
    /// Duration of the opening in milliseconds.
    pub(crate) opening: f64,
}

impl QueryProcess {
    pub(crate) fn start(folder: &Path, redis: Option<&str>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("--answer").arg(folder).args(redis).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut program = Program::start(&mut command);
        let mut answers = BufReader::new(program.0.stdout.take().unwrap());
        let mut line = String::new();
        answers.read_line(&mut line).unwrap();
        Self { program, answers, opening: line.trim().parse().unwrap() }
    }

    /// Executes a query. Returns its duration in milliseconds, and the number of series.
    pub(crate) fn execute(&mut self, query: &RangeQuery) -> (f64, usize) {
        let (range, names) = (query.range, query.metrics.join("|"));
        let (start, end) = (range.start.millis(), range.end.millis());
        let input = self.program.0.stdin.as_mut().unwrap();
        writeln!(input, "{names} {start} {end} {}", query.step_millis).unwrap();
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let (millis, series) = line.trim().split_once(' ').unwrap();
        (millis.parse().unwrap(), series.parse().unwrap())
    }

    pub(crate) fn memory(&self) -> Memory {
        self.program.memory()
    }
}
