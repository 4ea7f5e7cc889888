//! Live events of alerts: the changes of a tick, and those of peers since the last sync.

use super::DataChanges;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use watchglass_dispatch::{PeerStatus, spans_hosts};
use watchglass_live::{AlertChange, AlertMessage};
use watchglass_model::Timestamp;
use watchglass_rules::{Alert, AlertKey, Change};

/// Maximum number of peer changes per sync; nobody reads more at a time.
const MAX_PEER_CHANGES: usize = 50;
/// Alerts of a newly seen peer are reported up to this age.
const MAX_NEW_ALERT_AGE: Duration = Duration::from_secs(60);

/// Alerts of peers.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PeerAlerts<'a> {
    pub(crate) statuses: &'a [PeerStatus],
    /// Those that are silenced or inhibited.
    pub(crate) suppressed: &'a BTreeSet<AlertKey>,
}

/// Alert changes of peers between two syncs, at `time`, with the host before the message. Alerts also found here, in
/// `own`, are skipped; a peer that disappears does not resolve its alerts.
pub(crate) fn peer_changes(
    time: Timestamp,
    before: PeerAlerts<'_>,
    after: PeerAlerts<'_>,
    own: &[Alert],
) -> Vec<AlertMessage> {
    let mut changes = Vec::new();
    for peer in after.statuses {
        let known = before.statuses.iter().find(|known| known.server == peer.server);
        let old = by_key(known.map_or(&[][..], |known| &known.alerts));
        let new = by_key(&peer.alerts);
        for (key, alert) in &new {
            let suppressed = after.suppressed.contains(*key);
            let change = match old.get(key) {
                None if known.is_some() || alert.fired > Some(time - MAX_NEW_ALERT_AGE) => AlertChange::Fired,
                Some(was) if alert.severity > was.severity => AlertChange::Worsened,
                Some(_) if suppressed != before.suppressed.contains(*key) => suppression_change(suppressed),
                _ => continue,
            };
            let message = AlertMessage { suppressed, ..of_alert(change, time, alert) };
            changes.push((peer, *alert, message));
        }
        // A truncated status may lack an alert that still fires.
        let gone = old.iter().filter(|(key, _)| peer.more == 0 && !new.contains_key(*key));
        let over = |was: &Alert| AlertMessage {
            resolved: Some(time),
            suppressed: before.suppressed.contains(&was.key),
            ..of_alert(AlertChange::Resolved, time, was)
        };
        changes.extend(gone.map(|(_, was)| (peer, *was, over(was))));
    }
    let is_own = |alert: &Alert| own.iter().any(|own| is_same_alert(own, alert));
    let mut messages: Vec<AlertMessage> = changes
        .into_iter()
        .filter(|(_, alert, _)| !is_own(alert))
        .map(|(peer, _, message)| AlertMessage {
            message: with_host(&peer.host, &message.message),
            ..message
        })
        .collect();
    messages.truncate(MAX_PEER_CHANGES);
    messages
}

/// Message of an alert of a peer.
pub(crate) fn with_host(host: &str, message: &str) -> String {
    format!("{host}: {message}")
}

fn by_key(alerts: &[Alert]) -> BTreeMap<&AlertKey, &Alert> {
    alerts.iter().map(|alert| (&alert.key, alert)).collect()
}

/// Whether two servers have found the same alert.
fn is_same_alert(one: &Alert, two: &Alert) -> bool {
    let without_host = |alert: &Alert| {
        let labels = alert.key.labels.iter().filter(|(name, _)| *name != "host");
        labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    one.key.rule == two.key.rule && spans_hosts(&one.key.labels) && without_host(one) == without_host(two)
}

/// Live messages of alerts that have lost their data or have it again, at `time`.
pub(crate) fn data_messages(
    time: Timestamp,
    changes: &DataChanges,
    is_suppressed: impl Fn(&Alert) -> bool,
) -> Vec<AlertMessage> {
    let message = |change, alert| AlertMessage {
        no_data: change == AlertChange::NoData,
        suppressed: is_suppressed(alert),
        ..of_alert(change, time, alert)
    };
    let lost = changes.lost.iter().map(|alert| message(AlertChange::NoData, alert));
    let returned = changes.returned.iter().map(|alert| message(AlertChange::DataReturned, alert));
    lost.chain(returned).collect()
}

/// Live messages of firing alerts that are suppressed since `time`, or no longer are. `without_data` has those without data.
pub(crate) fn suppression_messages(
    time: Timestamp,
    changes: &[(Alert, bool)],
    without_data: &BTreeMap<AlertKey, Timestamp>,
) -> Vec<AlertMessage> {
    let message = |(alert, suppressed): &(Alert, bool)| AlertMessage {
        no_data: without_data.contains_key(&alert.key),
        suppressed: *suppressed,
        ..of_alert(suppression_change(*suppressed), time, alert)
    };
    changes.iter().map(message).collect()
}

fn suppression_change(is_suppressed: bool) -> AlertChange {
    if is_suppressed { AlertChange::Suppressed } else { AlertChange::Unsuppressed }
}

/// Live messages of the changes at `time`, in the same order. `suppressed` says for each whether it is not notified.
pub(crate) fn messages(time: Timestamp, changes: &[Change], suppressed: &[bool]) -> Vec<AlertMessage> {
    let suppressed = suppressed.iter().copied().chain(std::iter::repeat(false));
    changes.iter().zip(suppressed).map(|(change, suppressed)| message(time, change, suppressed)).collect()
}

fn message(time: Timestamp, change: &Change, suppressed: bool) -> AlertMessage {
    let kind = match change {
        Change::Fired(_) => AlertChange::Fired,
        Change::Worsened(_) => AlertChange::Worsened,
        Change::FlappingBegan(_) => AlertChange::FlappingBegan,
        Change::FlappingEnded(_) => AlertChange::FlappingEnded,
        Change::Resolved(_) => AlertChange::Resolved,
    };
    AlertMessage { suppressed, ..of_alert(kind, time, change.alert()) }
}

fn of_alert(change: AlertChange, time: Timestamp, alert: &Alert) -> AlertMessage {
    AlertMessage {
        change,
        time,
        rule: alert.key.rule.clone(),
        labels: alert.key.labels.clone(),
        severity: alert.severity,
        component: alert.component.clone(),
        subject: alert.subject.clone(),
        value: alert.value,
        threshold: alert.threshold,
        unit: alert.unit,
        message: alert.message.clone(),
        since: alert.since,
        fired: alert.fired,
        resolved: alert.resolved,
        no_data: false,
        suppressed: false,
    }
}

#[cfg(test)]
#[path = "live_events_tests.rs"]
mod tests;
