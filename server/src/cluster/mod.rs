//! Cluster sync over Redis: one thread exchanges alerts, notifications and rules with other servers every second, another
//! one sessions. No tick waits for them.
//!
//! This module only transports data. Deduplication of notifications, conflicts between rules and validity of sessions are
//! decided by the dispatcher, the rule replica and the session replica.

mod identity;
mod redis_alert_store;
mod redis_rule_store;
mod redis_session_store;

use crate::access::{Access, Wake};
use crate::app_state::AppState;
use crate::config::Settings;
use crate::notifications::Peers;
use crate::ticker::now;
use redis_alert_store::RedisAlertStore;
use redis_rule_store::RedisRuleStore;
use redis_session_store::RedisSessionStore;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::Duration;
use watchglass_dispatch::{HostIdentity, PastAlerts};
use watchglass_remote::RemoteError;
use watchglass_remote::redis::Target;

/// Interval between rounds.
const INTERVAL: Duration = Duration::from_secs(1);
/// Interval while notifications are being saved.
const RETRY_INTERVAL: Duration = Duration::from_millis(100);
/// Maximum attempts of a round after conflicts with other servers.
const MAX_ATTEMPTS: usize = 4;
/// Timeout for the threads on shutdown; longer than the Redis timeouts of a round.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(5);

/// Handle of the sync threads. Without Redis there are none.
#[derive(Debug, Default)]
pub(crate) struct ClusterSync(Option<Running>);

#[derive(Debug)]
struct Running {
    stop: Sender<()>,
    /// Wakes or stops the session thread, if there is one.
    sessions: Option<SyncSender<Wake>>,
    /// Disconnected when the threads have finished.
    finished: Receiver<()>,
}

impl ClusterSync {
    /// Starts the sync of alerts, rules and sessions if a Redis is configured. `folder` holds the id of this server. Must be
    /// started before the first tick: shared alerts then wait until the other servers are known.
    ///
    /// # Errors
    /// An invalid URL, an unwritable folder, or a thread that cannot be started.
    pub(crate) fn start(
        settings: &Settings,
        core: &Arc<AppState>,
        access: &Arc<Access>,
        host: &str,
        folder: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let Some(url) = &settings.redis_url else { return Ok(Self::default()) };
        let id = identity::id(folder)?;
        let place = HostIdentity { host: host.to_owned(), machine: identity::machine(&id) };
        core.notifications().join_cluster(&id, place, now());
        core.start_rule_replication(&id);
        tracing::info!(server = id, "cluster sync started");
        let alert_store = RedisAlertStore::new(Target::parse(url)?, &settings.redis_prefix, &id);
        let rule_store = RedisRuleStore::new(Target::parse(url)?, &settings.redis_prefix, &id);
        let core = Arc::clone(core);
        let (stop, stopped) = mpsc::channel();
        let (end, finished) = mpsc::channel::<()>();
        let sessions = settings.redis_sessions.then(|| {
            let session_store = RedisSessionStore::new(Target::parse(url)?, &settings.redis_prefix, &id);
            let (sync_rounds, wake) = access.start_session_sync();
            let (access, end) = (Arc::clone(access), end.clone());
            thread::Builder::new().name("sessions-redis".to_owned()).spawn(move || {
                redis_session_store::run(&access, session_store, &sync_rounds);
                drop(end);
            })?;
            Ok::<_, Box<dyn Error>>(wake)
        });
        let sessions = sessions.transpose()?;
        thread::Builder::new().name("alerts-redis".to_owned()).spawn(move || {
            run(&core, alert_store, rule_store, &stopped);
            drop(end);
        })?;
        Ok(Self(Some(Running { stop, sessions, finished })))
    }

    /// Publishes the shutdown, so that other servers take over at once, and stops.
    pub(crate) fn stop(self) {
        let Some(Running { stop, sessions, finished }) = self.0 else { return };
        let _ = stop.send(());
        // The channel may hold a pending wake-up; the thread receives both.
        let _ = sessions.map(|wake| wake.send(Wake::Stop));
        if finished.recv_timeout(SHUTDOWN_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("shutdown not published to other servers: Redis did not respond in time");
        }
    }
}

/// Outcome of a round.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum RoundOutcome {
    Done,
    /// Notifications are not saved yet, or other servers caused a conflict.
    Retry,
}

fn run(
    core: &AppState,
    mut alert_store: RedisAlertStore,
    mut rule_store: RedisRuleStore,
    stopped: &Receiver<()>,
) {
    let mut is_failing = false;
    let mut rules = RuleSync::default();
    loop {
        let mut pause = INTERVAL;
        match round(core, &mut alert_store) {
            Ok(RoundOutcome::Retry) => pause = RETRY_INTERVAL,
            Ok(RoundOutcome::Done) => {
                if is_failing {
                    tracing::info!("alert sync restored");
                }
                is_failing = false;
            }
            Err(error) => {
                core.notifications().abort();
                if !is_failing {
                    tracing::warn!(%error, "alert sync failed; notifications are not deduplicated between servers");
                }
                is_failing = true;
            }
        }
        // An unreachable Redis is contacted only once per round and logged once.
        if !is_failing {
            rules.sync(core, &mut rule_store);
        }
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if !is_failing {
        rules.sync(core, &mut rule_store);
        // If this fails, other servers notice by the expired heartbeat.
        let _ = round(core, &mut alert_store).and_then(|_| alert_store.leave());
    }
}

/// State of the rule sync.
#[derive(Debug, Default)]
struct RuleSync {
    is_failing: bool,
}

impl RuleSync {
    /// Syncs rules; logs when it starts to fail and when it recovers.
    fn sync(&mut self, core: &AppState, rule_store: &mut RedisRuleStore) {
        let outcome = rule_store.sync(core, now());
        match &outcome {
            Err(error) if !self.is_failing => {
                tracing::warn!(%error, "rule sync failed; keeping the current rules");
            }
            Ok(()) if self.is_failing => tracing::info!("rule sync restored"),
            _ => {}
        }
        self.is_failing = outcome.is_err();
    }
}

fn round(core: &AppState, alert_store: &mut RedisAlertStore) -> Result<RoundOutcome, RemoteError> {
    for _ in 0..MAX_ATTEMPTS {
        let now = now();
        let seen = alert_store.read()?;
        let Some(mut offer) = core.notifications().prepare(&seen, core.active_alerts(), now) else {
            return Ok(RoundOutcome::Retry);
        };
        let past = || PastAlerts::new(core.resolved_alerts());
        offer.status.past_revision = core.resolved_alerts_version();
        if alert_store.write(&seen, &offer, past, now)? {
            core.notifications().commit(&offer.log, now);
            let past = alert_store.read_past(&seen.peers)?;
            core.update_peers(Peers { statuses: seen.peers, past_alerts: past }, now);
            return Ok(RoundOutcome::Done);
        }
    }
    Ok(RoundOutcome::Retry)
}
