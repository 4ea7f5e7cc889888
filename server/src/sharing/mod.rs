//! Alerts, rules and sessions that are shared with other servers: a thread that, once a second, reads in Redis what they find,
//! have told and want, and writes what this one does, and another for who is signed in. No tick waits for them.
//!
//! Who tells of what both find is decided in `watchglass_alerts::telling`, which rule counts in `watchglass_alerts::sheet`,
//! and who is signed in in `watchglass_access`; here they are carried to and fro.

mod books;
mod identity;
mod sessions;
mod shelf;

use crate::access::{Access, Wake};
use crate::core::Core;
use crate::settings::Settings;
use crate::telling::Others;
use crate::ticker::now;
use books::Books;
use sessions::Desk;
use shelf::Shelf;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::Duration;
use watchglass_alerts::telling::{Past, Place};
use watchglass_remote::RemoteError;
use watchglass_remote::redis::Target;

/// Time between two rounds.
const PACE: Duration = Duration::from_secs(1);
/// The same, while what was told is being written down.
const SOON: Duration = Duration::from_millis(100);
/// How often a round is tried at once when another server was quicker.
const TRIES: usize = 4;
/// How long the end waits for the thread; longer than Redis may take for a round.
const ENDS_WITHIN: Duration = Duration::from_secs(5);

/// The threads. Without a Redis there are none, and every server is on its own.
#[derive(Debug, Default)]
pub(crate) struct Exchange(Option<Running>);

#[derive(Debug)]
struct Running {
    stop: Sender<()>,
    /// Ends the thread of sessions, where there is one.
    sessions: Option<SyncSender<Wake>>,
    /// Comes to its end when the threads have.
    ended: Receiver<()>,
}

impl Exchange {
    /// Shares the alerts of `core`, and who is signed in, where the settings name a Redis. `folder` keeps the id of this server.
    /// To be started before the first tick: what others may tell of as well then waits until they are known.
    ///
    /// # Errors
    /// A URL that is none, a folder that cannot be written to, or no thread left.
    pub(crate) fn start(
        settings: &Settings,
        core: &Arc<Core>,
        access: &Arc<Access>,
        host: &str,
        folder: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let Some(url) = &settings.redis_url else { return Ok(Self::default()) };
        let id = identity::id(folder)?;
        let place = Place { host: host.to_owned(), machine: identity::machine(&id) };
        core.telling().share(&id, place, now());
        core.share_rules(&id);
        tracing::info!(server = id, "alerts and rules are shared");
        let books = Books::new(Target::parse(url)?, &settings.redis_prefix, &id);
        let shelf = Shelf::new(Target::parse(url)?, &settings.redis_prefix, &id);
        let core = Arc::clone(core);
        let (stop, stopped) = mpsc::channel();
        let (end, ended) = mpsc::channel::<()>();
        let sessions = settings.redis_sessions.then(|| {
            let desk = Desk::new(Target::parse(url)?, &settings.redis_prefix, &id);
            let (turns, wake) = access.share();
            let (access, end) = (Arc::clone(access), end.clone());
            thread::Builder::new().name("sessions-redis".to_owned()).spawn(move || {
                sessions::run(&access, desk, &turns);
                drop(end);
            })?;
            Ok::<_, Box<dyn Error>>(wake)
        });
        let sessions = sessions.transpose()?;
        thread::Builder::new().name("alerts-redis".to_owned()).spawn(move || {
            run(&core, books, shelf, &stopped);
            drop(end);
        })?;
        Ok(Self(Some(Running { stop, sessions, ended })))
    }

    /// Says a last word, so that others need not wait to go on, and ends.
    pub(crate) fn stop(self) {
        let Some(Running { stop, sessions, ended }) = self.0 else { return };
        let _ = stop.send(());
        // One who wakes may be waiting there; the thread takes both.
        let _ = sessions.map(|wake| wake.send(Wake::End));
        if ended.recv_timeout(ENDS_WITHIN) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("other servers are not told that this one ends: Redis does not answer");
        }
    }
}

/// How a round went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Round {
    Done,
    /// What was told is not written down yet, or others were quicker.
    Waits,
}

fn run(core: &Core, mut books: Books, mut shelf: Shelf, stopped: &Receiver<()>) {
    let mut is_failing = false;
    let mut rules = Rules::default();
    loop {
        let mut pause = PACE;
        match round(core, &mut books) {
            Ok(Round::Waits) => pause = SOON,
            Ok(Round::Done) => {
                if is_failing {
                    tracing::info!("alerts are shared with other servers again");
                }
                is_failing = false;
            }
            Err(error) => {
                core.telling().miss();
                if !is_failing {
                    tracing::warn!(%error, "alerts are not shared: every server tells on its own meanwhile");
                }
                is_failing = true;
            }
        }
        // One that is away is asked once, and what is wrong with it said once.
        if !is_failing {
            rules.exchange(core, &mut shelf);
        }
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if !is_failing {
        rules.exchange(core, &mut shelf);
        // Others see by the lease that this server is gone, if they are not told.
        let _ = round(core, &mut books).and_then(|_| books.leave());
    }
}

/// Whether rules could be shared.
#[derive(Debug, Default)]
struct Rules {
    is_failing: bool,
}

impl Rules {
    /// Exchanges rules; the log says when that begins to fail, and when it goes again.
    fn exchange(&mut self, core: &Core, shelf: &mut Shelf) {
        let outcome = shelf.round(core, now());
        match &outcome {
            Err(error) if !self.is_failing => {
                tracing::warn!(%error, "rules are not shared: those of every server stay as they are meanwhile");
            }
            Ok(()) if self.is_failing => tracing::info!("rules are shared with other servers again"),
            _ => {}
        }
        self.is_failing = outcome.is_err();
    }
}

fn round(core: &Core, books: &mut Books) -> Result<Round, RemoteError> {
    for _ in 0..TRIES {
        let now = now();
        let seen = books.read()?;
        let Some(mut offer) = core.telling().offer(&seen, core.active_alerts(), now) else {
            return Ok(Round::Waits);
        };
        let past = || Past::new(core.past_alerts());
        offer.board.past = core.past_state();
        if books.write(&seen, &offer, past, now)? {
            core.telling().agree(&offer.ledger, now);
            let past = books.read_past(&seen.boards)?;
            core.meet_others(Others { boards: seen.boards, past }, now);
            return Ok(Round::Done);
        }
    }
    Ok(Round::Waits)
}
