//! Background writer thread, so that no tick waits for the disk.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// Delay before a failed write is retried.
const RETRY_DELAY: Duration = Duration::from_secs(5);
/// Limit of the wait for the last write during shutdown.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(3);

/// State that is written to disk.
pub(crate) trait Persist: Send + 'static {
    /// Merges newer state, which takes precedence.
    fn merge(&mut self, newer: Self);

    /// Writes the state. After an error the remaining state is written again later.
    ///
    /// # Errors
    /// Failed write.
    fn write(&mut self) -> io::Result<()>;
}

/// Handle of the writer thread, which ends when this is closed or dropped.
#[derive(Debug)]
pub(crate) struct BackgroundWriter<K> {
    /// Name of the state, for the log.
    name: &'static str,
    state: Arc<WriterState<K>>,
}

#[derive(Debug)]
struct WriterState<K> {
    pending: Mutex<Pending<K>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Pending<K> {
    queued: Option<K>,
    is_writing: bool,
    is_closing: bool,
    has_ended: bool,
}

impl<K: Persist> Pending<K> {
    fn add(&mut self, newer: K) {
        match &mut self.queued {
            Some(queued) => queued.merge(newer),
            None => self.queued = Some(newer),
        }
    }
}

impl<K> WriterState<K> {
    fn lock(&self) -> MutexGuard<'_, Pending<K>> {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Persist> BackgroundWriter<K> {
    /// Starts the thread. `name` is for the log.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(crate) fn start(name: &'static str) -> io::Result<Self> {
        let pending = Pending { queued: None, is_writing: false, is_closing: false, has_ended: false };
        let shared = Arc::new(WriterState { pending: Mutex::new(pending), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name(format!("{name}-writer")).spawn(move || {
            run(name, &theirs);
            theirs.lock().has_ended = true;
            theirs.changed.notify_all();
        })?;
        Ok(Self { name, state: shared })
    }

    /// Queues state for writing.
    pub(crate) fn submit(&self, newer: K) {
        self.state.lock().add(newer);
        self.state.changed.notify_all();
    }

    /// Waits up to `timeout` until all queued state is written.
    pub(crate) fn flush(&self, timeout: Duration) {
        let is_busy = |pending: &mut Pending<K>| pending.queued.is_some() || pending.is_writing;
        let _ = self.state.changed.wait_timeout_while(self.state.lock(), timeout, is_busy);
    }

    /// Writes the queued state and ends the thread. Waits up to three seconds, in case the disk hangs.
    pub(crate) fn close(&self) {
        let mut pending = self.state.lock();
        pending.is_closing = true;
        self.state.changed.notify_all();
        let waited =
            self.state.changed.wait_timeout_while(pending, CLOSE_TIMEOUT, |pending| !pending.has_ended);
        let has_ended = waited.map_or(true, |(pending, _)| pending.has_ended);
        if !has_ended {
            tracing::warn!(writer = self.name, "write timed out at shutdown; the latest changes may be lost");
        }
    }
}

impl<K> Drop for BackgroundWriter<K> {
    fn drop(&mut self) {
        self.state.lock().is_closing = true;
        self.state.changed.notify_all();
    }
}

fn run<K: Persist>(name: &str, shared: &WriterState<K>) {
    let mut has_failed = false;
    loop {
        let mut pending = shared.lock();
        while pending.queued.is_none() && !pending.is_closing {
            pending = shared.changed.wait(pending).unwrap_or_else(PoisonError::into_inner);
        }
        let (queued, is_last) = (pending.queued.take(), pending.is_closing);
        pending.is_writing = queued.is_some();
        drop(pending);
        if let Some(mut state) = queued {
            match state.write() {
                Ok(()) => {
                    shared.lock().is_writing = false;
                    shared.changed.notify_all();
                    if has_failed {
                        tracing::info!(writer = name, "write recovered");
                    }
                    has_failed = false;
                }
                Err(error) => {
                    if !has_failed {
                        tracing::warn!(writer = name, %error, "write failed; changes would be lost at a restart");
                    }
                    has_failed = true;
                    requeue(&mut shared.lock(), state);
                }
            }
        }
        if is_last {
            return;
        }
        if has_failed {
            let pending = shared.lock();
            let _ = shared.changed.wait_timeout_while(pending, RETRY_DELAY, |pending| !pending.is_closing);
        }
    }
}

/// Puts state back after a failed write, below the newer state that has been queued since.
fn requeue<K: Persist>(pending: &mut Pending<K>, state: K) {
    pending.is_writing = false;
    let newer = pending.queued.replace(state);
    if let Some(newer) = newer {
        pending.add(newer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Numbers written to a disk that works when the test says so.
    struct Numbers {
        numbers: Vec<u32>,
        /// What was written; `None` for a failed write.
        disk: Sender<Option<Vec<u32>>>,
        works: Arc<Mutex<Receiver<bool>>>,
    }

    impl Persist for Numbers {
        fn merge(&mut self, newer: Self) {
            self.numbers.extend(newer.numbers);
        }

        fn write(&mut self) -> io::Result<()> {
            let works = self.works.lock().unwrap().recv().unwrap();
            self.disk.send(works.then(|| self.numbers.clone())).unwrap();
            if works { Ok(()) } else { Err(io::Error::other("full")) }
        }
    }

    #[test]
    fn queued_state_is_merged_and_retried_in_order() {
        let (works, receiver) = channel();
        let (disk, written) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let numbers = |numbers: &[u32]| Numbers {
            numbers: numbers.to_vec(),
            disk: disk.clone(),
            works: Arc::clone(&receiver),
        };
        let writer = BackgroundWriter::start("test").unwrap();
        writer.submit(numbers(&[1]));
        works.send(true).unwrap();
        assert_eq!(written.recv().unwrap(), Some(vec![1]));
        writer.submit(numbers(&[2]));
        works.send(false).unwrap();
        assert_eq!(written.recv().unwrap(), None);
        writer.submit(numbers(&[3]));
        works.send(true).unwrap();
        // Closing does not wait for the retry delay.
        writer.close();
        assert_eq!(written.recv().unwrap(), Some(vec![2, 3]));
    }
}
