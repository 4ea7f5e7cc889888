//! Ownership of notifications between servers.

use super::super::dispatcher::Dispatcher;
use super::super::tracked_alert::TrackedAlert;
use super::dedup_key::HostIdentity;
use super::notification_entry::NotificationEntry;
use super::notification_log::{Lease, NotificationLog};
use super::peer_status::{AlertStanding, PeerStatus};
use super::reconcile::{LocalStatus, PeerSnapshot, Proposal, reconcile, reconcile_without_channels};
use super::shared_silences::SharedSilences;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_rules::Alert;

/// Time without a successful sync after which a server notifies everything itself. Shorter than the lifetime of a
/// heartbeat, so that the leases of a server that seems dead are not taken while it still notifies.
pub const SYNC_TIMEOUT: Duration = Duration::from_secs(10);

/// Occurrence of a silence expiry; there is only one.
const SILENCE_EXPIRY: &str = "ending";

/// Cluster state of a dispatcher.
#[derive(Clone, Debug)]
pub(crate) struct Cluster {
    server_id: String,
    host_identity: HostIdentity,
    has_channels: bool,
    /// Dedup keys owned by this server.
    owned: BTreeSet<String>,
    /// Ownership after the pending sync is written.
    proposed: ProposedState,
    /// Start of the last successful sync, or of the cluster membership.
    last_sync: Timestamp,
    /// Whether the last sync failed.
    is_failing: bool,
}

#[derive(Clone, Debug, Default)]
struct ProposedState {
    owned: BTreeSet<String>,
    /// Start of the tracked alert meant by each dedup key.
    opened: BTreeMap<String, Option<Timestamp>>,
    time: Timestamp,
}

impl Cluster {
    /// Whether a peer owns or may own the notifications of a dedup key.
    pub(crate) fn is_owned_by_peer(&self, key: Option<&String>, now: Timestamp) -> bool {
        let is_recent = self.last_sync + SYNC_TIMEOUT > now;
        let is_alone = self.is_failing && !is_recent;
        let is_mine = |key: &String| is_alone || (is_recent && self.owned.contains(key));
        key.is_some_and(|key| !is_mine(key))
    }

    /// The clock was set back.
    pub(crate) fn adjust_to_clock(&mut self, now: Timestamp) {
        self.last_sync = self.last_sync.min(now);
    }

    /// Dedup key of an alert, if peers may find the same.
    pub(crate) fn dedup_key(&self, alert: &Alert) -> Option<String> {
        self.host_identity.dedup_key(&alert.key)
    }
}

impl Dispatcher {
    /// Joins a cluster. `server` is a unique id that stays the same across restarts; a server without channels leaves
    /// shared alerts to its peers. Alerts that peers may notify wait until a sync has succeeded or failed.
    pub fn join_cluster(&mut self, server: &str, place: HostIdentity, has_channels: bool, now: Timestamp) {
        for tracked in self.active.values_mut().chain(&mut self.resolved) {
            tracked.derived.dedup_key = place.dedup_key(&tracked.alert.key);
        }
        self.cluster = Some(Cluster {
            server_id: server.to_owned(),
            host_identity: place,
            has_channels,
            owned: BTreeSet::new(),
            proposed: ProposedState::default(),
            last_sync: now,
            is_failing: false,
        });
    }

    /// First phase of a sync: what to write after `snapshot` was read; `None` for a single server. Leases that are given
    /// away are no longer notified from now on.
    ///
    /// It contains what was notified: call it only after that is persisted, or a crash could lose a message.
    pub fn prepare(&mut self, snapshot: &PeerSnapshot, now: Timestamp) -> Option<Proposal> {
        let reports = self.local_statuses();
        let notes = SharedSilences::of(&self.silences, &self.silence_changes, &self.remote_acks);
        let acknowledged = self.acknowledgements().cloned().collect();
        let because_of = self.inhibitions().collect();
        let cluster = self.cluster.as_mut()?;
        let mut log = snapshot.log.clone();
        log.shared.merge(&notes);
        let is_known = |key: &str, occurrence: &str| {
            reports.get(key).is_some_and(|report| report.occurrence.as_deref() == Some(occurrence))
        };
        log.expire(is_known, now);
        log.end_leases(&self.ended_occurrences, now);
        let me = Some(cluster.server_id.as_str()).filter(|_| cluster.has_channels);
        let mine = me.map(|me| reconcile(&mut log, me, &reports, &snapshot.peers, now)).unwrap_or_default();
        if me.is_none() {
            reconcile_without_channels(&mut log, &cluster.server_id, &reports, &snapshot.peers, now);
        }
        cluster.owned.retain(|key| mine.contains(key));
        let opened = reports.iter().map(|(key, report)| (key.clone(), report.entry.opened));
        cluster.proposed = ProposedState { owned: mine, opened: opened.collect(), time: now };
        let standings = reports.iter().filter(|_| me.is_some());
        let standings = standings.map(|(key, report)| (key.clone(), report.standing));
        let mut status =
            PeerStatus::new(&cluster.server_id, &cluster.host_identity.host, standings.collect());
        (status.acknowledged, status.inhibited) = (acknowledged, because_of);
        Some(Proposal { log, status })
    }

    /// Second phase of a sync: the last proposal was written, and `log` is agreed on. Returns whether something
    /// changed that must be saved.
    pub fn commit(&mut self, log: &NotificationLog, now: Timestamp) -> bool {
        let Some(cluster) = &mut self.cluster else { return false };
        cluster.owned.clone_from(&cluster.proposed.owned);
        (cluster.last_sync, cluster.is_failing) = (cluster.proposed.time, false);
        self.ended_occurrences.retain(|key, occurrence| {
            let lease = log.leases.get(key);
            lease.is_some_and(|lease| lease.occurrence == *occurrence && lease.ended.is_none())
        });
        let is_news = self.adopt_log(log, now);
        self.apply_shared(&log.shared, now) || is_news
    }

    /// The sync failed.
    pub fn abort(&mut self) {
        if let Some(cluster) = &mut self.cluster {
            cluster.is_failing = true;
        }
    }

    fn local_statuses(&self) -> BTreeMap<String, LocalStatus> {
        let report = |tracked: &TrackedAlert, standing| {
            let key = tracked.derived.dedup_key.clone()?;
            let (occurrence, record) = (tracked.occurrence.clone(), NotificationEntry::of(tracked));
            Some((key, LocalStatus { standing, occurrence, entry: record }))
        };
        let over = self.resolved.iter().filter_map(|tracked| report(tracked, AlertStanding::Resolved));
        let open = self.active.values().filter_map(|tracked| {
            report(
                tracked,
                if tracked.suppressed { AlertStanding::Suppressed } else { AlertStanding::Firing },
            )
        });
        // Each silence expiry is one, on all servers.
        let endings = self.deferred_reminders.keys().map(|key| {
            let occurrence = Some(SILENCE_EXPIRY.to_owned());
            (
                key.clone(),
                LocalStatus {
                    standing: AlertStanding::Firing,
                    occurrence,
                    entry: NotificationEntry::default(),
                },
            )
        });
        // A firing alert overrides its previous resolution.
        over.chain(open).chain(endings).collect()
    }

    /// Adopts notifications of peers, and drops resolutions that peers have notified.
    fn adopt_log(&mut self, log: &NotificationLog, now: Timestamp) -> bool {
        let settle = self.settle_duration();
        let Some(Cluster { server_id: me, proposed: offered, .. }) = &self.cluster else { return false };
        let lease_of =
            |tracked: &TrackedAlert| tracked.derived.dedup_key.as_ref().and_then(|key| log.leases.get(key));
        let mut is_news = false;
        for tracked in self.active.values_mut() {
            let Some(lease) = lease_of(tracked) else { continue };
            let before = (tracked.occurrence.clone(), NotificationEntry::of(tracked));
            let was_offered = tracked
                .derived
                .dedup_key
                .as_ref()
                .is_some_and(|key| offered.opened.get(key) == Some(&tracked.opened));
            match &tracked.occurrence {
                Some(occurrence) if lease.ended.is_some() => {
                    if *occurrence == lease.occurrence {
                        tracked.restart_occurrence(now + settle);
                    }
                }
                // It resolved and fired again since the proposal: a different occurrence.
                None if lease.ended.is_some() || (lease.owner == *me && !was_offered) => {}
                _ => tracked.adopt_lease(lease),
            }
            is_news |= before != (tracked.occurrence.clone(), NotificationEntry::of(tracked));
        }
        let before = self.resolved.len();
        let open: BTreeSet<String> =
            self.active.values().filter_map(|tracked| tracked.derived.dedup_key.clone()).collect();
        self.resolved.retain_mut(|tracked| {
            let Some(lease) = lease_of(tracked) else { return true };
            let is_same =
                tracked.occurrence.as_ref().is_none_or(|occurrence| *occurrence == lease.occurrence);
            if lease.ended.is_some() {
                return !(is_same && tracked.occurrence.is_some());
            }
            if lease.owner == *me && !is_same {
                // It fires again, and its resolution is not notified yet.
                return true;
            }
            // If it fires again here, it has never resolved cluster-wide.
            let is_back = tracked.derived.dedup_key.as_ref().is_some_and(|key| open.contains(key));
            if is_same && !is_back {
                tracked.adopt_lease(lease);
            }
            is_same && (!is_back || lease.owner == *me)
        });
        let is_notified = |key: &String| log.leases.get(key).is_some_and(|lease| lease.ended.is_some());
        let notified = self.deferred_reminders.extract_if(.., |key, _| is_notified(key));
        self.silence_reminders.extend(notified.map(|(_, ending)| ending));
        let is_news = is_news || self.resolved.len() < before;
        if is_news {
            self.prune_idle_groups();
        }
        is_news
    }
}

impl TrackedAlert {
    /// Hands the notifications over to a peer, or takes them back.
    pub(crate) fn set_owned_by_peer(&mut self, is_held: bool) {
        if self.derived.is_owned_by_peer
            && !is_held
            && (self.drop_unnotified_routes() || self.routes.is_empty())
        {
            // The routes depend on the time of the notification.
            self.routed = None;
        }
        self.derived.is_owned_by_peer = is_held;
    }

    /// Adopts the occurrence of a lease and what was notified of it.
    fn adopt_lease(&mut self, lease: &Lease) {
        if self.occurrence.as_ref().is_some_and(|occurrence| *occurrence != lease.occurrence) {
            // The resolution of the previous occurrence was notified.
            (self.routes, self.routed) = (BTreeMap::new(), None);
            self.opened = self.alert.fired;
        }
        self.occurrence = Some(lease.occurrence.clone());
        lease.entry.apply_to(self);
    }

    /// The resolution was notified, but the alert fires here: it may resolve soon.
    fn restart_occurrence(&mut self, settles: Timestamp) {
        (self.routes, self.routed, self.occurrence) = (BTreeMap::new(), None, None);
        (self.acknowledged, self.unacknowledged_at, self.opened) = (None, None, self.alert.fired);
        self.settling_until = Some(settles);
    }
}
