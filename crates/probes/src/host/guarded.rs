//! Guard for file accesses that can hang: a sensor on a dead bus, a mount of a dead disk.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

/// Runs each file access in a thread of its own with a time limit, and skips files whose last access has not ended.
///
/// A hanging access cannot be stopped: it costs a thread until it ends.
#[derive(Debug)]
pub(super) struct Guarded {
    timeout: Duration,
    /// Ends when the hanging access of a file has ended.
    hanging: HashMap<PathBuf, Receiver<()>>,
}

/// Why an access has no result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoResult {
    /// It has not ended in time, or an earlier one has not ended yet.
    Hangs,
    /// No thread could be started.
    NoThread,
}

/// Maximum number of hanging threads; further files are skipped while there are so many.
const MAX_HANGING: usize = 8;

impl Guarded {
    /// A guard with a time limit per access.
    pub(super) fn new(timeout: Duration) -> Self {
        Self { timeout, hanging: HashMap::new() }
    }

    /// Runs `access` of the file `path`.
    pub(super) fn run<T: Send + 'static>(
        &mut self,
        path: &Path,
        access: impl FnOnce(&Path) -> T + Send + 'static,
    ) -> Result<T, NoResult> {
        // The sender is dropped when the thread ends.
        self.hanging.retain(|_, ended| ended.try_recv() == Err(std::sync::mpsc::TryRecvError::Empty));
        if self.hanging.contains_key(path) || self.hanging.len() >= MAX_HANGING {
            return Err(NoResult::Hangs);
        }
        let (done, result) = channel();
        let (running, ended) = channel();
        let owned = path.to_owned();
        let thread = thread::Builder::new().name("probe-access".to_owned()).spawn(move || {
            let _running: std::sync::mpsc::Sender<()> = running;
            // The receiver may have given up.
            let _ = done.send(access(&owned));
        });
        if thread.is_err() {
            return Err(NoResult::NoThread);
        }
        match result.recv_timeout(self.timeout) {
            Ok(result) => Ok(result),
            Err(RecvTimeoutError::Timeout) => {
                self.hanging.insert(path.to_owned(), ended);
                Err(NoResult::Hangs)
            }
            // The access panicked.
            Err(RecvTimeoutError::Disconnected) => Err(NoResult::Hangs),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hanging_accesses_are_skipped_until_they_end() {
        let mut guarded = Guarded::new(Duration::from_millis(20));
        let path = Path::new("/sensor");
        assert_eq!(guarded.run(path, |path| path.to_owned()), Ok(path.to_owned()));
        let (release, hang) = channel::<()>();
        assert_eq!(guarded.run(path, move |_| hang.recv()), Err(NoResult::Hangs));
        let not_run = guarded.run(path, |_| panic!("an access while the last one hangs"));
        assert_eq!(not_run, Err(NoResult::Hangs));
        let mut other = Guarded::new(Duration::from_secs(60));
        other.hanging = std::mem::take(&mut guarded.hanging);
        assert_eq!(other.run(Path::new("/other"), |_| 7), Ok(7));
        drop(release);
        while other.run(path, |_| 8) != Ok(8) {
            thread::yield_now();
        }
    }

    #[test]
    fn number_of_hanging_threads_is_limited() {
        let mut guarded = Guarded::new(Duration::from_millis(1));
        let releases: Vec<_> = (0..MAX_HANGING)
            .map(|number| {
                let (release, hang) = channel::<()>();
                assert!(guarded.run(Path::new(&number.to_string()), move |_| hang.recv()).is_err());
                release
            })
            .collect();
        assert_eq!(guarded.run(Path::new("x"), |_| ()), Err(NoResult::Hangs));
        drop(releases);
    }
}
