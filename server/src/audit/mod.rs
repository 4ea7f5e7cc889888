//! Audit log: who changed what, from where, with values before and after. Append-only.

mod audited_changes;
mod context;
mod entry;
mod failure_limit;
mod file;

pub(crate) use audited_changes::{edit_rule, edit_silence, record_acknowledgement};
pub(crate) use context::AuditContext;
pub(crate) use entry::{ActorKind, AuditTarget, Entry};
pub(crate) use file::Filter;

use crate::clock;
use crate::persist::background_writer::{BackgroundWriter, Persist};
use failure_limit::FailureLimiter;
use serde_json::json;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use watchglass_model::Timestamp;

/// The most entries that wait for a disk that cannot be written.
const MAX_PENDING_LINES: usize = 10_000;
/// How long a reader waits for pending writes.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Audit log with a background writer.
#[derive(Debug)]
pub(crate) struct AuditLog {
    folder: PathBuf,
    writer: BackgroundWriter<PendingLines>,
    failures: Mutex<FailureLimiter>,
}

/// Lines that are not written yet.
#[derive(Debug)]
struct PendingLines {
    folder: PathBuf,
    lines: Vec<String>,
    /// Lines that were dropped because too many were pending.
    lost: usize,
}

impl Persist for PendingLines {
    fn merge(&mut self, newer: Self) {
        let room = MAX_PENDING_LINES.saturating_sub(self.lines.len());
        self.lost += newer.lost + newer.lines.len().saturating_sub(room);
        self.lines.extend(newer.lines.into_iter().take(room));
    }

    fn write(&mut self) -> io::Result<()> {
        file::append(&self.folder, &self.lines.concat())?;
        self.lines.clear();
        let lost = std::mem::take(&mut self.lost);
        if lost > 0 {
            tracing::error!(lost, "audit log entries lost: the disk could not be written for too long");
        }
        Ok(())
    }
}

impl AuditLog {
    /// Opens the audit log in the data directory.
    ///
    /// # Errors
    /// The writer thread cannot be started.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self {
            folder: folder.to_owned(),
            writer: BackgroundWriter::start("audit")?,
            failures: Mutex::default(),
        })
    }

    /// Writes an entry in the background.
    pub(crate) fn record(&self, entry: &Entry) {
        self.write_lines(vec![entry.line()]);
    }

    /// Writes the entry of a failed sign-in in the background, unless there are too many.
    fn record_failure(&self, entry: &Entry) {
        let decision = self.failures().failure(entry.time);
        let suppressed = decision.suppressed_before.map(|count| suppressed_entry(entry.time, count).line());
        self.write_lines(suppressed.into_iter().chain(decision.is_logged.then(|| entry.line())).collect());
    }

    /// The matching entries, newest first, after the first `skip` and at most `limit`; and whether there are more. Waits for
    /// the disk.
    ///
    /// # Errors
    /// A file cannot be read.
    pub(crate) fn read(&self, filter: &Filter, skip: usize, limit: usize) -> io::Result<(Vec<Entry>, bool)> {
        let now = clock::now();
        if let Some(count) = self.failures().take_suppressed(now) {
            self.record(&suppressed_entry(now, count));
        }
        // The result must contain the changes that were acknowledged before this call.
        self.writer.flush(FLUSH_TIMEOUT);
        file::read(&self.folder, filter, skip, limit)
    }

    /// Writes pending entries; waits at most three seconds.
    pub(crate) fn close(&self) {
        self.writer.close();
    }

    fn write_lines(&self, lines: Vec<String>) {
        if !lines.is_empty() {
            self.writer.submit(PendingLines { folder: self.folder.clone(), lines, lost: 0 });
        }
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, FailureLimiter> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes an entry at once, for commands without a background writer. Waits for the disk.
///
/// # Errors
/// The write failed.
pub(crate) fn write_entry(folder: &Path, entry: &Entry) -> io::Result<()> {
    file::append(folder, &entry.line())
}

/// The summary entry of suppressed failures.
fn suppressed_entry(now: Timestamp, count: u32) -> Entry {
    let change = (None, Some(json!({ "attempts": count })));
    Entry::new(
        now,
        (ActorKind::Anonymous, "", None),
        (AuditTarget::Session, "sign-in failed", "attempts without an entry of their own"),
        change,
    )
}
