//! The thread that writes alerts down, so that no tick waits for the disk.

use super::files::Files;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use thiserror::Error;
use watchglass_alerts::{Alert, EngineState, RuleError};

/// How long it waits after the disk took nothing.
const AFTER_FAILURE: Duration = Duration::from_secs(5);
/// How long the end waits for the disk.
const PATIENCE: Duration = Duration::from_secs(3);
/// The most alerts that wait for the disk to take them; of more, the latest.
const MOST_WAITING: usize = 10_000;

/// Why alerts cannot be judged or kept.
#[derive(Debug, Error)]
pub(crate) enum KeepError {
    /// A rule is not right.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The data folder or the system does not allow it.
    #[error("alerts cannot be kept in the data folder: {0}")]
    System(#[from] io::Error),
}

/// Writes what it is handed, the newest state only.
#[derive(Debug)]
pub(super) struct Keeper {
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    desk: Mutex<Desk>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct Desk {
    state: Option<EngineState>,
    over: Vec<Alert>,
    is_closing: bool,
    has_ended: bool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Desk> {
        self.desk.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Keeper {
    /// Starts the thread.
    ///
    /// # Errors
    /// The system has none left.
    pub(super) fn start(files: Files) -> io::Result<Self> {
        let shared = Arc::<Shared>::default();
        let theirs = Arc::clone(&shared);
        thread::Builder::new().name("alerts-keeper".to_owned()).spawn(move || {
            run(&theirs, &files);
            theirs.lock().has_ended = true;
            theirs.changed.notify_all();
        })?;
        Ok(Self { shared })
    }

    /// Has `state` written in place of the one before, and `over` added to what is over.
    pub(super) fn keep(&self, state: EngineState, over: impl IntoIterator<Item = Alert>) {
        let mut desk = self.shared.lock();
        desk.state = Some(state);
        desk.over.extend(over);
        let excess = desk.over.len().saturating_sub(MOST_WAITING);
        desk.over.drain(..excess);
        self.shared.changed.notify_all();
    }

    /// Waits until everything is written; not longer than three seconds, in case the disk hangs.
    pub(super) fn close(&self) {
        let mut desk = self.shared.lock();
        desk.is_closing = true;
        self.shared.changed.notify_all();
        let waited = self.shared.changed.wait_timeout_while(desk, PATIENCE, |desk| !desk.has_ended);
        let has_ended = waited.map_or(true, |(desk, _)| desk.has_ended);
        if !has_ended {
            tracing::warn!("the newest alerts may not have been written down: the disk does not answer");
        }
    }
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.shared.lock().is_closing = true;
        self.shared.changed.notify_all();
    }
}

fn run(shared: &Shared, files: &Files) {
    let mut has_failed = false;
    loop {
        let mut desk = shared.lock();
        while desk.state.is_none() && desk.over.is_empty() && !desk.is_closing {
            desk = shared.changed.wait(desk).unwrap_or_else(PoisonError::into_inner);
        }
        let (state, over) = (desk.state.take(), std::mem::take(&mut desk.over));
        let is_last = desk.is_closing;
        drop(desk);
        let written = files
            .append_past(&over)
            .and_then(|()| state.as_ref().map_or(Ok(()), |state| files.write_state(state)));
        match written {
            Ok(()) if has_failed => {
                tracing::info!("alerts are written down again");
                has_failed = false;
            }
            Ok(()) => {}
            Err(error) => {
                if !has_failed {
                    tracing::warn!(%error, "alerts cannot be written down: they would be lost by a restart");
                }
                has_failed = true;
                give_back(&mut shared.lock(), state, over);
            }
        }
        if is_last {
            return;
        }
        if has_failed {
            let desk = shared.lock();
            let _ = shared.changed.wait_timeout_while(desk, AFTER_FAILURE, |desk| !desk.is_closing);
        }
    }
}

/// What the disk did not take is written the next time, unless there is newer by then. An alert that was half
/// written may come twice.
fn give_back(desk: &mut Desk, state: Option<EngineState>, over: Vec<Alert>) {
    if desk.state.is_none() {
        desk.state = state;
    }
    let newer = std::mem::replace(&mut desk.over, over);
    desk.over.extend(newer);
}
