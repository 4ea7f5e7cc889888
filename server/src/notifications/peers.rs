//! Alert state of other servers, and sync with them.

use super::Notifications;
use crate::evaluation::live_events::PeerAlerts;
use std::collections::BTreeSet;
use std::sync::{Arc, PoisonError};
use watchglass_dispatch::{HostIdentity, NotificationLog, PastAlerts, PeerSnapshot, PeerStatus, Proposal};
use watchglass_model::Timestamp;
use watchglass_rules::{Alert, AlertKey};

/// State of other servers.
#[derive(Debug, Default)]
pub(crate) struct Peers {
    /// Heartbeats of live servers.
    pub(crate) statuses: Vec<PeerStatus>,
    /// Their alerts that are silenced or inhibited.
    pub(crate) suppressed: BTreeSet<AlertKey>,
    /// Past alerts of each server.
    pub(crate) past_alerts: Vec<Arc<PastAlerts>>,
}

impl Peers {
    /// Their active alerts.
    pub(crate) fn alerts(&self) -> PeerAlerts<'_> {
        PeerAlerts { statuses: &self.statuses, suppressed: &self.suppressed }
    }
}

impl Notifications {
    /// Enables sync with other servers.
    pub(crate) fn join_cluster(&self, server: &str, place: HostIdentity, now: Timestamp) {
        self.dispatcher().join_cluster(server, place, !self.channels.is_empty(), now);
    }

    /// Prepares what to publish after `seen` was read. `None` while notifications are not yet saved on this server: others
    /// would consider them sent, and a crash would lose them.
    pub(crate) fn prepare(
        &self,
        seen: &PeerSnapshot,
        active: Vec<Alert>,
        now: Timestamp,
    ) -> Option<Proposal> {
        let mut dispatcher = self.dispatcher();
        // Nothing is committed while the dispatcher is locked.
        if !self.is_saved() {
            return None;
        }
        let mut offer = dispatcher.prepare(seen, now)?;
        offer.status.alerts = active;
        Some(offer)
    }

    /// Commits the published state.
    pub(crate) fn commit(&self, notification_log: &NotificationLog, now: Timestamp) {
        let mut dispatcher = self.dispatcher();
        if dispatcher.commit(notification_log, now) {
            self.save(&dispatcher, Vec::new());
        }
    }

    /// Replaces the state of other servers.
    pub(crate) fn set_peers(&self, others: Peers) {
        *self.peers.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(others);
    }

    /// The sync failed.
    pub(crate) fn abort(&self) {
        self.dispatcher().abort();
        // Their active alerts may have resolved meanwhile; past alerts stay valid.
        let past = self.peers().past_alerts.clone();
        self.set_peers(Peers { past_alerts: past, ..Peers::default() });
    }

    /// State of other servers.
    pub(crate) fn peers(&self) -> Arc<Peers> {
        Arc::clone(&self.peers.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The alerts of other servers that are silenced or inhibited.
    pub(crate) fn suppressed_alerts(&self, statuses: &[PeerStatus], now: Timestamp) -> BTreeSet<AlertKey> {
        let dispatcher = self.dispatcher();
        let inhibited = statuses.iter().flat_map(|status| &status.inhibited).map(|one| one.alert.clone());
        let alerts = statuses.iter().flat_map(|status| &status.alerts);
        let silenced = alerts.filter(|alert| dispatcher.silence_for(alert, now).is_some());
        inhibited.chain(silenced.map(|alert| alert.key.clone())).collect()
    }

    /// Whether an alert is silenced or inhibited, or may still recover after that: no user has to care yet.
    pub(crate) fn is_suppressed(&self, alert: &Alert, now: Timestamp) -> bool {
        self.suppressed_by(alert, now) != (None, None) || self.dispatcher().is_settling(&alert.key)
    }

    /// Id of the silence that suppresses an alert, and rule of the alert that inhibits it.
    pub(crate) fn suppressed_by(&self, alert: &Alert, now: Timestamp) -> (Option<String>, Option<String>) {
        let others = self.peers();
        let dispatcher = self.dispatcher();
        let silence = dispatcher.silence_for(alert, now).map(|silence| silence.id.clone());
        let theirs = || {
            others
                .statuses
                .iter()
                .flat_map(|peer_status| &peer_status.inhibited)
                .find(|one| one.alert == alert.key)
        };
        let cause = dispatcher.inhibited_by(&alert.key).or_else(|| theirs().map(|one| &one.cause));
        (silence, cause.map(|cause| cause.rule.clone()))
    }
}
