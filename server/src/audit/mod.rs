//! The audit log: who has changed what, from where, from what to what. It is written behind its end and nowhere else.
//!
//! `entry.rs` says how an entry is written, `file.rs` keeps the files within their limit, `flood.rs` the failures to sign in.
//! `actor.rs` is who acts: whoever changes something hands it what was done. `notes.rs` has the words for that.

mod actor;
mod entry;
mod file;
mod flood;
mod notes;

pub(crate) use actor::Actor;
pub(crate) use entry::{By, Entry, What};
pub(crate) use file::Filter;
pub(crate) use notes::{edit_rule, edit_silence, note_acknowledgement};

use crate::keeper::{Keep, Keeper};
use crate::ticker;
use flood::Flood;
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use watchglass_model::Timestamp;

/// The most entries that wait for a disk that takes nothing.
const MOST_WAITING: usize = 10_000;
/// How long a reader waits for what is being written.
const PATIENCE: Duration = Duration::from_secs(1);

/// Takes entries and has them written by a thread of its own.
#[derive(Debug)]
pub(crate) struct Audit {
    folder: PathBuf,
    keeper: Keeper<Waiting>,
    flood: Mutex<Flood>,
}

/// Lines that are to be written.
#[derive(Debug)]
struct Waiting {
    folder: PathBuf,
    lines: Vec<String>,
    /// How many there was no room for.
    lost: usize,
}

impl Keep for Waiting {
    fn absorb(&mut self, newer: Self) {
        let room = MOST_WAITING.saturating_sub(self.lines.len());
        self.lost += newer.lost + newer.lines.len().saturating_sub(room);
        self.lines.extend(newer.lines.into_iter().take(room));
    }

    fn write(&mut self) -> io::Result<()> {
        file::append(&self.folder, &self.lines.concat())?;
        self.lines.clear();
        let lost = std::mem::take(&mut self.lost);
        if lost > 0 {
            tracing::error!(lost, "entries of the audit log are lost: the disk took nothing for too long");
        }
        Ok(())
    }
}

impl Audit {
    /// Begins to take entries for the log in the data folder.
    ///
    /// # Errors
    /// The system has no thread left.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self { folder: folder.to_owned(), keeper: Keeper::start("audit")?, flood: Mutex::default() })
    }

    /// Has an entry written.
    pub(crate) fn note(&self, entry: &Entry) {
        self.keep(vec![entry.line()]);
    }

    /// Has an entry of a failure to sign in written, unless there are too many of them.
    fn note_failure(&self, entry: &Entry) {
        let noted = self.flood().failure(entry.time);
        let left_out = noted.left_out.map(|count| left_out(entry.time, count).line());
        self.keep(left_out.into_iter().chain(noted.is_noted.then(|| entry.line())).collect());
    }

    /// The entries that are asked for, the newest first, without the first `skip` and at most `most`; and whether there are
    /// more. Waits for the disk.
    ///
    /// # Errors
    /// The system cannot read.
    pub(crate) fn read(&self, filter: &Filter, skip: usize, most: usize) -> io::Result<(Vec<Entry>, bool)> {
        let now = ticker::now();
        if let Some(count) = self.flood().left_out(now) {
            self.note(&left_out(now, count));
        }
        // What was answered before is in it.
        self.keeper.settle(PATIENCE);
        file::read(&self.folder, filter, skip, most)
    }

    /// Writes what is left to be written, also of a flood; not longer than three seconds.
    pub(crate) fn close(&self) {
        self.keeper.close();
    }

    fn keep(&self, lines: Vec<String>) {
        if !lines.is_empty() {
            self.keeper.keep(Waiting { folder: self.folder.clone(), lines, lost: 0 });
        }
    }

    fn flood(&self) -> std::sync::MutexGuard<'_, Flood> {
        self.flood.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes an entry at once: for commands, which have no thread for it. Waits for the disk.
///
/// # Errors
/// The disk does not take it.
pub(crate) fn write(folder: &Path, entry: &Entry) -> io::Result<()> {
    file::append(folder, &entry.line())
}

/// The entry of failures that have none of their own.
fn left_out(now: Timestamp, count: u32) -> Entry {
    let many = (None, Some(json!({ "attempts": count })));
    Entry::new(
        now,
        (By::Nobody, "", None),
        (What::Session, "not signed in", "attempts without an entry"),
        many,
    )
}
