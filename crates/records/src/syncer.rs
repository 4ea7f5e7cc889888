//! Background thread: syncs the write-ahead log at most a second after each batch.

use crate::append::freeze;
use crate::state::{Command, StoreState};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::Duration;

/// Time from the first unsynced batch to its sync.
const SYNC_DELAY: Duration = Duration::from_millis(800);
/// Key of the problem of syncing.
const PROBLEM: &str = "sync";

/// Runs until it is stopped.
pub(crate) fn run(shared: &StoreState, commands: &Receiver<Command>) {
    let mut is_done = true;
    loop {
        if is_done && !matches!(commands.recv(), Ok(Command::Look)) {
            break;
        }
        let is_closed = loop {
            match commands.recv_timeout(SYNC_DELAY) {
                Ok(Command::Look) => {}
                Err(RecvTimeoutError::Timeout) => break false,
                Ok(Command::Close) | Err(RecvTimeoutError::Disconnected) => break true,
            }
        };
        if is_closed {
            break;
        }
        is_done = sync(shared);
    }
    sync(shared);
}

/// Syncs all WAL files; returns whether it succeeded.
pub(crate) fn sync(shared: &StoreState) -> bool {
    // Before the files: a batch after that marks its file again.
    shared.is_unsynced.store(false, Ordering::Release);
    let files = std::mem::take(&mut *shared.unsynced());
    let mut failed = Vec::new();
    for file in files {
        // The folder has the name of a new file.
        if let Err(error) = file.sync().and_then(|()| shared.disk.sync_folder(&shared.folder)) {
            failed.push((file, error));
        }
    }
    if failed.is_empty() && !shared.is_suspect.load(Ordering::Acquire) {
        shared.problems.clear(PROBLEM);
        return true;
    }
    if let Some((_, error)) = failed.first() {
        let text = format!("records may be lost at a power failure: sync failed: {error}");
        shared.problems.set(PROBLEM, text);
    }
    shared.unsynced().extend(failed.into_iter().map(|(file, _)| file));
    // After a failed sync the file may have lost data although the next sync succeeds: memory has it, and a block file gets it.
    let mut log = shared.log();
    let is_moved = shared.records().head.is_empty() || freeze(shared, &mut log).is_ok();
    shared.is_suspect.store(!is_moved, Ordering::Release);
    false
}
