//! Compactor thread: writes blocks of completed hours, deletes expired data, and syncs the WAL to disk.

use super::Options;
use super::block_writer::write_block;
use super::downsample::downsample;
use super::resolution::Resolution;
use super::state::StoreState;
use crate::head::{Head, hour_of};
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

/// Minimum number of batches of other hours after which an hour is complete, so that few late samples follow.
const SETTLE_BATCHES: u64 = 60;
/// Number of batches of each group after which an hour is complete, on average.
const SETTLE_ROWS: u64 = 4;
/// Number of batches between disk syncs.
pub(crate) const SYNC_BATCHES: u64 = 60;
/// Number of batches between retries.
const RETRY: u64 = 10;
/// Minimum head size in bytes from which incomplete hours are written.
const FLUSH_BYTES: usize = 24_000_000;
/// Bytes of an hour of a series at one sample a second.
const SERIES_BYTES: usize = 4096;
/// Key of the problem.
const PROBLEM: &str = "seal";
const SYNC_PROBLEM: &str = "sync";
const DROPPED_PROBLEM: &str = "dropped";

/// Number of batches of other hours after which an hour is complete.
pub(crate) fn settle_batches(head: &Head) -> u64 {
    SETTLE_BATCHES.max(SETTLE_ROWS * head.group_count() as u64)
}

/// Head size in bytes from which incomplete hours are written, and from twice of which the oldest samples are dropped.
pub(crate) fn flush_bytes(options: &Options) -> usize {
    FLUSH_BYTES.max(options.series_limit.saturating_mul(SERIES_BYTES))
}

/// Message to the thread.
#[derive(Debug)]
pub(crate) enum CompactorCommand {
    /// Run the due work.
    Look,
    /// Write all hours, and reply whether it succeeded.
    SealAll(SyncSender<bool>),
    /// Stop.
    Close,
}

/// State of the thread.
#[derive(Debug)]
pub(crate) struct Compactor {
    shared: Arc<StoreState>,
    synced: u64,
    failed: Option<u64>,
}

impl Compactor {
    pub(crate) fn new(shared: Arc<StoreState>) -> Self {
        Self { shared, synced: 0, failed: None }
    }

    pub(crate) fn run(mut self, tasks: &Receiver<CompactorCommand>) {
        for task in tasks {
            match task {
                CompactorCommand::Look => drop(self.look(false)),
                // The caller may have stopped waiting.
                CompactorCommand::SealAll(done) => drop(done.send(self.look(true))),
                CompactorCommand::Close => break,
            }
        }
    }

    fn look(&mut self, all: bool) -> bool {
        let batches = self.shared.head().batches();
        if all || batches >= self.synced + SYNC_BATCHES {
            self.synced = batches;
            self.sync();
        }
        if !all && self.failed.is_some_and(|failed| batches < failed + RETRY) {
            return false;
        }
        let result = self.seal_due(all).and_then(|()| self.downsample_missing());
        match &result {
            Ok(()) => {
                self.shared.problems.clear(PROBLEM);
                self.shared.problems.clear(DROPPED_PROBLEM);
            }
            Err(error) => self.shared.problems.set(
                PROBLEM,
                format!("cannot write a history block in {}: {error}", self.shared.folder.display()),
            ),
        }
        self.failed = result.is_err().then_some(batches);
        self.drop_logs();
        self.drop_old();
        // After a success the samples are in blocks, also those that the head has kept because others arrived meanwhile.
        if result.is_err() {
            self.give_up();
        }
        result.is_ok()
    }

    fn sync(&self) {
        let files: Vec<_> = self.shared.logs().iter().filter_map(|log| log.file.clone()).collect();
        let result = files.iter().try_for_each(|file| file.sync());
        match result.and_then(|()| self.shared.disk.sync_folder(&self.shared.folder)) {
            Ok(()) => self.shared.problems.clear(SYNC_PROBLEM),
            Err(error) => self.shared.problems.set(SYNC_PROBLEM, format!("WAL sync failed: {error}")),
        }
    }

    fn seal_due(&self, all: bool) -> io::Result<()> {
        let hours: Vec<i64> = {
            let head = self.shared.head();
            let current = head.newest().map(|newest| hour_of(newest.millis()));
            let is_too_large = all || head.bytes() > flush_bytes(&self.shared.options) || head.is_crowded();
            let settled = settle_batches(&head);
            let is_due = |hour: i64, touched: u64| {
                is_too_large || (Some(hour) != current && head.batches() >= touched + settled)
            };
            head.hours()
                .iter()
                .filter(|(hour, state)| is_due(**hour, state.touched))
                .map(|(&hour, _)| hour)
                .collect()
        };
        hours.into_iter().try_for_each(|hour| self.seal_one(hour))
    }

    fn seal_one(&self, hour: i64) -> io::Result<()> {
        let before = self.shared.head().hours().get(&hour).copied();
        // The raw samples of these rows are gone: new samples are added to them.
        let adds = !self.shared.files().covers(Resolution::Raw, hour);
        if let Some(contents) = write_block(&self.shared, hour)? {
            self.shared.files_mut().of_mut(Resolution::Raw).insert(hour, contents);
            downsample(&self.shared, hour, adds)?;
            let next = hour.saturating_add(1);
            // The first rates of the next hour look back into this hour.
            if self.shared.files().covers(Resolution::Raw, next) {
                downsample(&self.shared, next, false)?;
            }
        }
        let _files = self.shared.files_mut();
        let mut head = self.shared.head_mut();
        // Samples that arrived meanwhile are not in the file.
        if let Some(before) = before {
            head.forget_written(hour, before);
        }
        Ok(())
    }

    /// Downsamples hours whose downsampled data was lost.
    fn downsample_missing(&self) -> io::Result<()> {
        let missing: Vec<i64> = {
            let files = self.shared.files();
            let is_missing =
                |hour: &i64| Resolution::ROLLUPS.iter().any(|&level| !files.covers(level, *hour));
            files.of(Resolution::Raw).keys().copied().filter(is_missing).collect()
        };
        missing.into_iter().try_for_each(|hour| downsample(&self.shared, hour, false))
    }

    /// Removes WAL files whose samples are all in blocks.
    fn drop_logs(&self) {
        let hours: Vec<i64> = self.shared.head().hours().keys().copied().collect();
        let mut logs = self.shared.logs();
        let Some(current) = logs.last().map(|log| log.generation) else { return };
        logs.retain(|log| {
            log.generation == current
                || hours.iter().any(|hour| log.hours.contains(hour))
                || self.shared.disk.remove(&self.shared.log_path(log.generation)).is_err()
        });
    }

    fn drop_old(&self) {
        let Some(now) = self.shared.clock().confirmed() else { return };
        let options = &self.shared.options;
        let lengths = [
            (Resolution::Raw, options.raw_retention),
            (Resolution::Minute, options.minute_retention),
            (Resolution::Quarter, options.quarter_retention),
        ];
        let mut files = self.shared.files_mut();
        for (level, length) in lengths {
            let limit = now.saturating_sub(millis(length));
            let is_old = |&index: &i64| level.start_of(index).saturating_add(level.span()) <= limit;
            let old: Vec<i64> = files.of(level).keys().copied().take_while(is_old).collect();
            for index in old {
                if self.shared.disk.remove(&files.path(level, index)).is_ok() {
                    files.of_mut(level).remove(&index);
                }
            }
        }
    }

    /// Drops the oldest samples when blocks cannot be written and the head has become too large.
    fn give_up(&self) {
        if self.shared.head_mut().shrink(2 * flush_bytes(&self.shared.options)) {
            let text =
                "history could not be written for a long time: the oldest samples in memory were dropped";
            self.shared.problems.set(DROPPED_PROBLEM, text.to_owned());
        }
    }
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
