//! History of single processes.

use crate::query::{TableError, tables};
use std::collections::BTreeMap;
use std::sync::Arc;
use watchglass_model::{Process, ProcessTable, Timestamp};
use watchglass_records::RecordStore;

/// What [`history`] reads, and how much.
#[derive(Clone, Copy, Debug)]
pub struct HistoryOptions {
    /// First time.
    pub start: Timestamp,
    /// Time after the last one.
    pub end: Timestamp,
    /// Length in milliseconds of the time that a point is about; a reading has 5,000.
    pub step_millis: i64,
    /// Maximum number of processes: those with the most CPU time.
    pub max_processes: usize,
    /// Maximum size in bytes of the blocks that are read, before compression.
    pub max_read_bytes: u64,
}

/// Usage of a process in a step.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Point {
    /// Start of the step.
    pub time: Timestamp,
    /// Mean CPU usage in cores; missing if it was not known.
    pub cpu_ratio: Option<f64>,
    /// Maximum of the resident memory in bytes.
    pub memory_bytes: u64,
    /// Maximum number of threads.
    pub threads: u32,
    /// Mean of the bytes per second read from storage.
    pub read_bytes_per_second: Option<f64>,
    /// Mean of the bytes per second written to storage.
    pub write_bytes_per_second: Option<f64>,
}

/// Usage of a process over time.
#[derive(Clone, Debug, PartialEq)]
pub struct ProcessHistory {
    /// The process as it was last.
    pub process: Process,
    /// Time of its last reading in the range.
    pub last_seen: Timestamp,
    /// Steps in which it ran, in the order of time.
    pub points: Vec<Point>,
}

/// Sums of a step.
#[derive(Debug, Default)]
struct Sums {
    point: Point,
    cpu: Mean,
    read: Mean,
    written: Mean,
}

#[derive(Clone, Copy, Debug, Default)]
struct Mean {
    sum: f64,
    count: f64,
}

impl Mean {
    fn add(&mut self, value: Option<f64>) {
        if let Some(value) = value {
            self.sum += value;
            self.count += 1.0;
        }
    }

    fn value(self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

impl Sums {
    fn add(&mut self, process: &Process) {
        self.point.memory_bytes = self.point.memory_bytes.max(process.memory_bytes);
        self.point.threads = self.point.threads.max(process.threads);
        self.cpu.add(process.cpu_ratio);
        self.read.add(process.read_bytes_per_second.map(|bytes| bytes as f64));
        self.written.add(process.write_bytes_per_second.map(|bytes| bytes as f64));
    }

    fn finish(&self) -> Point {
        Point {
            cpu_ratio: self.cpu.value(),
            read_bytes_per_second: self.read.value(),
            write_bytes_per_second: self.written.value(),
            ..self.point
        }
    }
}

/// A process while it is read.
#[derive(Debug)]
struct Track {
    process: Process,
    last_seen: Timestamp,
    cpu: f64,
    points: Vec<Point>,
    open: Sums,
}

impl Track {
    fn new(process: &Process, time: Timestamp, step: Timestamp) -> Self {
        let open = Sums { point: Point { time: step, ..Point::default() }, ..Sums::default() };
        Self { process: process.clone(), last_seen: time, cpu: 0.0, points: Vec::new(), open }
    }

    fn add(&mut self, process: &Process, time: Timestamp, step: Timestamp) {
        if self.open.point.time != step {
            self.points.push(self.open.finish());
            self.open = Sums { point: Point { time: step, ..Point::default() }, ..Sums::default() };
        }
        self.open.add(process);
        self.last_seen = time;
        self.cpu += process.cpu_ratio.unwrap_or(0.0);
        if self.process != *process {
            self.process.clone_from(process);
        }
    }
}

/// Usage of the processes of a host for which `is_wanted` returns `true`, those with the most CPU time first. Also returns
/// the number of such processes, of which there may be more than [`HistoryOptions::max_processes`]. `newest` are tables that
/// may not be in the store yet, in the order of time.
///
/// # Errors
/// The records cannot be read, or more than [`HistoryOptions::max_read_bytes`] of them.
pub fn history(
    store: &RecordStore,
    host: &str,
    newest: &[Arc<ProcessTable>],
    options: &HistoryOptions,
    is_wanted: &dyn Fn(&Process) -> bool,
) -> Result<(Vec<ProcessHistory>, usize), TableError> {
    let mut tracks: BTreeMap<(u32, Timestamp), Track> = BTreeMap::new();
    let step_millis = options.step_millis.max(1);
    let mut add = |table: &ProcessTable| {
        let step = table.time.floor(step_millis);
        for process in table.processes.iter().filter(|process| is_wanted(process)) {
            let key = (process.pid, process.started);
            let track = tracks.entry(key).or_insert_with(|| Track::new(process, table.time, step));
            track.add(process, table.time, step);
        }
    };
    let mut stored = Timestamp::from_millis(i64::MIN);
    tables(store, host, (options.start, options.end), options.max_read_bytes, &mut |table| {
        stored = table.time;
        add(table);
    })?;
    let is_new = |table: &&Arc<ProcessTable>| {
        table.time > stored && (options.start..options.end).contains(&table.time)
    };
    newest.iter().filter(is_new).for_each(|table| add(table));
    let count = tracks.len();
    let mut tracks: Vec<Track> = tracks.into_values().collect();
    tracks.sort_by(|left, right| right.cpu.total_cmp(&left.cpu));
    tracks.truncate(options.max_processes);
    let finish = |mut track: Track| {
        track.points.push(track.open.finish());
        ProcessHistory { process: track.process, last_seen: track.last_seen, points: track.points }
    };
    Ok((tracks.into_iter().map(finish).collect(), count))
}
