//! Audit log: who changed what, from where, with values before and after. Append-only.

mod actor;
mod entry;
mod failure_limit;
mod file;

pub(crate) use actor::{Actor, PermissionDenied};
pub(crate) use entry::{ActorKind, AuditTarget, Entry};
pub(crate) use file::Filter;

use crate::clock;
use crate::persist::NotSaved;
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
/// How long a reader, or the response to a change, waits for pending writes.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// Audit log of a data directory.
#[derive(Debug)]
pub(crate) struct AuditLog {
    folder: PathBuf,
    writer: Writer,
    failures: Mutex<FailureLimiter>,
}

/// How entries are written.
#[derive(Debug)]
enum Writer {
    /// In the background, as a server does.
    Background(BackgroundWriter<PendingLines>),
    /// At once, as a command does; the first error is kept.
    Direct(Mutex<io::Result<()>>),
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
    /// Opens the audit log in the data directory, with a background writer.
    ///
    /// # Errors
    /// The writer thread cannot be started.
    pub(crate) fn open(folder: &Path) -> io::Result<Self> {
        Ok(Self::new(folder, Writer::Background(BackgroundWriter::start("audit")?)))
    }

    /// Opens the audit log for a command, which waits for the disk and ends: see [`AuditLog::result`].
    pub(crate) fn for_command(folder: &Path) -> Self {
        Self::new(folder, Writer::Direct(Mutex::new(Ok(()))))
    }

    fn new(folder: &Path, writer: Writer) -> Self {
        Self { folder: folder.to_owned(), writer, failures: Mutex::default() }
    }

    /// Writes an entry: in the background, or at once for a command.
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
        if let Writer::Background(writer) = &self.writer {
            // Entries that cannot be written are missing from the result.
            let _ = writer.wait_saved(FLUSH_TIMEOUT);
        }
        file::read(&self.folder, filter, skip, limit)
    }

    /// Waits at most a second until all entries are on disk. A failed write is logged by the writer.
    fn wait_saved(&self) {
        if let Writer::Background(writer) = &self.writer {
            let _ = writer.wait_saved(FLUSH_TIMEOUT);
        }
    }

    /// Writes pending entries; waits at most three seconds.
    ///
    /// # Errors
    /// The newest entries are not on disk, and will be lost.
    pub(crate) fn close(&self) -> Result<(), NotSaved> {
        match &self.writer {
            Writer::Background(writer) => writer.close(),
            Writer::Direct(_) => Ok(()),
        }
    }

    /// Result of the writes of a command: its first error, once.
    ///
    /// # Errors
    /// A write failed.
    pub(crate) fn result(&self) -> io::Result<()> {
        match &self.writer {
            Writer::Background(_) => Ok(()),
            Writer::Direct(result) => {
                std::mem::replace(&mut *result.lock().unwrap_or_else(PoisonError::into_inner), Ok(()))
            }
        }
    }

    fn write_lines(&self, lines: Vec<String>) {
        if lines.is_empty() {
            return;
        }
        match &self.writer {
            Writer::Background(writer) => {
                writer.submit(PendingLines { folder: self.folder.clone(), lines, lost: 0 });
            }
            Writer::Direct(result) => {
                let written = file::append(&self.folder, &lines.concat());
                let mut result = result.lock().unwrap_or_else(PoisonError::into_inner);
                *result = std::mem::replace(&mut *result, Ok(())).and(written);
            }
        }
    }

    fn failures(&self) -> std::sync::MutexGuard<'_, FailureLimiter> {
        self.failures.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
