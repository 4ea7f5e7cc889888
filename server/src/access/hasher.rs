//! Password hashing on background threads: two at a time, with a bounded queue. A flood of sign-ins costs at most two cores
//! and 38 MiB, and other requests are not delayed.
//!
//! The queue has shares, so that a flood does not keep out others: strangers cannot use the share of known browsers and
//! signed-in users, one address at most half of the share of strangers, and one user at most a quarter of the other one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use tokio::sync::Semaphore;

/// Passwords that are hashed at the same time.
const CONCURRENCY: usize = 2;
/// Passwords of strangers, and as many of others, that may wait or be hashed: about one second of work each.
const MAX_QUEUED: usize = 32;
/// Those of one address, whose users all share it.
const MAX_PER_ADDRESS: usize = MAX_QUEUED / 2;
/// Those of one user.
const MAX_PER_USER: usize = MAX_QUEUED / 4;

/// Whose password is hashed.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum HashCaller {
    /// Anyone who wants to sign in, by address.
    Stranger(String),
    /// A signed-in user, or one in a browser from which they have signed in before, by name.
    User(String),
}

impl HashCaller {
    fn max_queued(&self) -> usize {
        match self {
            Self::Stranger(_) => MAX_PER_ADDRESS,
            Self::User(_) => MAX_PER_USER,
        }
    }

    fn is_user(&self) -> bool {
        matches!(self, Self::User(_))
    }
}

/// The hashing threads and their queue.
#[derive(Debug)]
pub(super) struct PasswordHasher {
    queue: Arc<Queue>,
    running: Arc<Semaphore>,
}

/// The queue, or the share of a caller, is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many password checks in progress: try again in a moment")]
pub(crate) struct HasherBusy;

/// Number of queued passwords per caller; no number is zero.
#[derive(Debug, Default)]
struct Queue(Mutex<HashMap<HashCaller, usize>>);

impl Queue {
    fn acquire(self: &Arc<Self>, caller: HashCaller) -> Result<QueuePermit, HasherBusy> {
        let mut queued = self.lock();
        let share = queued.iter().filter(|(other, _)| other.is_user() == caller.is_user());
        let own = queued.get(&caller).copied().unwrap_or(0);
        if share.map(|(_, count)| count).sum::<usize>() >= MAX_QUEUED || own >= caller.max_queued() {
            return Err(HasherBusy);
        }
        queued.insert(caller.clone(), own + 1);
        drop(queued);
        Ok(QueuePermit { queue: Arc::clone(self), caller })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<HashCaller, usize>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in the queue, until it is dropped.
#[derive(Debug)]
struct QueuePermit {
    queue: Arc<Queue>,
    caller: HashCaller,
}

impl Drop for QueuePermit {
    fn drop(&mut self) {
        let mut queued = self.queue.lock();
        if let Some(count) = queued.get_mut(&self.caller) {
            *count -= 1;
            if *count == 0 {
                queued.remove(&self.caller);
            }
        }
    }
}

impl Default for PasswordHasher {
    fn default() -> Self {
        Self { queue: Arc::default(), running: Arc::new(Semaphore::new(CONCURRENCY)) }
    }
}

impl PasswordHasher {
    /// Runs `work` when a thread is free.
    ///
    /// # Errors
    /// The queue, or the share of the caller, is full, or the work panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        caller: HashCaller,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherBusy> {
        let queued = self.queue.acquire(caller)?;
        let running = Arc::clone(&self.running).acquire_owned().await.map_err(|_| HasherBusy)?;
        // The caller may be dropped in the meantime: the permits are released when the work is done, not before.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((running, queued));
            result
        });
        done.await.map_err(|_| HasherBusy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    fn stranger(address: usize) -> HashCaller {
        HashCaller::Stranger(address.to_string())
    }

    #[tokio::test]
    async fn queue_is_bounded_and_two_run_at_a_time() {
        let hasher = Arc::new(PasswordHasher::default());
        let (started, starts) = channel();
        let mut all = Vec::new();
        let mut ends = Vec::new();
        for number in 0..MAX_QUEUED {
            let (end, wait) = channel::<()>();
            ends.push(end);
            let (hasher, started) = (Arc::clone(&hasher), started.clone());
            all.push(tokio::spawn(async move {
                hasher
                    .run(stranger(number), move || {
                        started.send(number).unwrap();
                        // An error means that the sender was dropped: continue.
                        let _ = wait.recv();
                        number
                    })
                    .await
            }));
            // Let it enter the queue: on this single thread one yield is enough.
            tokio::task::yield_now().await;
        }
        let first =
            tokio::task::spawn_blocking(move || (starts.recv().unwrap(), starts.recv().unwrap(), starts));
        let (_, _, starts) = first.await.unwrap();
        assert!(starts.try_recv().is_err());
        assert_eq!(hasher.run(stranger(99), || ()).await, Err(HasherBusy));
        drop(ends);
        for (number, one) in all.into_iter().enumerate() {
            assert_eq!(one.await.unwrap(), Ok(number));
        }
        assert_eq!(hasher.run(stranger(99), || ()).await, Ok(()));
        assert!(hasher.queue.lock().is_empty());
    }

    #[test]
    fn callers_have_shares_of_the_queue() {
        let queue = Arc::<Queue>::default();
        let user = |name: &str| HashCaller::User(name.to_owned());
        let fill = |caller: HashCaller| -> Vec<QueuePermit> {
            std::iter::from_fn(|| queue.acquire(caller.clone()).ok()).collect()
        };
        // A flood from one address leaves room for other addresses, and one from many for users.
        let flood = fill(stranger(0));
        assert_eq!((flood.len(), fill(stranger(1)).len()), (MAX_PER_ADDRESS, MAX_PER_ADDRESS));
        let more = fill(stranger(1));
        assert!(fill(stranger(2)).is_empty());
        let ada = fill(user("ada"));
        assert_eq!((ada.len(), fill(user("bob")).len()), (MAX_PER_USER, MAX_PER_USER));
        drop(more);
        assert_eq!(fill(stranger(2)).len(), MAX_PER_ADDRESS);
        drop((flood, ada));
        assert!(queue.lock().is_empty());
    }
}
