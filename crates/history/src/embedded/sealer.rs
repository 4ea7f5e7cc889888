//! Looks after the files: a thread of its own seals hours that are over, deletes what is too old, and sees to it that
//! the disk has what the log has.

use super::level::Level;
use super::roll::roll;
use super::seal::seal;
use super::shared::Shared;
use crate::head::hour_of;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender};
use std::time::Duration;

/// An hour is over when another one has come, and this many batches were not of it: those that come late are few then.
pub(crate) const SETTLED: u64 = 60;
/// How many batches pass between two times that the disk is waited for.
pub(crate) const SYNC: u64 = 60;
/// How many batches pass between two attempts to seal.
const RETRY: u64 = 10;
/// Values that the head may hold before hours are sealed that are not over, eight bytes each; and before the oldest are
/// given up.
pub(crate) const MUCH: usize = 3_000_000;
const TOO_MUCH: usize = 2 * MUCH;
/// Under which name the problem stands.
const PROBLEM: &str = "seal";
const SYNC_PROBLEM: &str = "sync";

/// What the thread is told.
#[derive(Debug)]
pub(crate) enum Task {
    /// Do what is due.
    Look,
    /// Seal every hour, and answer whether that worked.
    SealAll(SyncSender<bool>),
    /// End.
    Close,
}

/// The thread's own.
#[derive(Debug)]
pub(crate) struct Sealer {
    shared: Arc<Shared>,
    synced: u64,
    failed: Option<u64>,
}

impl Sealer {
    pub(crate) fn new(shared: Arc<Shared>) -> Self {
        Self { shared, synced: 0, failed: None }
    }

    pub(crate) fn run(mut self, tasks: &Receiver<Task>) {
        for task in tasks {
            match task {
                Task::Look => drop(self.look(false)),
                // Whoever asked may have given up waiting.
                Task::SealAll(done) => drop(done.send(self.look(true))),
                Task::Close => break,
            }
        }
    }

    fn look(&mut self, all: bool) -> bool {
        let batches = self.shared.head().batches();
        if all || batches >= self.synced + SYNC {
            self.synced = batches;
            self.sync();
        }
        if !all && self.failed.is_some_and(|failed| batches < failed + RETRY) {
            return false;
        }
        let result = self.seal_due(all).and_then(|()| self.roll_missing());
        match &result {
            Ok(()) => self.shared.problems.clear(PROBLEM),
            Err(error) => self.shared.problems.set(
                PROBLEM,
                format!("an hour of history cannot be sealed in {}: {error}", self.shared.folder.display()),
            ),
        }
        self.failed = result.is_err().then_some(batches);
        self.drop_logs();
        self.drop_old();
        self.give_up();
        result.is_ok()
    }

    fn sync(&self) {
        let files: Vec<_> = self.shared.logs().iter().filter_map(|log| log.file.clone()).collect();
        let result = files.iter().try_for_each(|file| file.sync());
        match result.and_then(|()| self.shared.disk.sync_folder(&self.shared.folder)) {
            Ok(()) => self.shared.problems.clear(SYNC_PROBLEM),
            Err(error) => {
                self.shared.problems.set(SYNC_PROBLEM, format!("the disk did not take the log: {error}"))
            }
        }
    }

    fn seal_due(&self, all: bool) -> io::Result<()> {
        let hours: Vec<i64> = {
            let head = self.shared.head();
            let current = head.newest().map(|newest| hour_of(newest.millis()));
            let is_due = |hour: i64, touched: u64| {
                all || head.cells() > MUCH || (Some(hour) != current && head.batches() >= touched + SETTLED)
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
        // Rollups without samples: those are gone, and what comes now is added.
        let adds = !self.shared.files().covers(Level::Raw, hour);
        if let Some(contents) = seal(&self.shared, hour)? {
            self.shared.files_mut().of_mut(Level::Raw).insert(hour, contents);
            roll(&self.shared, hour, adds)?;
            let next = hour.saturating_add(1);
            // Its first rates look back into this hour.
            if self.shared.files().covers(Level::Raw, next) {
                roll(&self.shared, next, false)?;
            }
        }
        let _files = self.shared.files_mut();
        let mut head = self.shared.head_mut();
        // What came meanwhile is not in the file.
        if head.hours().get(&hour).copied() == before {
            head.forget_hour(hour);
        }
        Ok(())
    }

    /// Rolls up hours whose rollups were lost.
    fn roll_missing(&self) -> io::Result<()> {
        let missing: Vec<i64> = {
            let files = self.shared.files();
            let is_missing = |hour: &i64| Level::ROLLUPS.iter().any(|&level| !files.covers(level, *hour));
            files.of(Level::Raw).keys().copied().filter(is_missing).collect()
        };
        missing.into_iter().try_for_each(|hour| roll(&self.shared, hour, false))
    }

    /// Removes the logs that hold nothing that is not sealed.
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
            (Level::Raw, options.raw_retention),
            (Level::Minute, options.minute_retention),
            (Level::Quarter, options.quarter_retention),
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

    /// Gives up the oldest samples of a head that cannot be sealed and has grown too large.
    fn give_up(&self) {
        if self.shared.head_mut().shrink(TOO_MUCH) {
            let text = "the history could not be written for so long that its oldest samples in memory were given up";
            self.shared.problems.set("given up", text.to_owned());
        }
    }
}

fn millis(length: Duration) -> i64 {
    i64::try_from(length.as_millis()).unwrap_or(i64::MAX)
}
