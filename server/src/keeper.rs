//! A thread that writes down what a tick gives it, so that no tick waits for the disk.

use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

/// How long it waits after the disk took nothing.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long the end waits for the disk.
const PATIENCE: Duration = Duration::from_secs(3);

/// What is to be written down.
pub(crate) trait Keep: Send + 'static {
    /// Takes in what is newer, which counts where both say something.
    fn absorb(&mut self, newer: Self);

    /// Writes it. What is left of it afterwards is written the next time, if this fails.
    ///
    /// # Errors
    /// The disk, or whatever else is needed, does not take it.
    fn write(&mut self) -> io::Result<()>;
}

/// Hands over to the thread. It ends when this is closed or dropped.
#[derive(Debug)]
pub(crate) struct Keeper<K> {
    /// What is kept, for the log.
    what: &'static str,
    shared: Arc<Shared<K>>,
}

#[derive(Debug)]
struct Shared<K> {
    tray: Mutex<Tray<K>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Tray<K> {
    waiting: Option<K>,
    is_writing: bool,
    is_closing: bool,
    has_ended: bool,
}

impl<K: Keep> Tray<K> {
    fn add(&mut self, newer: K) {
        match &mut self.waiting {
            Some(waiting) => waiting.absorb(newer),
            None => self.waiting = Some(newer),
        }
    }
}

impl<K> Shared<K> {
    fn lock(&self) -> MutexGuard<'_, Tray<K>> {
        self.tray.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Keep> Keeper<K> {
    /// Starts the thread, called `what` in the log.
    ///
    /// # Errors
    /// The system has none left.
    pub(crate) fn start(what: &'static str) -> io::Result<Self> {
        let tray = Tray { waiting: None, is_writing: false, is_closing: false, has_ended: false };
        let shared = Arc::new(Shared { tray: Mutex::new(tray), changed: Condvar::new() });
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name(format!("{what}-keeper")).spawn(move || {
            run(what, &theirs);
            theirs.lock().has_ended = true;
            theirs.changed.notify_all();
        })?;
        Ok(Self { what, shared })
    }

    /// Has it written as soon as may be.
    pub(crate) fn keep(&self, newer: K) {
        self.shared.lock().add(newer);
        self.shared.changed.notify_all();
    }

    /// Whether everything is written.
    pub(crate) fn is_idle(&self) -> bool {
        let tray = self.shared.lock();
        tray.waiting.is_none() && !tray.is_writing
    }

    /// Waits until everything is written that was given so far, but not longer than `patience`.
    pub(crate) fn settle(&self, patience: Duration) {
        let is_busy = |tray: &mut Tray<K>| tray.waiting.is_some() || tray.is_writing;
        let _ = self.shared.changed.wait_timeout_while(self.shared.lock(), patience, is_busy);
    }

    /// Waits until everything is written; not longer than three seconds, in case the disk hangs.
    pub(crate) fn close(&self) {
        let mut tray = self.shared.lock();
        tray.is_closing = true;
        self.shared.changed.notify_all();
        let waited = self.shared.changed.wait_timeout_while(tray, PATIENCE, |tray| !tray.has_ended);
        let has_ended = waited.map_or(true, |(tray, _)| tray.has_ended);
        if !has_ended {
            tracing::warn!(
                what = self.what,
                "the newest may not have been written down: the disk does not answer"
            );
        }
    }
}

impl<K> Drop for Keeper<K> {
    fn drop(&mut self) {
        self.shared.lock().is_closing = true;
        self.shared.changed.notify_all();
    }
}

fn run<K: Keep>(what: &str, shared: &Shared<K>) {
    let mut has_failed = false;
    loop {
        let mut tray = shared.lock();
        while tray.waiting.is_none() && !tray.is_closing {
            tray = shared.changed.wait(tray).unwrap_or_else(PoisonError::into_inner);
        }
        let (waiting, is_last) = (tray.waiting.take(), tray.is_closing);
        tray.is_writing = waiting.is_some();
        drop(tray);
        if let Some(mut kept) = waiting {
            match kept.write() {
                Ok(()) => {
                    shared.lock().is_writing = false;
                    shared.changed.notify_all();
                    if has_failed {
                        tracing::info!(what, "can be written down again");
                    }
                    has_failed = false;
                }
                Err(error) => {
                    if !has_failed {
                        tracing::warn!(what, %error, "cannot be written down: a restart would forget it");
                    }
                    has_failed = true;
                    give_back(&mut shared.lock(), kept);
                }
            }
        }
        if is_last {
            return;
        }
        if has_failed {
            let tray = shared.lock();
            let _ = shared.changed.wait_timeout_while(tray, AFTER_FAILURE, |tray| !tray.is_closing);
        }
    }
}

/// What could not be written is older than what has come since.
fn give_back<K: Keep>(tray: &mut Tray<K>, kept: K) {
    tray.is_writing = false;
    let newer = tray.waiting.replace(kept);
    if let Some(newer) = newer {
        tray.add(newer);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc::{Receiver, Sender, channel};

    /// Numbers that a disk takes when it is told to.
    struct Numbers {
        numbers: Vec<u32>,
        /// What was written, or nothing where the disk was full.
        disk: Sender<Option<Vec<u32>>>,
        works: Arc<Mutex<Receiver<bool>>>,
    }

    impl Keep for Numbers {
        fn absorb(&mut self, newer: Self) {
            self.numbers.extend(newer.numbers);
        }

        fn write(&mut self) -> io::Result<()> {
            let works = self.works.lock().unwrap().recv().unwrap();
            self.disk.send(works.then(|| self.numbers.clone())).unwrap();
            if works { Ok(()) } else { Err(io::Error::other("full")) }
        }
    }

    #[test]
    fn what_comes_while_the_disk_is_busy_or_full_is_written_behind_what_came_before() {
        let (works, receiver) = channel();
        let (disk, written) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        let numbers = |numbers: &[u32]| Numbers {
            numbers: numbers.to_vec(),
            disk: disk.clone(),
            works: Arc::clone(&receiver),
        };
        let keeper = Keeper::start("test").unwrap();
        keeper.keep(numbers(&[1]));
        works.send(true).unwrap();
        assert_eq!(written.recv().unwrap(), Some(vec![1]));
        keeper.keep(numbers(&[2]));
        assert!(!keeper.is_idle());
        works.send(false).unwrap();
        assert_eq!(written.recv().unwrap(), None);
        keeper.keep(numbers(&[3]));
        works.send(true).unwrap();
        // The end does not wait out the pause after a failure.
        keeper.close();
        assert_eq!(written.recv().unwrap(), Some(vec![2, 3]));
        assert!(keeper.is_idle());
    }
}
