//! Live events of alerts: the changes of a tick, and those of peers since the last sync.

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
/// `own`, are skipped; a peer that disappears does not resolve its alerts.
pub(crate) fn peer_changes(
    time: Timestamp,
    before: &[PeerStatus],
    after: &[PeerStatus],
    own: &[Alert],
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
            let message = message(time, change);
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

/// Live messages of the changes at `time`, in the same order.
pub(crate) fn messages(time: Timestamp, changes: &[Change]) -> Vec<AlertMessage> {
    changes.iter().map(|change| message(time, change)).collect()
}

fn message(time: Timestamp, change: &Change) -> AlertMessage {
    let alert = change.alert();
    AlertMessage {
        change: match change {
            Change::Fired(_) => AlertChange::Fired,
            Change::Worsened(_) => AlertChange::Worsened,
            Change::FlappingBegan(_) => AlertChange::FlappingBegan,
            Change::FlappingEnded(_) => AlertChange::FlappingEnded,
            Change::Resolved(_) => AlertChange::Resolved,
        },
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
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::{Severity, Unit};
    use watchglass_rules::Phase;

    fn alert(severity: Severity) -> Alert {
        let at = |seconds: i64| Timestamp::from_millis(seconds * 1000);
        Alert {
            key: AlertKey { rule: "disk".to_owned(), labels: [("mountpoint", "/")].into_iter().collect() },
            phase: Phase::Resolved,
            severity,
            component: "storage".to_owned(),
            subject: "/".to_owned(),
            value: Some(0.95),
            threshold: 0.9,
            unit: Unit::Ratio,
            message: "Disk almost full on /: 95.0 % (limit 90.0 %)".to_owned(),
            since: at(10),
            fired: Some(at(20)),
            resolved: Some(at(30)),
            flapping: false,
            labels: [("team", "ops")].into_iter().collect(),
        }
    }

    fn of_host(rule: &str, host: &str, severity: Severity) -> Alert {
        let labels = [("host", host), ("probe", "redis:cache:6379")].into_iter().collect();
        let key = AlertKey { rule: rule.to_owned(), labels };
        Alert { key, phase: Phase::Firing, resolved: None, ..alert(severity) }
    }

    #[test]
    fn peer_changes_are_reported_with_host() {
        let peer_status = |server: &str, alerts: Vec<Alert>| {
            let text = serde_json::json!({
                "version": 1, "server": server, "host": format!("host-{server}"), "incidents": {},
                "alerts": alerts, "more": 0, "acknowledged": [], "because_of": [], "past": 0,
            });
            PeerStatus::from_json(text.to_string().as_bytes()).unwrap()
        };
        let mut too_many = peer_status("b", vec![]);
        too_many.more = 3;
        let warning = || of_host("a", "host-b", Severity::Warning);
        let critical = || of_host("a", "host-b", Severity::Critical);
        let old = || Alert { fired: Some(Timestamp::from_millis(1000)), ..critical() };
        let recent = Timestamp::from_millis(30_000);
        let late = Timestamp::from_millis(600_000);
        let own = vec![of_host("a", "me", Severity::Critical)];
        let none = Vec::new();
        use AlertChange::{Fired, Resolved, Worsened};
        for (name, before, after, own, time, expected) in [
            (
                "fires",
                vec![peer_status("b", vec![])],
                vec![peer_status("b", vec![warning()])],
                &none,
                late,
                vec![Fired],
            ),
            (
                "severity increases",
                vec![peer_status("b", vec![warning()])],
                vec![peer_status("b", vec![critical()])],
                &none,
                late,
                vec![Worsened],
            ),
            (
                "unchanged",
                vec![peer_status("b", vec![old()])],
                vec![peer_status("b", vec![old()])],
                &none,
                late,
                vec![],
            ),
            (
                "resolves",
                vec![peer_status("b", vec![old()])],
                vec![peer_status("b", vec![])],
                &none,
                late,
                vec![Resolved],
            ),
            (
                "also found here",
                vec![peer_status("b", vec![])],
                vec![peer_status("b", vec![warning()])],
                &own,
                late,
                vec![],
            ),
            ("peer disappears", vec![peer_status("b", vec![old()])], vec![], &none, late, vec![]),
            ("old alert of a new peer", vec![], vec![peer_status("b", vec![old()])], &none, late, vec![]),
            (
                "new alert of a new peer",
                vec![],
                vec![peer_status("b", vec![warning()])],
                &none,
                recent,
                vec![Fired],
            ),
            ("truncated status", vec![peer_status("b", vec![old()])], vec![too_many], &none, late, vec![]),
        ] {
            let reported = peer_changes(time, &before, &after, own);
            assert_eq!(
                reported.iter().map(|reported| reported.change).collect::<Vec<_>>(),
                expected,
                "{name}"
            );
            for reported in reported {
                assert_eq!(
                    reported.message, "host-b: Disk almost full on /: 95.0 % (limit 90.0 %)",
                    "{name}"
                );
                assert_eq!(reported.resolved.is_some(), reported.change == Resolved, "{name}");
            }
        }
        let many = (0..80).map(|number| of_host(&format!("r{number}"), "host-b", Severity::Info)).collect();
        assert_eq!(
            peer_changes(late, &[peer_status("b", vec![])], &[peer_status("b", many)], &none).len(),
            MAX_PEER_CHANGES
        );
    }

    #[test]
    fn every_change_and_severity_is_mapped() {
        let warning = || alert(Severity::Warning);
        let changes = [
            Change::Fired(warning()),
            Change::Worsened(warning()),
            Change::FlappingBegan(warning()),
            Change::FlappingEnded(warning()),
            Change::Resolved(warning()),
        ];
        let expected = [
            AlertChange::Fired,
            AlertChange::Worsened,
            AlertChange::FlappingBegan,
            AlertChange::FlappingEnded,
            AlertChange::Resolved,
        ];
        let messages = messages(Timestamp::default(), &changes);
        assert_eq!(messages.iter().map(|message| message.change).collect::<Vec<_>>(), expected);

        for severity in Severity::ALL {
            assert_eq!(message(Timestamp::default(), &Change::Fired(alert(severity))).severity, severity);
        }
    }

    #[test]
    fn message_has_all_fields() {
        let time = Timestamp::from_millis(31_000);
        let text = serde_json::to_value(message(time, &Change::Resolved(alert(Severity::Warning)))).unwrap();
        let expected = serde_json::json!({
            "change": "resolved", "time": 31_000, "rule": "disk", "labels": { "mountpoint": "/" },
            "severity": "warning", "component": "storage", "subject": "/", "value": 0.95, "threshold": 0.9,
            "unit": watchglass_reports::unit_name(Unit::Ratio), "message": "Disk almost full on /: 95.0 % (limit 90.0 %)",
            "since": 10_000, "fired": 20_000, "resolved": 30_000,
        });
        assert_eq!(text, expected);
    }

    #[test]
    fn units_are_serialised_consistently() {
        for unit in Unit::ALL {
            assert_eq!(serde_json::to_value(unit).unwrap(), watchglass_reports::unit_name(unit));
        }
    }
}
