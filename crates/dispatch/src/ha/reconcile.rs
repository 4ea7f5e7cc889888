//! Reconciliation: one sync of a server with the shared log.

use super::notification_entry::NotificationEntry;
use super::notification_log::{Lease, MAX_LEASES, NotificationLog};
use super::peer_status::{AlertStanding, PeerStatus};
use std::collections::{BTreeMap, BTreeSet};
use watchglass_model::Timestamp;

/// Snapshot read from the shared store.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PeerSnapshot {
    /// Notification log.
    pub log: NotificationLog,
    /// Heartbeats of all other live servers.
    pub peers: Vec<PeerStatus>,
}

/// What to write; the log only if nobody wrote it since it was read.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// New notification log.
    pub log: NotificationLog,
    /// Heartbeat of this server; the caller adds its alerts.
    pub status: PeerStatus,
}

/// Local status of a dedup key.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct LocalStatus {
    pub(super) standing: AlertStanding,
    /// Occurrence; `None` before one was agreed on.
    pub(super) occurrence: Option<String>,
    pub(super) entry: NotificationEntry,
}

/// Updates the leases, and returns the dedup keys this server may notify.
///
/// Nothing is taken from a live owner: only it knows what it has just notified.
pub(super) fn reconcile(
    log: &mut NotificationLog,
    me: &str,
    reports: &BTreeMap<String, LocalStatus>,
    peer_statuses: &[PeerStatus],
    now: Timestamp,
) -> BTreeSet<String> {
    for (key, lease) in &mut log.leases {
        // Unknown here by now: its resolution was notified, or nothing was.
        if lease.owner == me && lease.ended.is_none() && !reports.contains_key(key) {
            lease.ended = Some(now);
        }
    }
    let mut mine = BTreeSet::new();
    for (key, report) in reports {
        let best = best_peer(peer_statuses, key);
        let is_better = best.is_some_and(|(standing, _)| standing > report.standing);
        let lives = |owner: &str| peer_statuses.iter().any(|peer| peer.server == owner);
        match log.leases.get_mut(key).filter(|lease| lease.ended.is_none()) {
            Some(lease) if lease.owner == me => {
                if report.occurrence.as_ref() != Some(&lease.occurrence) {
                    // A new occurrence.
                    *lease = Lease::new(me, report, now);
                } else {
                    lease.renew(now);
                    lease.entry.merge(&report.entry);
                    if let Some((_, server)) = best.filter(|_| is_better) {
                        (lease.owner, lease.time) = (server.to_owned(), now);
                    }
                }
            }
            Some(lease) => {
                if report.occurrence.as_ref().is_none_or(|occurrence| *occurrence == lease.occurrence) {
                    lease.renew(now);
                    lease.entry.merge(&report.entry);
                }
                if !lives(&lease.owner) && !is_better {
                    (lease.owner, lease.time) = (me.to_owned(), now);
                }
            }
            None => {
                let ended = log.leases.get(key).map(|lease| &lease.occurrence);
                let is_notified = ended.is_some() && ended == report.occurrence.as_ref();
                // Resolved only here: a server that still finds it notifies.
                let is_elsewhere = report.standing == AlertStanding::Resolved && is_better;
                if !is_notified && !is_elsewhere {
                    if log.leases.len() < MAX_LEASES || ended.is_some() {
                        log.leases.insert(key.clone(), Lease::new(me, report, now));
                    } else {
                        mine.insert(key.clone());
                    }
                }
            }
        }
    }
    let owned = log.leases.iter().filter(|(_, lease)| lease.owner == me && lease.ended.is_none());
    mine.extend(owned.map(|(key, _)| key.clone()));
    mine
}

/// Reconciliation of a server without channels: it reports its status, and gives its leases away.
pub(super) fn reconcile_without_channels(
    log: &mut NotificationLog,
    me: &str,
    reports: &BTreeMap<String, LocalStatus>,
    peer_statuses: &[PeerStatus],
    now: Timestamp,
) {
    for (key, report) in reports {
        let lease = log.leases.get_mut(key).filter(|lease| lease.ended.is_none());
        let Some(lease) = lease else { continue };
        if report.occurrence.as_ref() == Some(&lease.occurrence) {
            lease.renew(now);
            lease.entry.merge(&report.entry);
        }
        if let Some((_, server)) = best_peer(peer_statuses, key).filter(|_| lease.owner == me) {
            (lease.owner, lease.time) = (server.to_owned(), now);
        }
    }
}

/// The peer with the best standing for a dedup key; of several the first by id.
fn best_peer<'a>(peer_statuses: &'a [PeerStatus], key: &str) -> Option<(AlertStanding, &'a str)> {
    let standing = peer_statuses
        .iter()
        .filter_map(|peer| peer.standings.get(key).map(|standing| (*standing, peer.server.as_str())));
    standing.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)))
}

impl Lease {
    fn new(me: &str, report: &LocalStatus, now: Timestamp) -> Self {
        // If the log was lost, it is the same occurrence as before.
        let occurrence = report.occurrence.clone().unwrap_or_else(|| format!("{me}-{}", now.millis()));
        Self { owner: me.to_owned(), occurrence, time: now, ended: None, entry: report.entry.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::at;
    use super::*;

    fn report(standing: AlertStanding, occurrence: Option<&str>) -> BTreeMap<String, LocalStatus> {
        let occurrence = occurrence.map(str::to_owned);
        [("x".to_owned(), LocalStatus { standing, occurrence, entry: NotificationEntry::default() })].into()
    }

    fn notification_log(owner: &str, ended: bool) -> NotificationLog {
        let mut log = NotificationLog::default();
        let lease = Lease {
            owner: owner.to_owned(),
            occurrence: "1".to_owned(),
            time: at(0),
            ended: ended.then(|| at(0)),
            entry: NotificationEntry::default(),
        };
        log.leases.insert("x".to_owned(), lease);
        log
    }

    #[test]
    fn lease_goes_to_the_best_owner() {
        use AlertStanding::{Firing, Resolved, Suppressed};
        let peer_status = |standing: AlertStanding| {
            vec![PeerStatus::new("b", "hb", [("x".to_owned(), standing)].into_iter().collect())]
        };
        let bystander = || vec![PeerStatus::new("b", "hb", BTreeMap::new())];
        let fresh = Some("a-7000".to_owned());
        let first = Some("1".to_owned());
        for (name, mut log, reports, peer_statuses, owner, occurrence) in [
            (
                "first server takes the lease",
                NotificationLog::default(),
                report(Firing, None),
                peer_status(Firing),
                "a",
                fresh.clone(),
            ),
            (
                "owner keeps the lease",
                notification_log("a", false),
                report(Firing, Some("1")),
                peer_status(Firing),
                "a",
                first.clone(),
            ),
            (
                "firing peer gets it",
                notification_log("a", false),
                report(Resolved, Some("1")),
                peer_status(Firing),
                "b",
                first.clone(),
            ),
            (
                "unsuppressed peer gets it",
                notification_log("a", false),
                report(Suppressed, Some("1")),
                peer_status(Firing),
                "b",
                first.clone(),
            ),
            (
                "not to an equal peer",
                notification_log("a", false),
                report(Resolved, Some("1")),
                peer_status(Resolved),
                "a",
                first.clone(),
            ),
            (
                "new occurrence",
                notification_log("a", false),
                report(Firing, None),
                peer_status(Firing),
                "a",
                fresh.clone(),
            ),
            (
                "nothing is taken from a live owner",
                notification_log("b", false),
                report(Firing, None),
                peer_status(Resolved),
                "b",
                first.clone(),
            ),
            (
                "nor from a live owner without the alert",
                notification_log("b", false),
                report(Firing, None),
                bystander(),
                "b",
                first.clone(),
            ),
            (
                "taken from a dead owner",
                notification_log("c", false),
                report(Firing, None),
                peer_status(Firing),
                "a",
                first.clone(),
            ),
            (
                "left to the best peer",
                notification_log("c", false),
                report(Resolved, Some("1")),
                peer_status(Firing),
                "c",
                first.clone(),
            ),
            (
                "resolution is taken over, too",
                notification_log("c", false),
                report(Resolved, Some("1")),
                bystander(),
                "a",
                first.clone(),
            ),
            (
                "not after its end",
                notification_log("b", true),
                report(Resolved, Some("1")),
                bystander(),
                "b",
                first.clone(),
            ),
            (
                "unless it fires again",
                notification_log("b", true),
                report(Firing, None),
                peer_status(Firing),
                "a",
                fresh,
            ),
        ] {
            let mine = reconcile(&mut log, "a", &reports, &peer_statuses, at(7));
            let lease = &log.leases["x"];
            assert_eq!(
                (lease.owner.as_str(), Some(&lease.occurrence)),
                (owner, occurrence.as_ref()),
                "{name}"
            );
            assert_eq!(mine.contains("x"), owner == "a" && lease.ended.is_none(), "{name}");
        }
        let mut over = notification_log("a", false);
        assert!(reconcile(&mut over, "a", &BTreeMap::new(), &peer_status(Firing), at(7)).is_empty());
        assert_eq!(over.leases["x"].ended, Some(at(7)), "unknown to its owner: resolved");
        let mut none = NotificationLog::default();
        assert!(reconcile(&mut none, "a", &report(Resolved, None), &peer_status(Firing), at(7)).is_empty());
        assert!(none.leases.is_empty(), "left to a server that still finds it");
    }

    #[test]
    fn excess_alerts_are_notified_by_every_server() {
        let mut full = NotificationLog::default();
        for number in 0..MAX_LEASES {
            full.leases.insert(format!("{number}"), notification_log("b", false).leases["x"].clone());
        }
        let mine = reconcile(&mut full, "a", &report(AlertStanding::Firing, None), &[], at(7));
        assert_eq!((mine.contains("x"), full.leases.len()), (true, MAX_LEASES));
    }
}
