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
    boards: &[PeerStatus],
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
        let best = best_peer(boards, key);
        let is_better = best.is_some_and(|(standing, _)| standing > report.standing);
        let lives = |owner: &str| boards.iter().any(|peer| peer.server == owner);
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
                if report.occurrence.as_ref().is_none_or(|episode| *episode == lease.occurrence) {
                    lease.renew(now);
                    lease.entry.merge(&report.entry);
                }
                if !lives(&lease.owner) && !is_better {
                    (lease.owner, lease.time) = (me.to_owned(), now);
                }
            }
            None => {
                let ended = log.leases.get(key).map(|lease| &lease.occurrence);
                let is_told = ended.is_some() && ended == report.occurrence.as_ref();
                // Resolved only here: a server that still finds it notifies.
                let is_elsewhere = report.standing == AlertStanding::Resolved && is_better;
                if !is_told && !is_elsewhere {
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
    boards: &[PeerStatus],
    now: Timestamp,
) {
    for (key, report) in reports {
        let lease = log.leases.get_mut(key).filter(|lease| lease.ended.is_none());
        let Some(lease) = lease else { continue };
        if report.occurrence.as_ref() == Some(&lease.occurrence) {
            lease.renew(now);
            lease.entry.merge(&report.entry);
        }
        if let Some((_, server)) = best_peer(boards, key).filter(|_| lease.owner == me) {
            (lease.owner, lease.time) = (server.to_owned(), now);
        }
    }
}

/// The peer with the best standing for a dedup key; of several the first by id.
fn best_peer<'a>(boards: &'a [PeerStatus], key: &str) -> Option<(AlertStanding, &'a str)> {
    let standing = boards
        .iter()
        .filter_map(|peer| peer.standings.get(key).map(|standing| (*standing, peer.server.as_str())));
    standing.max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)))
}

impl Lease {
    fn new(me: &str, report: &LocalStatus, now: Timestamp) -> Self {
        // If the log was lost, it is the same occurrence as before.
        let episode = report.occurrence.clone().unwrap_or_else(|| format!("{me}-{}", now.millis()));
        Self {
            owner: me.to_owned(),
            occurrence: episode,
            time: now,
            ended: None,
            entry: report.entry.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::fixtures::at;
    use super::*;

    fn report(standing: AlertStanding, episode: Option<&str>) -> BTreeMap<String, LocalStatus> {
        let episode = episode.map(str::to_owned);
        [("x".to_owned(), LocalStatus { standing, occurrence: episode, entry: NotificationEntry::default() })]
            .into()
    }

    fn ledger(owner: &str, ended: bool) -> NotificationLog {
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
        let board = |standing: AlertStanding| {
            vec![PeerStatus::new("b", "hb", [("x".to_owned(), standing)].into_iter().collect())]
        };
        let bystander = || vec![PeerStatus::new("b", "hb", BTreeMap::new())];
        let fresh = Some("a-7000".to_owned());
        let first = Some("1".to_owned());
        for (name, mut log, reports, boards, owner, episode) in [
            (
                "first server takes the lease",
                NotificationLog::default(),
                report(Firing, None),
                board(Firing),
                "a",
                fresh.clone(),
            ),
            (
                "owner keeps the lease",
                ledger("a", false),
                report(Firing, Some("1")),
                board(Firing),
                "a",
                first.clone(),
            ),
            (
                "firing peer gets it",
                ledger("a", false),
                report(Resolved, Some("1")),
                board(Firing),
                "b",
                first.clone(),
            ),
            (
                "unsuppressed peer gets it",
                ledger("a", false),
                report(Suppressed, Some("1")),
                board(Firing),
                "b",
                first.clone(),
            ),
            (
                "not to an equal peer",
                ledger("a", false),
                report(Resolved, Some("1")),
                board(Resolved),
                "a",
                first.clone(),
            ),
            ("new occurrence", ledger("a", false), report(Firing, None), board(Firing), "a", fresh.clone()),
            (
                "nothing is taken from a live owner",
                ledger("b", false),
                report(Firing, None),
                board(Resolved),
                "b",
                first.clone(),
            ),
            (
                "nor from a live owner without the alert",
                ledger("b", false),
                report(Firing, None),
                bystander(),
                "b",
                first.clone(),
            ),
            (
                "taken from a dead owner",
                ledger("c", false),
                report(Firing, None),
                board(Firing),
                "a",
                first.clone(),
            ),
            (
                "left to the best peer",
                ledger("c", false),
                report(Resolved, Some("1")),
                board(Firing),
                "c",
                first.clone(),
            ),
            (
                "resolution is taken over, too",
                ledger("c", false),
                report(Resolved, Some("1")),
                bystander(),
                "a",
                first.clone(),
            ),
            (
                "not after its end",
                ledger("b", true),
                report(Resolved, Some("1")),
                bystander(),
                "b",
                first.clone(),
            ),
            ("unless it fires again", ledger("b", true), report(Firing, None), board(Firing), "a", fresh),
        ] {
            let mine = reconcile(&mut log, "a", &reports, &boards, at(7));
            let lease = &log.leases["x"];
            assert_eq!((lease.owner.as_str(), Some(&lease.occurrence)), (owner, episode.as_ref()), "{name}");
            assert_eq!(mine.contains("x"), owner == "a" && lease.ended.is_none(), "{name}");
        }
        let mut over = ledger("a", false);
        assert!(reconcile(&mut over, "a", &BTreeMap::new(), &board(Firing), at(7)).is_empty());
        assert_eq!(over.leases["x"].ended, Some(at(7)), "unknown to its owner: resolved");
        let mut none = NotificationLog::default();
        assert!(reconcile(&mut none, "a", &report(Resolved, None), &board(Firing), at(7)).is_empty());
        assert!(none.leases.is_empty(), "left to a server that still finds it");
    }

    #[test]
    fn excess_alerts_are_notified_by_every_server() {
        let mut full = NotificationLog::default();
        for number in 0..MAX_LEASES {
            full.leases.insert(format!("{number}"), ledger("b", false).leases["x"].clone());
        }
        let mine = reconcile(&mut full, "a", &report(AlertStanding::Firing, None), &[], at(7));
        assert_eq!((mine.contains("x"), full.leases.len()), (true, MAX_LEASES));
    }
}
