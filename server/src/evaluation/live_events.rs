//! Live events of alerts: the changes of a tick, and those of peers since the last sync.

use super::DataChanges;
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_dispatch::{PeerStatus, spans_hosts};
use watchglass_live::{AlertChange, AlertMessage};
use watchglass_model::Timestamp;
use watchglass_rules::{Alert, AlertKey, Change};

/// Maximum number of peer changes per sync; nobody reads more at a time.
const MAX_PEER_CHANGES: usize = 50;
/// Alerts of a newly seen peer are reported up to this age.
const MAX_NEW_ALERT_AGE: Duration = Duration::from_secs(60);

/// Alert changes of peers between two syncs, at `time`, with the host before the message. Alerts also found here, in
/// `own`, are skipped; a peer that disappears does not resolve its alerts. Silences are the same on all servers.
pub(crate) fn peer_changes(
    time: Timestamp,
    before: &[PeerStatus],
    after: &[PeerStatus],
    own: &[Alert],
    is_silenced: impl Fn(&Alert) -> bool,
) -> Vec<AlertMessage> {
    let mut changes = Vec::new();
    for peer in after {
        let known = before.iter().find(|known| known.server == peer.server);
        let old = by_key(known.map_or(&[][..], |known| &known.alerts));
        let new = by_key(&peer.alerts);
        for (key, alert) in &new {
            let change = match old.get(key) {
                None if known.is_some() || alert.fired > Some(time - MAX_NEW_ALERT_AGE) => Change::Fired,
                Some(was) if alert.severity > was.severity => Change::Worsened,
                _ => continue,
            };
            changes.push((peer, change(Alert::clone(alert))));
        }
        // A truncated status may lack an alert that still fires.
        let gone = old.iter().filter(|(key, _)| peer.more == 0 && !new.contains_key(*key));
        let over = |was: &Alert| Change::Resolved(Alert { resolved: Some(time), ..was.clone() });
        changes.extend(gone.map(|(_, was)| (peer, over(was))));
    }
    let is_own = |alert: &Alert| own.iter().any(|own| is_same_alert(own, alert));
    let mut messages: Vec<AlertMessage> = changes
        .iter()
        .filter(|(_, change)| !is_own(change.alert()))
        .map(|(peer, change)| {
            let message = message(time, change, is_silenced(change.alert()));
            AlertMessage { message: with_host(&peer.host, &message.message), ..message }
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
pub(crate) fn data_messages(time: Timestamp, changes: &DataChanges) -> Vec<AlertMessage> {
    let lost = changes
        .lost
        .iter()
        .map(|alert| AlertMessage { no_data: true, ..of_alert(AlertChange::NoData, time, alert) });
    let returned = changes.returned.iter().map(|alert| of_alert(AlertChange::DataReturned, time, alert));
    lost.chain(returned).collect()
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
