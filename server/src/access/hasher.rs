//! Password hashing on background threads: two at a time, with a bounded queue. A flood of sign-ins costs at most two cores
//! and 38 MiB, and other requests are not delayed.

use std::sync::Arc;
use thiserror::Error;
use tokio::sync::Semaphore;

/// Passwords that are hashed at the same time.
const CONCURRENCY: usize = 2;
/// Passwords that may wait or be hashed: about one second of work.
const MAX_QUEUED: usize = 32;

/// The hashing threads and their queue.
#[derive(Debug)]
pub(super) struct PasswordHasher {
    queue: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

/// The queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("too many password checks in progress: try again in a moment")]
pub(crate) struct HasherBusy;

impl Default for PasswordHasher {
    fn default() -> Self {
        Self { queue: Arc::new(Semaphore::new(MAX_QUEUED)), running: Arc::new(Semaphore::new(CONCURRENCY)) }
    }
}

impl PasswordHasher {
    /// Runs `work` when a thread is free.
    ///
    /// # Errors
    /// The queue is full, or the work panicked.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherBusy> {
        let queued = Arc::clone(&self.queue).try_acquire_owned().map_err(|_| HasherBusy)?;
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
                    .run(move || {
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
        assert_eq!(hasher.run(|| ()).await, Err(HasherBusy));
        drop(ends);
        for (number, one) in all.into_iter().enumerate() {
            assert_eq!(one.await.unwrap(), Ok(number));
        }
        assert_eq!(hasher.run(|| ()).await, Ok(()));
    }
}
