//! WAL writer thread: writes every batch to the operating system as it arrives.

use super::state::{StoreState, WalFile};
use super::wal_format::Encoder;
use super::wal_header;
use crate::head::{Entry, hour_of};
use std::collections::BTreeSet;
use std::io;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};

/// Each hour starts a new WAL file, so that the old one can be removed after its block is written; except if the file has
/// fewer records than this, for example after clock jumps.
const MIN_RECORDS: usize = 600;
/// Maximum number of records of a group in a WAL file, on average.
const MAX_RECORDS: usize = 7200;
/// Number of batches between write retries.
const RETRY_BATCHES: usize = 5;
/// Number of samples copied from the head at a time, about: 16 bytes each.
const COPY_SAMPLES: usize = 1 << 20;
/// Key of the WAL problem.
const PROBLEM: &str = "log";

/// Message to the writer thread.
#[derive(Debug)]
pub(crate) enum WalCommand {
    /// Write this batch, which is already in the head.
    Write(Entry),
    /// Reply when everything before is written.
    Settle(SyncSender<()>),
    /// Stop.
    Close,
}

/// State of the writer thread.
#[derive(Debug)]
pub(crate) struct WalWriter {
    shared: Arc<StoreState>,
    encoder: Encoder,
    /// Whether the last WAL file is writable.
    is_open: bool,
    waited: usize,
    records: usize,
    hour: i64,
    buffer: Vec<u8>,
}

impl WalWriter {
    pub(crate) fn new(shared: Arc<StoreState>) -> Self {
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

    pub(crate) fn run(mut self, orders: &Receiver<WalCommand>) {
        for order in orders {
            match order {
                WalCommand::Write(entry) => self.write(&entry),
                // The caller may have stopped waiting.
                WalCommand::Settle(done) => drop(done.send(())),
                WalCommand::Close => break,
            }
        }
        let is_complete = self.is_open && !self.shared.missed.load(Ordering::Relaxed);
        // After a failure the problem stays as it is: the last file is incomplete, even if it can be synced.
        if is_complete || self.restart() {
            let result = self.sync();
            self.report(result);
        }
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
                    "history cannot be written to {}: {error}; keeping it in memory until then",
                    self.shared.folder.display()
                ),
            ),
        }
        result.is_ok()
    }

    fn write(&mut self, entry: &Entry) {
        if !self.is_written(entry) {
            self.shared.unsaved.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Writes a batch, and returns whether it succeeded.
    fn is_written(&mut self, entry: &Entry) -> bool {
        if self.shared.missed.swap(false, Ordering::Relaxed) {
            self.is_open = false;
        }
        if !self.is_open {
            self.waited += 1;
            return self.waited % RETRY_BATCHES == 1 && self.restart();
        }
        let hour = hour_of(entry.time);
        if (hour != self.hour && self.records >= MIN_RECORDS)
            || self.records >= MAX_RECORDS * self.encoder.groups().max(1)
        {
            let result = self.begin();
            self.is_open = self.report(result);
        }
        if self.is_open {
            self.hour = hour;
            let result = self.append(std::slice::from_ref(entry));
            self.is_open = self.report(result);
        }
        if !self.is_open {
            self.waited = 0;
        }
        self.is_open
    }

    /// Starts a new WAL file.
    fn begin(&mut self) -> io::Result<()> {
        let generation = self.shared.next_log.fetch_add(1, Ordering::Relaxed);
        let file = self.shared.disk.create(&self.shared.log_path(generation))?;
        let header = wal_header::header();
        let log = WalFile {
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

    /// Starts a new WAL file behind those of earlier runs, which have the whole head; returns whether it succeeded.
    pub(crate) fn start(&mut self) -> bool {
        let result = self.begin();
        self.is_open = self.report(result);
        self.hour = self.newest_hour();
        self.is_open
    }

    fn newest_hour(&self) -> i64 {
        self.shared.head().newest().map_or(0, |newest| hour_of(newest.millis()))
    }

    /// Writes the whole head into a new WAL file, which replaces all earlier ones. Recovers batches that could not be written
    /// for a while, and merges the files of earlier runs.
    pub(crate) fn restart(&mut self) -> bool {
        let first = self.shared.next_log.load(Ordering::Relaxed);
        let result = self.copy_head();
        self.is_open = self.report(result);
        self.hour = self.newest_hour();
        // On success the new file replaces all earlier ones; on failure it is removed.
        let is_open = self.is_open;
        if is_open {
            self.shared.unsaved.store(0, Ordering::Relaxed);
        }
        self.shared.logs().retain(|log| {
            let is_kept = (log.generation >= first) == is_open;
            is_kept || self.shared.disk.remove(&self.shared.log_path(log.generation)).is_err()
        });
        is_open
    }

    fn copy_head(&mut self) -> io::Result<()> {
        self.begin()?;
        let windows = self.shared.head().windows(COPY_SAMPLES);
        for times in windows {
            let entries = self.shared.head().entries(&times);
            self.append(&entries)?;
        }
        self.records = 0;
        self.sync()?;
        self.shared.disk.sync_folder(&self.shared.folder)
    }
}
