//! Sessions that other servers know as well: what is told and heard of them, and waiting for that where somebody would be sent
//! to sign in who has just done so on another server.

use super::{Access, AccessError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use watchglass_access::{By, Heard, Pass, Refusal, Roll};
use watchglass_model::Timestamp;

/// Time between two rounds.
const PACE: Duration = Duration::from_millis(500);
/// The same, when something has happened here or somebody is not known.
const SOON: Duration = Duration::from_millis(20);
/// Nobody waits longer for other servers.
const PATIENCE: Duration = Duration::from_millis(300);

/// What a thread that exchanges sessions is told.
#[derive(Debug)]
pub(crate) enum Wake {
    /// Something has changed, or somebody is not known.
    Look,
    /// The server stops.
    End,
}

/// The end of whoever has something to tell or to ask.
#[derive(Debug)]
pub(super) struct Meeting {
    wake: SyncSender<Wake>,
    state: Arc<State>,
    met: watch::Receiver<u64>,
}

#[derive(Debug, Default)]
struct State {
    /// Counts those who have asked for a round.
    asked: AtomicU64,
    /// Whether the last round failed: then nobody waits for the next.
    is_away: AtomicBool,
}

/// The end of the thread that exchanges sessions: when it is its turn.
#[derive(Debug)]
pub(crate) struct Turns {
    wakes: Receiver<Wake>,
    state: Arc<State>,
    met: watch::Sender<u64>,
}

/// A round that has begun.
#[derive(Debug)]
pub(crate) struct Turn {
    asked: u64,
    begun: Instant,
}

impl Turns {
    /// Begins a round.
    pub(crate) fn begin(&self) -> Turn {
        Turn { asked: self.state.asked.load(Ordering::Acquire), begun: Instant::now() }
    }

    /// Ends a round, and waits until the next is to begin. False when there is to be none.
    pub(crate) fn next(&self, turn: &Turn, is_away: bool) -> bool {
        self.state.is_away.store(is_away, Ordering::Release);
        self.met.send_replace(turn.asked);
        let mut pause = PACE;
        loop {
            match self.wakes.recv_timeout(pause.saturating_sub(turn.begun.elapsed())) {
                Ok(Wake::Look) => pause = SOON,
                Ok(Wake::End) | Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => return true,
            }
        }
    }
}

impl Access {
    /// Has sessions in common with other servers from now on: the ends are for the thread that carries what is said to and
    /// fro, and for whoever ends it.
    pub(crate) fn share(&self) -> (Turns, SyncSender<Wake>) {
        // One who wakes is enough: whoever comes while that one waits is meant as well.
        let (wake, wakes) = sync_channel(1);
        let (met, meeting) = (watch::Sender::new(0), Arc::<State>::default());
        let turns = Turns { wakes, state: Arc::clone(&meeting), met: met.clone() };
        // It is done once, at the start.
        let _ = self.meeting.set(Meeting { wake: wake.clone(), state: meeting, met: met.subscribe() });
        (turns, wake)
    }

    /// What this server knows of sessions.
    pub(crate) fn roll(&self, now: Timestamp) -> Roll {
        self.look_up(|book| book.roll(now))
    }

    /// Takes over what other servers say of sessions. Waits for the disk where one was begun or ended.
    ///
    /// # Errors
    /// It cannot be written down. What was ended is over all the same.
    pub(crate) fn hear(&self, roll: &Roll, now: Timestamp) -> Result<(), AccessError> {
        let mut held = self.held();
        match held.book.hear(roll, now) {
            Heard::Nothing => return Ok(()),
            Heard::Use => {
                held.uses.get_or_insert(now);
                return Ok(());
            }
            Heard::Change => {}
        }
        drop(held);
        // In memory first: what was ended must not go on because the disk is full.
        self.note_change();
        self.change(|book| {
            book.hear(roll, now);
            Ok(())
        })
    }

    /// The same as [`pass`](Self::pass); of a session that is not known other servers are asked before.
    ///
    /// # Errors
    /// Why it is no proof.
    pub(crate) async fn pass_of_any(&self, by: By, now: Timestamp) -> Result<Pass, Refusal> {
        let pass = self.pass(by, now);
        if pass != Err(Refusal::NoSession) || !self.meet().await {
            return pass;
        }
        self.pass(by, now)
    }

    /// Waits until other servers can know what was changed here, and this one what was changed there, or until that takes too
    /// long. Whether it was worth it.
    pub(super) async fn meet(&self) -> bool {
        let Some(meeting) = self.meeting.get() else { return false };
        if meeting.state.is_away.load(Ordering::Acquire) {
            return false;
        }
        let turn = meeting.state.asked.fetch_add(1, Ordering::AcqRel) + 1;
        // It is full while somebody else waits for the next round.
        let _ = meeting.wake.try_send(Wake::Look);
        let mut met = meeting.met.clone();
        tokio::time::timeout(PATIENCE, met.wait_for(|met| *met >= turn)).await.is_ok_and(|met| met.is_ok())
    }

    /// Whether other servers have to be told of ends.
    pub(super) fn is_shared(&self) -> bool {
        self.meeting.get().is_some()
    }

    /// Tells everybody here, and the thread that tells other servers, that something has changed.
    pub(super) fn note_change(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
        if let Some(meeting) = self.meeting.get() {
            let _ = meeting.wake.try_send(Wake::Look);
        }
    }
}
