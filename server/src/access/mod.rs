//! Who may call, at work: the book of people, tokens and sessions in memory and in a file, which commands on the same machine
//! change as well; signing in and out.

mod changes;
mod command;
mod error;
mod factor;
mod first;
mod hasher;
mod meeting;
mod random;
mod sign_in;
mod store;

pub(crate) use changes::{ChangeError, MOST_DAYS, UserChange};
pub(crate) use command::{Order, commands, order, run};
pub(crate) use error::AccessError;
pub(crate) use factor::Enrolment;
pub(crate) use first::FirstPassword;
pub(crate) use meeting::{Turns, Wake};
pub(crate) use sign_in::SignInError;

use crate::ticker;
use hasher::Hasher;
use meeting::Meeting;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use store::Seen;
use tokio::sync::watch;
use watchglass_access::{Book, By, Delays, Pass, Refusal};
use watchglass_model::Timestamp;

/// How often it is looked whether somebody else has changed the file.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often it is written down who was here.
const WRITE_EVERY: Duration = Duration::from_secs(60);

/// Knows who may call.
#[derive(Debug)]
pub(crate) struct Access {
    folder: PathBuf,
    held: Mutex<Held>,
    delays: Mutex<Delays>,
    hasher: Hasher,
    /// Counts up when somebody may have ceased to be let in.
    changes: watch::Sender<u64>,
    /// Where sessions are exchanged with other servers.
    meeting: OnceLock<Meeting>,
}

/// The newest book that is known.
#[derive(Debug)]
struct Held {
    book: Book,
    seen: Seen,
    /// When it was written down last who was here, if somebody was since.
    uses: Option<Timestamp>,
}

impl Access {
    /// Opens the book in the data folder.
    ///
    /// # Errors
    /// There is one that cannot be read.
    pub(crate) fn open(folder: &Path) -> Result<Self, AccessError> {
        let (book, seen) = store::read(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            held: Mutex::new(Held { book, seen, uses: None }),
            delays: Mutex::default(),
            hasher: Hasher::default(),
            changes: watch::Sender::default(),
            meeting: OnceLock::new(),
        })
    }

    /// Who proves who they are by `by`. A token that is not known may have been made by a command just now: for one the
    /// file is looked at.
    ///
    /// # Errors
    /// Why it is no proof.
    pub(crate) fn pass(&self, by: By, now: Timestamp) -> Result<Pass, Refusal> {
        let mut held = self.held();
        let mut pass = held.book.pass(by, now);
        if pass == Err(Refusal::UnknownToken) && self.refresh(&mut held) {
            pass = held.book.pass(by, now);
        }
        if pass.is_ok() && held.book.note(by, now) {
            held.uses.get_or_insert(now);
        }
        pass
    }

    /// Counts up when somebody who was let in may have ceased to be.
    pub(crate) fn changes(&self) -> watch::Receiver<u64> {
        self.changes.subscribe()
    }

    /// Ends a session. Waits for the disk.
    ///
    /// # Errors
    /// It cannot be written down.
    pub(crate) fn sign_out(&self, by: By) -> Result<(), AccessError> {
        let By::Session(session) = by else { return Ok(()) };
        self.change(|book| {
            book.sign_out(session);
            Ok(())
        })
    }

    /// Follows the file until the server stops, and writes down from time to time who was here.
    pub(crate) async fn follow(self: Arc<Self>, mut stopping: watch::Receiver<bool>) {
        let mut look = tokio::time::interval(LOOK_EVERY);
        loop {
            let is_over = tokio::select! {
                _ = look.tick() => false,
                _ = stopping.wait_for(|&stop| stop) => true,
            };
            let access = Arc::clone(&self);
            let now = ticker::now();
            // An error is a panic there, which is logged; the next second tries again.
            let _ = tokio::task::spawn_blocking(move || access.look(now, is_over)).await;
            if is_over {
                return;
            }
        }
    }

    /// Takes over what others have changed, and writes down who was here when it is time, or at the end.
    fn look(&self, now: Timestamp, is_over: bool) {
        let mut held = self.held();
        self.refresh(&mut held);
        let is_time = |since: Timestamp| is_over || since + WRITE_EVERY <= now;
        if !held.uses.is_some_and(is_time) {
            return;
        }
        held.uses = None;
        drop(held);
        if let Err(error) = self.change(|book| {
            book.forget(now);
            Ok(())
        }) {
            tracing::warn!(%error, "it cannot be written down who was here");
        }
    }

    /// Changes the book in file and memory. Waits for the disk.
    fn change<T>(&self, change: impl FnOnce(&mut Book) -> Result<T, AccessError>) -> Result<T, AccessError> {
        let (result, book, seen) = store::change(&self.folder, |book| {
            book.merge_uses(&self.held().book);
            let result = change(book)?;
            if !self.is_shared() {
                book.forget_ended();
            }
            Ok(result)
        })?;
        let mut held = self.held();
        self.adopt(&mut held, book, seen);
        Ok(result)
    }

    /// Reads the file again if it is another one than before. Whether it was.
    fn refresh(&self, held: &mut Held) -> bool {
        let found = match store::look(&self.folder) {
            Ok(seen) if seen == held.seen => return false,
            Ok(seen) => store::read(&self.folder).map_err(|error| (error, seen)),
            Err(error) => Err((error, held.seen)),
        };
        match found {
            Ok((book, seen)) => {
                self.adopt(held, book, seen);
                true
            }
            Err((error, seen)) => {
                // Said once for each state of the file. Those who are known stay so.
                if held.seen != seen {
                    tracing::error!(%error, "people and tokens are those of before");
                    held.seen = seen;
                }
                false
            }
        }
    }

    fn adopt(&self, held: &mut Held, mut book: Book, seen: Seen) {
        book.merge_uses(&held.book);
        held.book = book;
        held.seen = seen;
        self.note_change();
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
