//! What open connections are told of alerts: the changes of a tick, as the live protocol has them.

use watchglass_alerts::Change;
use watchglass_live::{AlertChange, AlertMessage};
use watchglass_model::Timestamp;

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
    use watchglass_alerts::{Alert, AlertKey, Phase};
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
        for unit in [
            Unit::Ratio,
            Unit::Bytes,
            Unit::BytesPerSecond,
            Unit::Seconds,
            Unit::Count,
            Unit::PerSecond,
            Unit::Celsius,
            Unit::Hertz,
        ] {
            assert_eq!(serde_json::to_value(unit).unwrap(), watchglass_export::unit_word(unit));
        }
    }
}
