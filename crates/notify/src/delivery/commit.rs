//! Commits on their way to the outbox. Submitting one never blocks, and commits that wait are merged.

use crate::Message;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use tokio::sync::Notify;

/// Draws the chart of a message, an SVG document; `None` without data. Called once, on a thread where it may block.
pub type DrawChart = Box<dyn FnOnce() -> Option<String> + Send>;
/// Returns the dispatcher state as text. Called when it is written, so that a merged state costs nothing.
pub type StateText = Box<dyn Fn() -> Option<String> + Send>;

/// Message to enqueue.
pub struct Outgoing {
    /// Message, without its chart.
    pub message: Message,
    /// Channels.
    pub channels: Vec<String>,
    /// Chart to draw, if any.
    pub chart: Option<DrawChart>,
}

impl Outgoing {
    /// Message and channels.
    pub(super) fn parts(&self) -> (&Message, &[String]) {
        (&self.message, &self.channels)
    }
}

/// Messages, and the dispatcher state that says that they were notified. Both are persisted, or neither.
pub struct Commit {
    /// Messages.
    pub messages: Vec<Outgoing>,
    /// State after them.
    pub state: StateText,
}

impl fmt::Debug for Commit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Commit").field("messages", &self.messages.len()).finish_non_exhaustive()
    }
}

impl Commit {
    /// All messages, and the later state.
    fn merge(&mut self, later: Self) {
        self.messages.extend(later.messages);
        self.state = later.state;
    }
}

/// Commits that are not persisted yet.
#[derive(Debug)]
pub(super) struct CommitQueue {
    pending: Mutex<Pending>,
    /// Notified of each new commit.
    pub(super) submitted: Notify,
}

#[derive(Debug)]
struct Pending {
    next: Option<Commit>,
    /// Whether a commit has been taken and is not finished.
    is_writing: bool,
    /// Whether all finished commits are on disk.
    is_durable: bool,
}

impl CommitQueue {
    pub(super) fn new(is_durable: bool) -> Self {
        let pending = Pending { next: None, is_writing: false, is_durable };
        Self { pending: Mutex::new(pending), submitted: Notify::new() }
    }

    /// Adds a commit.
    pub(super) fn push(&self, commit: Commit) {
        let mut pending = self.lock();
        match &mut pending.next {
            Some(next) => next.merge(commit),
            None => pending.next = Some(commit),
        }
        drop(pending);
        self.submitted.notify_one();
    }

    /// Takes all commits as one. It must be finished or put back.
    pub(super) fn take(&self) -> Option<Commit> {
        let mut pending = self.lock();
        let next = pending.next.take();
        pending.is_writing = next.is_some();
        next
    }

    /// The commit that was taken is in the outbox.
    pub(super) fn finish(&self, is_durable: bool) {
        let mut pending = self.lock();
        (pending.is_writing, pending.is_durable) = (false, is_durable);
    }

    /// The commit that was taken could not be written: it is merged with those submitted since.
    pub(super) fn put_back(&self, mut commit: Commit) {
        let mut pending = self.lock();
        if let Some(later) = pending.next.take() {
            commit.merge(later);
        }
        (pending.next, pending.is_writing) = (Some(commit), false);
    }

    pub(super) fn set_durable(&self, is_durable: bool) {
        self.lock().is_durable = is_durable;
    }

    /// Whether every submitted commit is on disk.
    pub(super) fn is_saved(&self) -> bool {
        let pending = self.lock();
        pending.next.is_none() && !pending.is_writing && pending.is_durable
    }

    fn lock(&self) -> MutexGuard<'_, Pending> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
