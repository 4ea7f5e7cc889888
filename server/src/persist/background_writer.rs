//! Background writer thread, so that no tick waits for the disk.

use super::NotSaved;
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
    /// Number of the newest state that was submitted.
    submitted: u64,
    /// Number of the newest state that is on disk.
    written: u64,
    /// Number of the newest state whose last write failed, and the reason.
    failed: Option<(u64, String)>,
    /// Whether a caller waits for the queued state: it is then written without the delay of a retry.
    is_awaited: bool,
    is_closing: bool,
    has_ended: bool,
}

impl<K> Pending<K> {
    /// Result of the write of a state; `None` while it is not known.
    fn result(&self, number: u64) -> Option<Result<(), NotSaved>> {
        if self.written >= number {
            return Some(Ok(()));
        }
        match &self.failed {
            Some((failed, reason)) if *failed >= number => Some(Err(NotSaved::new(reason))),
            _ if self.has_ended => Some(Err(NotSaved::new("the server is shutting down"))),
            _ => None,
        }
    }
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
        let pending = Pending {
            queued: None,
            submitted: 0,
            written: 0,
            failed: None,
            is_awaited: false,
            is_closing: false,
            has_ended: false,
        };
        let shared = Arc::new(WriterState { pending: Mutex::new(pending), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name(format!("{name}-writer")).spawn(move || {
            run(name, &theirs);
            theirs.lock().has_ended = true;
            theirs.changed.notify_all();
        })?;
        Ok(Self { state: shared })
    }

    /// Queues state for writing.
    pub(crate) fn submit(&self, newer: K) {
        let mut pending = self.state.lock();
        pending.submitted += 1;
        pending.add(newer);
        drop(pending);
        self.state.changed.notify_all();
    }

    /// Waits until all state that was submitted is on disk. Callers that wait at the same time share one write. After a failed
    /// write the state is kept in memory, and written again later.
    ///
    /// # Errors
    /// The write failed, or takes longer than `timeout`.
    pub(crate) fn wait_saved(&self, timeout: Duration) -> Result<(), NotSaved> {
        let mut pending = self.state.lock();
        let number = pending.submitted;
        if pending.result(number).is_none() {
            pending.is_awaited = true;
            self.state.changed.notify_all();
        }
        let is_unknown = |pending: &mut Pending<K>| pending.result(number).is_none();
        let waited = self.state.changed.wait_timeout_while(pending, timeout, is_unknown);
        let (pending, _) = waited.unwrap_or_else(PoisonError::into_inner);
        pending.result(number).unwrap_or_else(|| Err(NotSaved::timed_out(timeout)))
    }

    /// Writes the queued state and ends the thread. Waits up to three seconds, in case the disk hangs.
    ///
    /// # Errors
    /// The newest state is not on disk, and will be lost.
    pub(crate) fn close(&self) -> Result<(), NotSaved> {
        let mut pending = self.state.lock();
        pending.is_closing = true;
        self.state.changed.notify_all();
        let waited =
            self.state.changed.wait_timeout_while(pending, CLOSE_TIMEOUT, |pending| !pending.has_ended);
        let (pending, _) = waited.unwrap_or_else(PoisonError::into_inner);
        pending.result(pending.submitted).unwrap_or_else(|| Err(NotSaved::timed_out(CLOSE_TIMEOUT)))
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
        let (queued, number, is_last) = (pending.queued.take(), pending.submitted, pending.is_closing);
        pending.is_awaited = false;
        drop(pending);
        if let Some(mut state) = queued {
            match state.write() {
                Ok(()) => {
                    let mut pending = shared.lock();
                    (pending.written, pending.failed) = (number, None);
                    drop(pending);
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
                    let mut pending = shared.lock();
                    pending.failed = Some((number, error.to_string()));
                    // The callers that waited for this write have its result.
                    pending.is_awaited &= number < pending.submitted;
                    requeue(&mut pending, state);
                }
            }
            shared.changed.notify_all();
        }
        if is_last {
            return;
        }
        if has_failed {
            let is_delayed = |pending: &mut Pending<K>| !pending.is_closing && !pending.is_awaited;
            let _ = shared.changed.wait_timeout_while(shared.lock(), RETRY_DELAY, is_delayed);
        }
    }
}

/// Puts state back after a failed write, below the newer state that has been queued since.
fn requeue<K: Persist>(pending: &mut Pending<K>, state: K) {
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
        assert_eq!(writer.close(), Ok(()));
        assert_eq!(written.recv().unwrap(), Some(vec![2, 3]));
    }

    #[test]
    fn closing_reports_state_that_is_not_on_disk() {
        let (works, receiver) = channel();
        let (disk, _written) = channel();
        let writer = BackgroundWriter::start("test").unwrap();
        writer.submit(Numbers { numbers: vec![1], disk, works: Arc::new(Mutex::new(receiver)) });
        for _ in 0..2 {
            // At the end the write is tried once more.
            works.send(false).unwrap();
        }
        let lost = writer.close().unwrap_err();
        assert_eq!(lost.reason(), "full");
        assert_eq!(BackgroundWriter::<Numbers>::start("test").unwrap().close(), Ok(()), "nothing to write");
    }

    #[test]
    fn callers_wait_for_the_disk_and_learn_why_a_write_failed() {
        let (works, receiver) = channel();
        let (disk, written) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let number =
            |number| Numbers { numbers: vec![number], disk: disk.clone(), works: Arc::clone(&receiver) };
        let timeout = Duration::from_secs(60);
        let writer = BackgroundWriter::start("test").unwrap();
        assert_eq!(writer.wait_saved(timeout), Ok(()), "nothing to write");
        writer.submit(number(1));
        let hangs = writer.wait_saved(Duration::from_millis(1)).unwrap_err().to_string();
        assert!(hangs.ends_with("the disk did not respond within 0.001 s"), "{hangs}");
        works.send(false).unwrap();
        let full = writer.wait_saved(timeout).unwrap_err().to_string();
        assert!(full.contains("saved in memory only") && full.ends_with(": full"), "{full}");
        assert_eq!(written.recv().unwrap(), None);
        // A change that is waited for is written without the delay of a retry, together with those before it.
        writer.submit(number(2));
        works.send(true).unwrap();
        assert_eq!(writer.wait_saved(timeout), Ok(()));
        assert_eq!(written.recv().unwrap(), Some(vec![1, 2]));
    }
}
