//! Where passwords are hashed: on threads that nobody waits for, two at a time, and only so many may queue up. A flood of
//! sign-ins costs two cores for a while and 38 MiB, and everybody else is answered as ever.

use std::sync::Arc;
use tokio::sync::Semaphore;

/// How many are hashed at a time.
const AT_ONCE: usize = 2;
/// How many may wait or be hashed: a second's worth.
const MOST: usize = 32;

/// The two who hash, and their queue.
#[derive(Debug)]
pub(super) struct Hasher {
    places: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// The queue is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Busy;

impl Default for Hasher {
    fn default() -> Self {
        Self { places: Arc::new(Semaphore::new(MOST)), turns: Arc::new(Semaphore::new(AT_ONCE)) }
    }
}

impl Hasher {
    /// Does what takes long, once it is its turn.
    ///
    /// # Errors
    /// The queue is full, or the work broke off.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, Busy> {
        let place = Arc::clone(&self.places).try_acquire_owned().map_err(|_| Busy)?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.map_err(|_| Busy)?;
        // Whoever asked may go away meanwhile: the turn ends with the work, not with the question.
        let done = tokio::task::spawn_blocking(move || {
            let result = work();
            drop((turn, place));
            result
        });
        done.await.map_err(|_| Busy)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::channel;

    #[tokio::test]
    async fn two_work_some_wait_and_more_are_sent_away() {
        let hasher = Arc::new(Hasher::default());
        let (started, starts) = channel();
        let mut all = Vec::new();
        let mut ends = Vec::new();
        for number in 0..MOST {
            let (end, wait) = channel::<()>();
            ends.push(end);
            let (hasher, started) = (Arc::clone(&hasher), started.clone());
            all.push(tokio::spawn(async move {
                hasher
                    .run(move || {
                        started.send(number).unwrap();
                        // An error means that the test goes on.
                        let _ = wait.recv();
                        number
                    })
                    .await
            }));
            // Until it has its place: on this one thread it gets so far at once.
            tokio::task::yield_now().await;
        }
        let first =
            tokio::task::spawn_blocking(move || (starts.recv().unwrap(), starts.recv().unwrap(), starts));
        let (_, _, starts) = first.await.unwrap();
        assert!(starts.try_recv().is_err());
        assert_eq!(hasher.run(|| ()).await, Err(Busy));
        drop(ends);
        for (number, one) in all.into_iter().enumerate() {
            assert_eq!(one.await.unwrap(), Ok(number));
        }
        assert_eq!(hasher.run(|| ()).await, Ok(()));
    }
}
