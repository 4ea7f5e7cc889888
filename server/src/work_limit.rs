//! Limit of concurrent heavy work: pages, snapshots and queries.
//!
//! Each of them can take a core and 100 MB of memory. Requests over the limit wait in a queue where callers take turns, so that
//! one with many requests does not delay the others.

use crate::rate_limit::Caller;
use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

/// Requests that are worked on at the same time; further ones are queued.
pub(crate) const MAX_RUNNING: usize = 4;
/// Queued requests; further ones are rejected. Only the request itself is in memory.
pub(crate) const MAX_QUEUED: usize = 512;
/// Queued requests of one caller.
pub(crate) const MAX_QUEUED_PER_CALLER: usize = 128;
/// Limit of the wait in the queue.
const QUEUE_TIMEOUT: Duration = Duration::from_secs(10);
/// Value of `Retry-After`, in seconds.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 5;

/// Limiter of concurrent heavy work.
#[derive(Clone, Debug, Default)]
pub(crate) struct WorkLimiter(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    running: usize,
    queue: Queue,
    /// Requests that were rejected since the start.
    refused: u64,
}

/// Permission to work, returned when it is dropped.
#[derive(Debug)]
pub(crate) struct WorkPermit(WorkLimiter);

/// The queue is full, or the wait was too long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Busy;

/// Numbers of a limiter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct WorkStatus {
    pub(crate) running: usize,
    pub(crate) queued: usize,
    /// Requests that were rejected since the start.
    pub(crate) refused: u64,
}

impl fmt::Display for Busy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "The server is busy with {MAX_RUNNING} other pages and queries, and the queue is full or too slow: \
             try again in {RETRY_AFTER_SECONDS} s"
        )
    }
}

impl WorkLimiter {
    /// Waits for a permit.
    ///
    /// # Errors
    /// The queue is full, or the wait is longer than ten seconds.
    pub(crate) async fn acquire(&self, caller: Caller) -> Result<WorkPermit, Busy> {
        let Some(wait) = self.enqueue(caller)? else { return Ok(WorkPermit(self.clone())) };
        // A request whose client leaves is removed from the queue when this future is dropped.
        let place = Place { limiter: self, id: wait.id };
        let granted = tokio::time::timeout(QUEUE_TIMEOUT, wait.granted).await;
        drop(place);
        granted.ok().and_then(Result::ok).ok_or_else(|| {
            self.state().refused += 1;
            Busy
        })
    }

    pub(crate) fn status(&self) -> WorkStatus {
        let state = self.state();
        WorkStatus { running: state.running, queued: state.queue.len, refused: state.refused }
    }

    /// Takes a place in the queue, or a permit at once: `None`.
    fn enqueue(&self, caller: Caller) -> Result<Option<Wait>, Busy> {
        let mut state = self.state();
        // Permits are passed on to the queue, so it is empty when there is one left.
        if state.running < MAX_RUNNING {
            state.running += 1;
            return Ok(None);
        }
        let wait = state.queue.push(caller);
        if wait.is_none() {
            state.refused += 1;
        }
        wait.map(Some).ok_or(Busy)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for WorkPermit {
    /// Passes the permit on to the next request of the queue.
    fn drop(&mut self) {
        let next = {
            let mut state = self.0.state();
            let next = state.queue.pop();
            if next.is_none() {
                state.running = state.running.saturating_sub(1);
            }
            next
        };
        if let Some(next) = next {
            // A request that has just given up drops its permit here, which passes it on again.
            drop(next.send(Self(self.0.clone())));
        }
    }
}

/// Place in the queue, given up when it is dropped.
struct Place<'l> {
    limiter: &'l WorkLimiter,
    id: u64,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.limiter.state().queue.remove(self.id);
    }
}

/// Queued requests of all callers.
#[derive(Debug, Default)]
struct Queue {
    /// The caller in front has the next turn. None is without requests.
    callers: VecDeque<CallerQueue>,
    /// Number of requests.
    len: usize,
    next_id: u64,
}

/// Queued requests of one caller, oldest first.
#[derive(Debug)]
struct CallerQueue {
    caller: Caller,
    requests: VecDeque<(u64, oneshot::Sender<WorkPermit>)>,
}

/// A queued request.
struct Wait {
    id: u64,
    granted: oneshot::Receiver<WorkPermit>,
}

impl Queue {
    /// Adds a request; `None` if the queue is full.
    fn push(&mut self, caller: Caller) -> Option<Wait> {
        if self.len >= MAX_QUEUED {
            return None;
        }
        let (grant, granted) = oneshot::channel();
        let id = self.next_id;
        match self.callers.iter_mut().find(|known| known.caller == caller) {
            Some(known) if known.requests.len() >= MAX_QUEUED_PER_CALLER => return None,
            Some(known) => known.requests.push_back((id, grant)),
            None => self.callers.push_back(CallerQueue { caller, requests: VecDeque::from([(id, grant)]) }),
        }
        self.next_id += 1;
        self.len += 1;
        Some(Wait { id, granted })
    }

    /// Takes the oldest request of the caller whose turn it is.
    fn pop(&mut self) -> Option<oneshot::Sender<WorkPermit>> {
        let mut front = self.callers.pop_front()?;
        let (_, grant) = front.requests.pop_front()?;
        self.len -= 1;
        if !front.requests.is_empty() {
            self.callers.push_back(front);
        }
        Some(grant)
    }

    /// Removes a request, unless it has its permit.
    fn remove(&mut self, id: u64) {
        for known in &mut self.callers {
            if let Some(place) = known.requests.iter().position(|(other, _)| *other == id) {
                known.requests.remove(place);
                self.len -= 1;
                break;
            }
        }
        self.callers.retain(|known| !known.requests.is_empty());
    }
}

#[cfg(test)]
#[path = "work_limit_tests.rs"]
mod tests;
