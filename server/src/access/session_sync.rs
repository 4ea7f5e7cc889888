//! Session sync between the servers of a cluster, and the wait for it: a user who has just signed in at another server must
//! not be sent to the sign-in page.

use super::{Access, AccessError};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use watchglass_auth::{AuthError, Credential, MergeOutcome, Principal, SessionReplica};
use watchglass_model::Timestamp;

/// Time between two sync rounds.
const SYNC_INTERVAL: Duration = Duration::from_millis(500);
/// The same after a local change or an unknown session.
const PROMPT_INTERVAL: Duration = Duration::from_millis(20);
/// The longest wait of a request for other servers.
const SYNC_TIMEOUT: Duration = Duration::from_millis(300);

/// Message to the sync thread.
#[derive(Debug)]
pub(crate) enum Wake {
    /// Something has changed, or a session is unknown: sync soon.
    Sync,
    /// The server stops.
    Stop,
}

/// Request side of the session sync.
#[derive(Debug)]
pub(super) struct SyncHandle {
    wake: SyncSender<Wake>,
    state: Arc<SyncState>,
    completed: watch::Receiver<u64>,
}

#[derive(Debug, Default)]
struct SyncState {
    /// Number of sync requests so far.
    requested: AtomicU64,
    /// Whether the last round failed: then requests do not wait for the next.
    is_unreachable: AtomicBool,
}

/// Thread side of the session sync.
#[derive(Debug)]
pub(crate) struct SyncRounds {
    wakeups: Receiver<Wake>,
    state: Arc<SyncState>,
    completed: watch::Sender<u64>,
}

/// A sync round that has started.
#[derive(Debug)]
pub(crate) struct SyncRound {
    requested: u64,
    started: Instant,
}

impl SyncRounds {
    /// Starts a round.
    pub(crate) fn start(&self) -> SyncRound {
        SyncRound { requested: self.state.requested.load(Ordering::Acquire), started: Instant::now() }
    }

    /// Completes a round and waits for the start of the next. Returns false when the server stops.
    pub(crate) fn complete_and_wait(&self, turn: &SyncRound, is_unreachable: bool) -> bool {
        self.state.is_unreachable.store(is_unreachable, Ordering::Release);
        self.completed.send_replace(turn.requested);
        let mut pause = SYNC_INTERVAL;
        loop {
            match self.wakeups.recv_timeout(pause.saturating_sub(turn.started.elapsed())) {
                Ok(Wake::Sync) => pause = PROMPT_INTERVAL,
                Ok(Wake::Stop) | Err(RecvTimeoutError::Disconnected) => return false,
                Err(RecvTimeoutError::Timeout) => return true,
            }
        }
    }
}

impl Access {
    /// Shares sessions with other servers from now on. Returns the thread side of the sync, and the sender that stops it.
    pub(crate) fn start_session_sync(&self) -> (SyncRounds, SyncSender<Wake>) {
        // Capacity one is enough: a pending wake-up covers all later requests.
        let (wake, wakeups) = sync_channel(1);
        let (completed, sync_state) = (watch::Sender::new(0), Arc::<SyncState>::default());
        let sync_rounds =
            SyncRounds { wakeups, state: Arc::clone(&sync_state), completed: completed.clone() };
        // Called once, at startup.
        let handle = SyncHandle { wake: wake.clone(), state: sync_state, completed: completed.subscribe() };
        let _ = self.session_sync.set(handle);
        (sync_rounds, wake)
    }

    /// Snapshot of the sessions for replication.
    pub(crate) fn session_replica(&self, now: Timestamp) -> SessionReplica {
        self.with_accounts(|accounts| accounts.session_replica(now))
    }

    /// Merges the sessions of other servers. Waits for the disk if a session was created or ended.
    ///
    /// # Errors
    /// The change cannot be saved. Sessions that were ended stay ended in memory.
    pub(crate) fn merge_sessions(&self, replica: &SessionReplica, now: Timestamp) -> Result<(), AccessError> {
        let mut held = self.loaded();
        match held.accounts.apply_sessions(replica, now) {
            MergeOutcome::Unchanged => return Ok(()),
            MergeOutcome::LastUsedChanged => {
                held.unsaved_use.get_or_insert(now);
                return Ok(());
            }
            MergeOutcome::Changed => {}
        }
        drop(held);
        // In memory first: an ended session must not stay valid because the disk is full.
        self.notify_change();
        self.change(|accounts| {
            accounts.apply_sessions(replica, now);
            Ok(())
        })
    }

    /// The principal of a credential; for an unknown session the next sync with other servers is awaited first.
    ///
    /// # Errors
    /// Why the credential is rejected.
    pub(crate) async fn authenticate_with_sync(
        &self,
        by: Credential,
        now: Timestamp,
    ) -> Result<Principal, AuthError> {
        let pass = self.authenticate(by, now);
        if pass != Err(AuthError::SessionExpired) || !self.wait_for_sync().await {
            return pass;
        }
        self.authenticate(by, now)
    }

    /// Waits for a sync round with other servers, at most for the sync timeout. Returns whether one completed.
    pub(super) async fn wait_for_sync(&self) -> bool {
        let Some(sync_state) = self.session_sync.get() else { return false };
        if sync_state.state.is_unreachable.load(Ordering::Acquire) {
            return false;
        }
        let turn = sync_state.state.requested.fetch_add(1, Ordering::AcqRel) + 1;
        // Full while another request waits for the next round.
        let _ = sync_state.wake.try_send(Wake::Sync);
        let mut completed = sync_state.completed.clone();
        let round = completed.wait_for(|count| *count >= turn);
        tokio::time::timeout(SYNC_TIMEOUT, round).await.is_ok_and(|round| round.is_ok())
    }

    /// Whether sessions are shared: then ended ones must be kept until other servers know.
    pub(super) fn is_replicated(&self) -> bool {
        self.session_sync.get().is_some()
    }

    /// Signals a change to local subscribers and to the sync thread.
    pub(super) fn notify_change(&self) {
        self.changes.send_modify(|count| *count = count.wrapping_add(1));
        if let Some(sync_state) = self.session_sync.get() {
            let _ = sync_state.wake.try_send(Wake::Sync);
        }
    }
}
