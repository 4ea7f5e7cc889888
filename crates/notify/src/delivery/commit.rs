//! Commits on their way to the outbox. Submitting one never blocks, and commits that wait are merged.

use super::DeliveryError;
use crate::Message;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
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
    /// Notified of each finished one.
    finished: Condvar,
}

#[derive(Debug)]
struct Pending {
    next: Option<Commit>,
    /// Whether a commit has been taken and is not finished.
    is_writing: bool,
    /// Whether all finished commits are on disk.
    is_durable: bool,
    numbers: Numbers,
    /// Number of the newest commit that is in memory only, and the reason.
    failed: Option<(u64, String)>,
    /// Whether a caller waits for a commit that is not finished.
    is_awaited: bool,
}

/// Number of the newest commit of each kind.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    submitted: u64,
    /// Taken by the worker.
    taken: u64,
    /// In the outbox, perhaps in memory only.
    finished: u64,
    /// On disk.
    saved: u64,
}

impl Pending {
    /// Result of a commit; `None` while it is not known.
    fn result(&self, number: u64) -> Option<Result<(), DeliveryError>> {
        if self.numbers.saved >= number {
            return Some(Ok(()));
        }
        let (failed, reason) = self.failed.as_ref()?;
        (*failed >= number).then(|| Err(DeliveryError::NotSaved { reason: reason.clone() }))
    }

    fn set_durable(&mut self, is_durable: bool) {
        self.is_durable = is_durable;
        if is_durable {
            self.numbers.saved = self.numbers.finished;
        }
    }

    fn end_attempt(&mut self, problem: Option<&str>) {
        self.failed = problem.map(|problem| (self.numbers.taken, problem.to_owned()));
        // One that was submitted meanwhile may be awaited as well.
        self.is_awaited &= self.numbers.taken < self.numbers.submitted;
    }
}

impl CommitQueue {
    pub(super) fn new(is_durable: bool) -> Self {
        let pending = Pending {
            next: None,
            is_writing: false,
            is_durable,
            numbers: Numbers::default(),
            failed: None,
            is_awaited: false,
        };
        Self { pending: Mutex::new(pending), submitted: Notify::new(), finished: Condvar::new() }
    }

    /// Adds a commit, and returns its number. `is_awaited`: whether the caller will wait for it.
    pub(super) fn push(&self, commit: Commit, is_awaited: bool) -> u64 {
        let mut pending = self.lock();
        match &mut pending.next {
            Some(next) => next.merge(commit),
            None => pending.next = Some(commit),
        }
        pending.numbers.submitted += 1;
        pending.is_awaited |= is_awaited;
        let number = pending.numbers.submitted;
        drop(pending);
        self.submitted.notify_one();
        number
    }

    /// Takes all commits as one. It must be finished or put back.
    pub(super) fn take(&self) -> Option<Commit> {
        let mut pending = self.lock();
        let next = pending.next.take();
        pending.is_writing = next.is_some();
        pending.numbers.taken = pending.numbers.submitted;
        next
    }

    /// Whether a caller waits for a commit that is not finished: it is then written without the delay of a retry.
    pub(super) fn is_awaited(&self) -> bool {
        self.lock().is_awaited
    }

    /// The commit that was taken is in the outbox; `problem`: why the outbox is not on disk.
    pub(super) fn finish(&self, problem: Option<&str>) {
        let mut pending = self.lock();
        pending.is_writing = false;
        pending.numbers.finished = pending.numbers.taken;
        pending.set_durable(problem.is_none());
        pending.end_attempt(problem);
        self.finished.notify_all();
    }

    /// The commit that was taken could not be written: it is merged with those submitted since.
    pub(super) fn put_back(&self, mut commit: Commit, reason: &str) {
        let mut pending = self.lock();
        if let Some(later) = pending.next.take() {
            commit.merge(later);
        }
        (pending.next, pending.is_writing) = (Some(commit), false);
        pending.end_attempt(Some(reason));
        self.finished.notify_all();
    }

    pub(super) fn set_durable(&self, is_durable: bool) {
        self.lock().set_durable(is_durable);
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

/// A commit whose caller waits until it is on disk. Dropping it does not cancel the commit.
#[derive(Debug)]
#[must_use]
pub struct AwaitedCommit {
    pub(super) queue: Arc<CommitQueue>,
    pub(super) number: u64,
}

impl AwaitedCommit {
    /// Waits until the commit, and all before it, are on disk. Blocks: tokio tasks must use `spawn_blocking`.
    ///
    /// # Errors
    /// The disk cannot be written, or not within the timeout. The commit is kept in memory and written later.
    pub fn wait(&self, timeout: Duration) -> Result<(), DeliveryError> {
        let is_unknown = |pending: &mut Pending| pending.result(self.number).is_none();
        let waited = self.queue.finished.wait_timeout_while(self.queue.lock(), timeout, is_unknown);
        let (pending, _) = waited.unwrap_or_else(PoisonError::into_inner);
        pending.result(self.number).unwrap_or(Err(DeliveryError::Timeout(timeout)))
    }
}
