//! Writes the log: a thread of its own hands every batch to the operating system as it comes.

use super::bytes::Cursor;
use super::log_format::{self, Decoder, Encoder, Record};
use super::segment::SegmentError;
use super::shared::{Log, Shared};
use super::{OpenError, bytes::Damage};
use crate::head::{Entry, Head, hour_of};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::{fs, io};

/// A new hour begins a new log, so that the old one can go when its hour is sealed; unless the log is shorter than this,
/// as when a clock jumps to and fro.
const LEAST_RECORDS: usize = 600;
/// The most records that a log has.
const MOST_RECORDS: usize = 7200;
/// How many batches pass between two attempts to write again.
const RETRY: usize = 5;
/// How many batches are copied from the head at a time.
const COPIED: usize = 60;
/// The largest log that is read: far more than any that is written.
const MOST_BYTES: u64 = 4 << 30;
/// Under which name the log's problem stands.
const PROBLEM: &str = "log";

/// What the thread is told.
#[derive(Debug)]
pub(crate) enum Order {
    /// Write this down; it is in the head already.
    Write(Entry),
    /// Answer when everything before is written.
    Settle(SyncSender<()>),
    /// End.
    Close,
}

/// The thread's own.
#[derive(Debug)]
pub(crate) struct Writer {
    shared: Arc<Shared>,
    encoder: Encoder,
    /// Whether the last log can be written to.
    is_open: bool,
    waited: usize,
    records: usize,
    hour: i64,
    buffer: Vec<u8>,
}

impl Writer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self {
            shared,
            encoder: Encoder::default(),
            is_open: false,
            waited: 0,
            records: 0,
            hour: 0,
            buffer: Vec::new(),
        }
    }

    pub(crate) fn run(mut self, orders: &Receiver<Order>) {
        for order in orders {
            match order {
                Order::Write(entry) => self.write(&entry),
                // Whoever asked may have given up waiting.
                Order::Settle(done) => drop(done.send(())),
                Order::Close => break,
            }
        }
        if !self.is_open {
            self.restart();
        }
        let result = self.sync();
        self.report(result);
    }

    fn sync(&self) -> io::Result<()> {
        let file = self.shared.logs().last().and_then(|log| log.file.clone());
        file.map_or(Ok(()), |file| file.sync())
    }

    fn report(&self, result: io::Result<()>) -> bool {
        match &result {
            Ok(()) => self.shared.problems.clear(PROBLEM),
            Err(error) => self.shared.problems.set(
                PROBLEM,
                format!(
                    "the history cannot be written to {}: {error}; it is kept in memory until it can",
                    self.shared.folder.display()
                ),
            ),
        }
        result.is_ok()
    }

    fn write(&mut self, entry: &Entry) {
        if self.shared.missed.swap(false, Ordering::Relaxed) {
            self.is_open = false;
        }
        if !self.is_open {
            self.waited += 1;
            if self.waited % RETRY == 1 {
                self.restart();
            }
            return;
        }
        let hour = hour_of(entry.time);
        if (hour != self.hour && self.records >= LEAST_RECORDS) || self.records >= MOST_RECORDS {
            let result = self.begin();
            self.is_open = self.report(result);
        }
        if !self.is_open {
            self.waited = 0;
            return;
        }
        self.hour = hour;
        let result = self.append(std::slice::from_ref(entry));
        if !self.report(result) {
            self.is_open = false;
            self.waited = 0;
        }
    }

    /// Begins a new log behind those that there are.
    fn begin(&mut self) -> io::Result<()> {
        let generation = self.shared.next_log.fetch_add(1, Ordering::Relaxed);
        let file = self.shared.disk.create(&self.shared.log_path(generation))?;
        let header = log_format::header();
        let log = Log {
            generation,
            hours: BTreeSet::new(),
            bytes: header.len() as u64,
            file: Some(Arc::clone(&file)),
        };
        self.shared.logs().push(log);
        self.encoder = Encoder::default();
        self.records = 0;
        file.append(&header)
    }

    fn append(&mut self, entries: &[Entry]) -> io::Result<()> {
        self.buffer.clear();
        for entry in entries {
            self.encoder.encode(entry, |number| self.shared.head().numbered(number), &mut self.buffer);
        }
        self.records += entries.len();
        let file = {
            let mut logs = self.shared.logs();
            let Some(log) = logs.last_mut() else { return Err(io::ErrorKind::NotFound.into()) };
            log.hours.extend(entries.iter().map(|entry| hour_of(entry.time)));
            log.bytes += self.buffer.len() as u64;
            log.file.clone()
        };
        file.map_or(Err(io::ErrorKind::NotFound.into()), |file| file.append(&self.buffer))
    }

    /// Writes the whole head into a new log, which then stands for all before it. So nothing is lost that could not be
    /// written for a while, and the logs of earlier runs become one.
    pub(crate) fn restart(&mut self) -> bool {
        let first = self.shared.next_log.load(Ordering::Relaxed);
        let result = self.copy_head();
        self.is_open = self.report(result);
        self.hour = self.shared.head().newest().map_or(0, |newest| hour_of(newest.millis()));
        // What was written stands for all before it; of what could not be written nothing is left.
        let is_open = self.is_open;
        self.shared.logs().retain(|log| {
            let is_kept = (log.generation >= first) == is_open;
            is_kept || self.shared.disk.remove(&self.shared.log_path(log.generation)).is_err()
        });
        is_open
    }

    fn copy_head(&mut self) -> io::Result<()> {
        self.begin()?;
        let mut from = i64::MIN;
        loop {
            let entries = self.shared.head().entries(from, COPIED);
            let Some(last) = entries.last() else { break };
            from = last.time.saturating_add(1);
            self.append(&entries)?;
        }
        self.records = 0;
        self.sync()?;
        self.shared.disk.sync_folder(&self.shared.folder)
    }
}

/// Reads a log into the head, as far as it is whole.
///
/// # Errors
/// A log of another version: it is left as it is.
pub(crate) fn replay(path: &Path, head: &mut Head, mut note: impl FnMut(i64)) -> Result<(), SegmentError> {
    if fs::metadata(path)?.len() > MOST_BYTES {
        return Err(Damage("it is too long to be a log").into());
    }
    let bytes = fs::read(path)?;
    let mut rest = Cursor(&bytes);
    let Ok(header) = rest.slice(log_format::HEADER) else { return Ok(()) };
    let mut cursor = Cursor(header);
    if cursor.slice(8)? != log_format::MAGIC {
        return Err(Damage("it does not begin as a log does").into());
    }
    let version = u16::from_le_bytes(cursor.array()?);
    if version != log_format::VERSION {
        return Err(SegmentError::Version(version));
    }
    let mut decoder = Decoder::default();
    let mut places = Vec::new();
    loop {
        let before = rest.clone();
        match decoder.next(&mut rest) {
            Ok(Some(record)) => {
                note(record.time);
                restore(record, head, &mut places);
            }
            Ok(None) => return Ok(()),
            // The record that was being written when the program ended.
            Err(_) if !log_format::has_record_behind(before.0) => return Ok(()),
            Err(damage) => return Err(damage.into()),
        }
    }
}

fn restore(record: Record, head: &mut Head, places: &mut Vec<Option<usize>>) {
    let new = record.new.into_iter().map(Arc::new);
    new.for_each(|series| places.push(head.register(&series)));
    let samples = record.samples.into_iter();
    head.restore(record.time, samples.filter_map(|(number, value)| Some(((*places.get(number)?)?, value))));
}

/// Reads all logs of a folder into the head. They stay, until [`Writer::restart`] has written another in their place;
/// those that are damaged are returned.
///
/// # Errors
/// A log of another version.
pub(crate) fn replay_all(
    shared: &Shared,
    generations: &[u64],
) -> Result<Vec<(PathBuf, SegmentError)>, OpenError> {
    let mut damaged = Vec::new();
    // A number that a damaged log has must not be given to another.
    let next = generations.last().map_or(0, |last| last.saturating_add(1));
    shared.next_log.store(next, Ordering::Relaxed);
    for &generation in generations {
        let path = shared.log_path(generation);
        let result = replay(&path, &mut shared.head_mut(), |time| shared.clock().note(time));
        match result {
            Ok(()) => {
                // Which hours it has is not asked: it goes when another log stands for it.
                let hours = shared.head().hours().keys().copied().collect();
                let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
                shared.logs().push(Log { generation, hours, bytes, file: None });
            }
            Err(SegmentError::Version(version)) => return Err(OpenError::Version { file: path, version }),
            Err(error) => damaged.push((path, error)),
        }
    }
    Ok(damaged)
}
