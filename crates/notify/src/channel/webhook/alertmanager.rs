//! Body of Alertmanager's webhooks, version 4
//! ([`webhook_config`](https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)).

use crate::{AlertDetails, AlertGroup, AlertStatus, Message, SendError};
use serde::Serialize;
use std::collections::BTreeMap;
use watchglass_model::time_text::format_millis;

/// Time of an alert that has no end.
const NO_TIME: &str = "0001-01-01T00:00:00Z";

type Map = BTreeMap<String, String>;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    receiver: &'a str,
    status: AlertStatus,
    alerts: Vec<Alert>,
    group_labels: &'a Map,
    common_labels: Map,
    common_annotations: Map,
    #[serde(rename = "externalURL")]
    external_url: &'a str,
    version: &'static str,
    group_key: String,
    truncated_alerts: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Alert {
    status: AlertStatus,
    labels: Map,
    annotations: Map,
    starts_at: String,
    ends_at: String,
    #[serde(rename = "generatorURL")]
    generator_url: String,
    fingerprint: String,
}

/// The body for the receiver, which is the name of the channel.
///
/// # Errors
/// It cannot be serialised.
pub(super) fn json(message: &Message, receiver: &str) -> Result<Vec<u8>, SendError> {
    let none = AlertGroup::default();
    let group = message.group.as_ref().unwrap_or(&none);
    let mut alerts: Vec<Alert> = group.alerts.iter().map(alert).collect();
    if alerts.is_empty() {
        // A message about no alert, such as the end of a silence: receivers expect at least one.
        alerts.push(alert_of_message(message));
    }
    let body = Body {
        receiver,
        status: message.status(),
        group_labels: &group.labels,
        common_labels: common(&alerts, |alert| &alert.labels),
        common_annotations: common(&alerts, |alert| &alert.annotations),
        external_url: &group.external_url,
        version: "4",
        group_key: group_key(group),
        truncated_alerts: group.truncated,
        alerts,
    };
    serde_json::to_vec(&body)
        .map_err(|error| SendError::permanent(format!("cannot serialise the message as JSON: {error}")))
}

fn alert(alert: &AlertDetails) -> Alert {
    let mut labels = alert.labels.clone();
    labels.insert("alertname".to_owned(), alert.rule.clone());
    let number = |number: &Option<serde_json::Number>| number.as_ref().map(ToString::to_string);
    let annotations = [
        ("summary", Some(alert.summary.clone())),
        ("description", Some(alert.description.clone())),
        ("next_steps", Some(alert.next_steps.clone())),
        ("runbook_url", alert.runbook.clone()),
        ("value", number(&alert.value)),
        ("threshold", number(&alert.threshold)),
    ];
    let annotations = annotations.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text?)));
    Alert {
        status: alert.status,
        fingerprint: fingerprint(&labels),
        labels,
        annotations: annotations.filter(|(_, text)| !text.is_empty()).collect(),
        starts_at: alert.starts_at.clone(),
        ends_at: alert.ends_at.clone().unwrap_or_else(|| NO_TIME.to_owned()),
        generator_url: alert.links.first().map(|link| link.url.clone()).unwrap_or_default(),
    }
}

/// The message itself as an alert.
fn alert_of_message(message: &Message) -> Alert {
    let labels = [("alertname", "notification"), ("severity", message.severity.as_str())];
    let labels: Map = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    Alert {
        status: AlertStatus::Firing,
        fingerprint: fingerprint(&labels),
        labels,
        annotations: [("summary".to_owned(), message.title.clone())].into(),
        starts_at: format_millis(message.time),
        ends_at: NO_TIME.to_owned(),
        generator_url: message.links.first().map(|link| link.url.clone()).unwrap_or_default(),
    }
}

/// Entries that all alerts have.
fn common(alerts: &[Alert], map: impl Fn(&Alert) -> &Map) -> Map {
    let Some((first, others)) = alerts.split_first() else { return Map::new() };
    let mut common = map(first).clone();
    common.retain(|name, value| others.iter().all(|other| map(other).get(name) == Some(value)));
    common
}

/// Key of a group: route, then the labels of the group.
fn group_key(group: &AlertGroup) -> String {
    let labels = |labels: &mut dyn Iterator<Item = (&str, &str)>| {
        let labels: Vec<String> = labels.map(|(name, value)| format!("{name}={value:?}")).collect();
        format!("{{{}}}", labels.join(", "))
    };
    let route = labels(&mut [("route", group.route.as_str())].into_iter());
    let group = labels(&mut group.labels.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    format!("{{}}/{route}:{group}")
}

/// Fingerprint of a label set: FNV-1a of 64 bits over the sorted names and values, each followed by the byte 255, as
/// [Prometheus computes it](https://pkg.go.dev/github.com/prometheus/common/model#LabelSet.Fingerprint).
fn fingerprint(labels: &Map) -> String {
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for (name, value) in labels {
        for text in [name, value] {
            for byte in text.bytes().chain([255]) {
                hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
            }
        }
    }
    format!("{hash:016x}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert_group::tests::{sample_resolved, sample_with_alerts};
    use crate::golden;
    use crate::message::tests::sample;
    use serde_json::Value;

    fn body(message: &Message) -> Value {
        serde_json::from_slice(&json(message, "hook").unwrap()).unwrap()
    }

    #[test]
    fn body_matches_the_golden_file() {
        golden::check("webhook-alertmanager.json", &json(&sample_with_alerts(), "hook").unwrap());
    }

    /// Names of the fields in the bodies that Alertmanager 0.25 sends.
    #[test]
    fn body_has_exactly_the_fields_of_alertmanager() {
        for message in [sample_with_alerts(), sample_resolved(), sample()] {
            let body = body(&message);
            let mut names: Vec<&String> = body.as_object().unwrap().keys().collect();
            names.sort();
            assert_eq!(
                names,
                [
                    "alerts",
                    "commonAnnotations",
                    "commonLabels",
                    "externalURL",
                    "groupKey",
                    "groupLabels",
                    "receiver",
                    "status",
                    "truncatedAlerts",
                    "version"
                ]
            );
            for alert in body["alerts"].as_array().unwrap() {
                let mut names: Vec<&String> = alert.as_object().unwrap().keys().collect();
                names.sort();
                assert_eq!(
                    names,
                    ["annotations", "endsAt", "fingerprint", "generatorURL", "labels", "startsAt", "status"]
                );
                assert!(alert["labels"]["alertname"].is_string());
                assert_eq!(alert["fingerprint"].as_str().unwrap().len(), 16);
            }
        }
    }

    #[test]
    fn status_and_times_follow_the_alerts() {
        let firing = body(&sample_with_alerts());
        assert_eq!((&firing["status"], &firing["version"]), (&"firing".into(), &"4".into()));
        assert_eq!(firing["alerts"][0]["endsAt"], NO_TIME);
        assert_eq!(firing["commonLabels"], serde_json::json!({ "component": "cpu", "host": "<web-1>" }));
        assert_eq!(firing["groupKey"], "{}/{route=\"all-else\"}:{component=\"cpu\", host=\"<web-1>\"}");
        let resolved = body(&sample_resolved());
        assert_eq!(resolved["status"], "resolved");
        assert_eq!(resolved["alerts"][1]["status"], "resolved");
        assert_eq!(resolved["alerts"][1]["endsAt"], "2023-11-14T22:14:20.000Z");
        assert_eq!(resolved["alerts"][1]["fingerprint"], firing["alerts"][1]["fingerprint"]);
        let plain = body(&sample());
        assert_eq!(plain["alerts"][0]["annotations"]["summary"], sample().title.as_str());
    }

    #[test]
    fn fingerprint_is_that_of_prometheus() {
        // Of an empty label set: the offset of FNV-1a.
        assert_eq!(fingerprint(&Map::new()), "cbf29ce484222325");
        let labels = [("alertname", "Test"), ("job", "node")];
        let labels = labels.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        assert_eq!(fingerprint(&labels), "feaefc46c9e05da1");
    }
}
