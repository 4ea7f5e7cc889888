//! Cluster sync over Redis: one thread exchanges alerts, notifications and rules with other servers every second, another
//! one sessions. No tick waits for them.
//!
//! This module only transports data. Deduplication of notifications, conflicts between rules and validity of sessions are
//! decided by the dispatcher, the rule versions and the accounts. Rules and sessions are replicated maps.

mod identity;
mod redis_alert_store;
mod rule_sync;
mod session_sync;
mod sync_state;

pub(crate) use identity::FILE as SERVER_ID;

use crate::access::{Access, Wake};
use crate::clock::now;
use crate::config::Settings;
use crate::evaluation::live_events;
use crate::notifications::{Notifications, Peers};
use crate::services::RuleService;
use redis_alert_store::RedisAlertStore;
use rule_sync::RuleSync;
use session_sync::SessionSync;
use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender, SyncSender};
use std::thread;
use std::time::Duration;
use watchglass_dispatch::{HostIdentity, PastAlerts};
use watchglass_live::Hub;
use watchglass_model::Timestamp;
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

/// Parts that are synced.
#[derive(Debug)]
pub(crate) struct ClusterParts {
    pub(crate) rules: RuleService,
    pub(crate) notifications: Arc<Notifications>,
    pub(crate) hub: Arc<Hub>,
    pub(crate) access: Arc<Access>,
}

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
        parts: ClusterParts,
        host: &str,
        folder: &Path,
    ) -> Result<Self, Box<dyn Error>> {
        let Some(url) = &settings.redis_url else { return Ok(Self::default()) };
        let id = identity::id(folder)?;
        let place = HostIdentity { host: host.to_owned(), machine: identity::machine(&id) };
        let ClusterParts { rules, notifications, hub, access } = parts;
        notifications.join_cluster(&id, place, now());
        rules.rules.set_server_id(&id);
        tracing::info!(server = id, "cluster sync started");
        let alert_store = RedisAlertStore::new(Target::parse(url)?, &settings.redis_prefix, &id);
        let rule_sync = RuleSync::new(Target::parse(url)?, &settings.redis_prefix, &id);
        let (stop, stopped) = mpsc::channel();
        let (end, finished) = mpsc::channel::<()>();
        let sessions = settings.redis_sessions.then(|| {
            let session_sync = SessionSync::new(Target::parse(url)?, &settings.redis_prefix, &id);
            let (sync_rounds, wake) = access.start_session_sync();
            let end = end.clone();
            thread::Builder::new().name("sessions-redis".to_owned()).spawn(move || {
                session_sync.run(access.as_ref(), &sync_rounds);
                drop(end);
            })?;
            Ok::<_, Box<dyn Error>>(wake)
        });
        let sessions = sessions.transpose()?;
        thread::Builder::new().name("alerts-redis".to_owned()).spawn(move || {
            run(&AlertSync { rules, notifications, hub }, alert_store, rule_sync, &stopped);
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

/// Parts of the thread that syncs alerts, notifications and rules.
#[derive(Debug)]
struct AlertSync {
    rules: RuleService,
    notifications: Arc<Notifications>,
    hub: Arc<Hub>,
}

fn run(sync: &AlertSync, mut alert_store: RedisAlertStore, mut rule_sync: RuleSync, stopped: &Receiver<()>) {
    let mut is_failing = false;
    loop {
        let mut pause = INTERVAL;
        match sync.round(&mut alert_store) {
            Ok(RoundOutcome::Retry) => pause = RETRY_INTERVAL,
            Ok(RoundOutcome::Done) => {
                if is_failing {
                    tracing::info!("alert sync restored");
                }
                is_failing = false;
            }
            Err(error) => {
                sync.notifications.abort();
                if !is_failing {
                    tracing::warn!(%error, "alert sync failed; notifications are not deduplicated between servers");
                }
                is_failing = true;
            }
        }
        // An unreachable Redis is contacted only once per round and logged once.
        if !is_failing {
            rule_sync.sync(&sync.rules, now());
        }
        match stopped.recv_timeout(pause) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if !is_failing {
        rule_sync.sync(&sync.rules, now());
        // If this fails, other servers notice by the expired heartbeat.
        let _ = sync.round(&mut alert_store).and_then(|_| alert_store.leave());
    }
}

impl AlertSync {
    fn round(&self, alert_store: &mut RedisAlertStore) -> Result<RoundOutcome, RemoteError> {
        let (rules, notifications) = (&self.rules.rules, &self.notifications);
        for _ in 0..MAX_ATTEMPTS {
            let now = now();
            let seen = alert_store.read()?;
            let Some(mut offer) = notifications.prepare(&seen, rules.active(), now) else {
                return Ok(RoundOutcome::Retry);
            };
            let past = || PastAlerts::new(rules.past());
            offer.status.past_revision = rules.past_revision();
            if alert_store.write(&seen, &offer, past, now)? {
                notifications.commit(&offer.log, now);
                let past = alert_store.read_past(&seen.peers)?;
                let suppressed = notifications.suppressed_alerts(&seen.peers, now);
                self.update_peers(Peers { statuses: seen.peers, suppressed, past_alerts: past }, now);
                return Ok(RoundOutcome::Done);
            }
        }
        Ok(RoundOutcome::Retry)
    }

    /// Replaces the alerts of other servers, and publishes what changed to open pages.
    fn update_peers(&self, peers: Peers, now: Timestamp) {
        let (rules, notifications) = (&self.rules.rules, &self.notifications);
        let before = notifications.peers();
        let messages = live_events::peer_changes(now, before.alerts(), peers.alerts(), &rules.active());
        notifications.set_peers(peers);
        // Published last: pages reload the whole list when they receive a message.
        self.hub.publish_alerts(messages);
    }
}
