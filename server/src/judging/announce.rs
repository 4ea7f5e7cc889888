//! What open connections are told of alerts, as the live protocol has it: the changes of a tick, and what other servers found
//! since the last round.

use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_alerts::telling::{Board, spans_hosts};
use watchglass_alerts::{Alert, AlertKey, Change};
use watchglass_live::{AlertChange, AlertMessage};
use watchglass_model::Timestamp;

/// The most that is told of other servers in one round: more at a time nobody reads.
const MOST_OF_OTHERS: usize = 50;
/// An alert of a server that was not known before is told of when it is not older.
const NEW: Duration = Duration::from_secs(60);

/// What has changed on other servers between two rounds, at `time`: each with its host before its words. Not what is found
/// here as well, in `own`; and a server that says nothing more says not that its alerts are over.
pub(crate) fn of_others(
    time: Timestamp,
    before: &[Board],
    after: &[Board],
    own: &[Alert],
) -> Vec<AlertMessage> {
    let mut changes = Vec::new();
    for board in after {
        let known = before.iter().find(|known| known.server == board.server);
        let old = by_key(known.map_or(&[][..], |known| &known.alerts));
        let new = by_key(&board.alerts);
        for (key, alert) in &new {
            let change = match old.get(key) {
                None if known.is_some() || alert.fired > Some(time - NEW) => Change::Fired,
                Some(was) if alert.severity > was.severity => Change::Worsened,
                _ => continue,
            };
            changes.push((board, change(Alert::clone(alert))));
        }
        // Of too many alerts some are not on the board: that one is there no more says nothing then.
        let gone = old.iter().filter(|(key, _)| board.more == 0 && !new.contains_key(*key));
        let over = |was: &Alert| Change::Resolved(Alert { resolved: Some(time), ..was.clone() });
        changes.extend(gone.map(|(_, was)| (board, over(was))));
    }
    let is_own = |alert: &Alert| own.iter().any(|own| is_same(own, alert));
    let mut messages: Vec<AlertMessage> = changes
        .iter()
        .filter(|(_, change)| !is_own(change.alert()))
        .map(|(board, change)| {
            let message = message(time, change);
            AlertMessage { message: with_host(&board.host, &message.message), ..message }
        })
        .collect();
    messages.truncate(MOST_OF_OTHERS);
    messages
}

/// The words of an alert of another server.
pub(crate) fn with_host(host: &str, words: &str) -> String {
    format!("{host}: {words}")
}

fn by_key(alerts: &[Alert]) -> BTreeMap<&AlertKey, &Alert> {
    alerts.iter().map(|alert| (&alert.key, alert)).collect()
}

/// Whether two servers have found the same.
fn is_same(one: &Alert, two: &Alert) -> bool {
    let without_host = |alert: &Alert| {
        let labels = alert.key.labels.iter().filter(|(name, _)| *name != "host");
        labels.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>()
    };
    one.key.rule == two.key.rule && spans_hosts(&one.key.labels) && without_host(one) == without_host(two)
}

/// The messages for what changed at `time`, in the same order.
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
    use watchglass_alerts::Phase;
    use watchglass_model::{Severity, Unit};

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
            message: "Disk use of / is 95.0 %".to_owned(),
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
    fn what_another_server_finds_is_told_with_its_host() {
        let board = |server: &str, alerts: Vec<Alert>| {
            let text = serde_json::json!({
                "version": 1, "server": server, "host": format!("host-{server}"), "incidents": {},
                "alerts": alerts, "more": 0, "acknowledged": [], "because_of": [], "past": 0,
            });
            Board::from_json(text.to_string().as_bytes()).unwrap()
        };
        let mut too_many = board("b", vec![]);
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
                "it begins",
                vec![board("b", vec![])],
                vec![board("b", vec![warning()])],
                &none,
                late,
                vec![Fired],
            ),
            (
                "it is worse",
                vec![board("b", vec![warning()])],
                vec![board("b", vec![critical()])],
                &none,
                late,
                vec![Worsened],
            ),
            ("it stays", vec![board("b", vec![old()])], vec![board("b", vec![old()])], &none, late, vec![]),
            ("it ends", vec![board("b", vec![old()])], vec![board("b", vec![])], &none, late, vec![Resolved]),
            (
                "it is found here as well",
                vec![board("b", vec![])],
                vec![board("b", vec![warning()])],
                &own,
                late,
                vec![],
            ),
            ("its server says nothing more", vec![board("b", vec![old()])], vec![], &none, late, vec![]),
            ("its server was not known", vec![], vec![board("b", vec![old()])], &none, late, vec![]),
            (
                "its server was not known and it is new",
                vec![],
                vec![board("b", vec![warning()])],
                &none,
                recent,
                vec![Fired],
            ),
            (
                "there are too many for the board",
                vec![board("b", vec![old()])],
                vec![too_many],
                &none,
                late,
                vec![],
            ),
        ] {
            let told = of_others(time, &before, &after, own);
            assert_eq!(told.iter().map(|told| told.change).collect::<Vec<_>>(), expected, "{name}");
            for told in told {
                assert_eq!(told.message, "host-b: Disk use of / is 95.0 %", "{name}");
                assert_eq!(told.resolved.is_some(), told.change == Resolved, "{name}");
            }
        }
        let many = (0..80).map(|number| of_host(&format!("r{number}"), "host-b", Severity::Info)).collect();
        assert_eq!(of_others(late, &[board("b", vec![])], &[board("b", many)], &none).len(), MOST_OF_OTHERS);
    }

    #[test]
    fn every_change_and_severity_has_its_word() {
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
    fn a_message_has_all_that_is_known() {
        let time = Timestamp::from_millis(31_000);
        let text = serde_json::to_value(message(time, &Change::Resolved(alert(Severity::Warning)))).unwrap();
        let expected = serde_json::json!({
            "change": "resolved", "time": 31_000, "rule": "disk", "labels": { "mountpoint": "/" },
            "severity": "warning", "component": "storage", "subject": "/", "value": 0.95, "threshold": 0.9,
            "unit": watchglass_export::unit_word(Unit::Ratio), "message": "Disk use of / is 95.0 %",
            "since": 10_000, "fired": 20_000, "resolved": 30_000,
        });
        assert_eq!(text, expected);
    }

    #[test]
    fn units_are_written_as_everywhere() {
        for unit in Unit::ALL {
            assert_eq!(serde_json::to_value(unit).unwrap(), watchglass_export::unit_word(unit));
        }
    }
}
