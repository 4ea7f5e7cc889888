//! WAL writer thread: writes every batch to the operating system as it arrives.

use super::block::BlockError;
use super::bytes::Cursor;
use super::state::{StoreState, WalFile};
use super::wal_format::{self, Decoder, Encoder, Record};
use super::{OpenError, bytes::CorruptData};
use crate::head::{Entry, Head, hour_of};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender};
use std::{fs, io};

/// Each hour starts a new WAL file, so that the old one can be removed after its block is written; except if the file has
/// fewer records than this, for example after clock jumps.
const MIN_RECORDS: usize = 600;
/// Maximum number of records in a WAL file.
const MAX_RECORDS: usize = 7200;
/// Number of batches between write retries.
const RETRY_BATCHES: usize = 5;
/// Number of batches copied from the head at a time.
const COPY_BATCHES: usize = 60;
/// Maximum size of a WAL file that is read, far above what is written.
const MAX_WAL_BYTES: u64 = 4 << 30;
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
                    "history cannot be written to {}: {error}; keeping it in memory until then",
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
            if self.waited % RETRY_BATCHES == 1 {
                self.restart();
            }
            return;
        }
        let hour = hour_of(entry.time);
        if (hour != self.hour && self.records >= MIN_RECORDS) || self.records >= MAX_RECORDS {
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

    /// Starts a new WAL file.
    fn begin(&mut self) -> io::Result<()> {
        let generation = self.shared.next_log.fetch_add(1, Ordering::Relaxed);
        let file = self.shared.disk.create(&self.shared.log_path(generation))?;
        let header = wal_format::header();
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

    /// Writes the whole head into a new WAL file, which replaces all earlier ones. Recovers batches that could not be written
    /// for a while, and merges the files of earlier runs.
    pub(crate) fn restart(&mut self) -> bool {
        let first = self.shared.next_log.load(Ordering::Relaxed);
        let result = self.copy_head();
        self.is_open = self.report(result);
        self.hour = self.shared.head().newest().map_or(0, |newest| hour_of(newest.millis()));
        // On success the new file replaces all earlier ones; on failure it is removed.
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
            let entries = self.shared.head().entries(from, COPY_BATCHES);
            let Some(last) = entries.last() else { break };
            from = last.time.saturating_add(1);
            self.append(&entries)?;
        }
        self.records = 0;
        self.sync()?;
        self.shared.disk.sync_folder(&self.shared.folder)
    }
}

/// Replays a WAL file into the head up to the first incomplete record.
///
/// # Errors
/// Unsupported version; the file is not touched.
pub(crate) fn replay(path: &Path, head: &mut Head, mut note: impl FnMut(i64)) -> Result<(), BlockError> {
    if fs::metadata(path)?.len() > MAX_WAL_BYTES {
        return Err(CorruptData("WAL file too large").into());
    }
    let bytes = fs::read(path)?;
    let mut rest = Cursor(&bytes);
    let Ok(header) = rest.slice(wal_format::HEADER) else { return Ok(()) };
    let mut cursor = Cursor(header);
    if cursor.slice(8)? != wal_format::MAGIC {
        return Err(CorruptData("invalid WAL header").into());
    }
    let version = u16::from_le_bytes(cursor.array()?);
    if version != wal_format::VERSION {
        return Err(BlockError::Version(version));
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
            // The last record was incomplete at a crash.
            Err(_) if !wal_format::has_record_behind(before.0) => return Ok(()),
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

/// Replays all WAL files into the head. They remain until [`Writer::restart`] has replaced them; damaged ones are
/// returned.
///
/// # Errors
/// Unsupported version.
pub(crate) fn replay_all(
    shared: &StoreState,
    generations: &[u64],
) -> Result<Vec<(PathBuf, BlockError)>, OpenError> {
    let mut damaged = Vec::new();
    // The number of a damaged WAL file must not be reused.
    let next = generations.last().map_or(0, |last| last.saturating_add(1));
    shared.next_log.store(next, Ordering::Relaxed);
    for &generation in generations {
        let path = shared.log_path(generation);
        let result = replay(&path, &mut shared.head_mut(), |time| shared.clock().note(time));
        match result {
            Ok(()) => {
                // Its hours are unknown: it is removed when another WAL file replaces it.
                let hours = shared.head().hours().keys().copied().collect();
                let bytes = fs::metadata(&path).map_or(0, |metadata| metadata.len());
                shared.logs().push(WalFile { generation, hours, bytes, file: None });
            }
            Err(BlockError::Version(version)) => return Err(OpenError::Version { file: path, version }),
            Err(error) => damaged.push((path, error)),
        }
    }
    Ok(damaged)
}
