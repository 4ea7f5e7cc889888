use super::*;
use crate::Message;
use crate::message::tests::sample;

fn labels(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// The message of [`sample`] with two alerts, one of which has no value.
pub(crate) fn sample_with_alerts() -> Message {
    let link = |label: &str, url: &str| Link { label: label.to_owned(), url: url.to_owned() };
    let first = AlertDetails {
        rule: "cpu".to_owned(),
        name: "High CPU usage".to_owned(),
        severity: Severity::Critical,
        labels: labels(&[
            ("component", "cpu"),
            ("host", "<web-1>"),
            ("severity", "critical"),
            ("team", "ops"),
        ]),
        summary: "CPU of <web-1> is 93 %, above 80 %".to_owned(),
        description: "Processes wait for CPU time & responses slow down.".to_owned(),
        next_steps: "Look at \"top\".".to_owned(),
        runbook: Some("https://wiki.example/cpu".to_owned()),
        value: Number::from_f64(0.93),
        threshold: Number::from_f64(0.8),
        unit: "ratio".to_owned(),
        starts_at: "2023-11-14T22:11:20.000Z".to_owned(),
        fingerprint: "00112233445566778899aabbccddeeff".to_owned(),
        links: vec![
            link("Open", "https://watch.example/alerts?view=active&rule=cpu"),
            link("Acknowledge", "https://watch.example/action/abc"),
        ],
        ..AlertDetails::default()
    };
    let second = AlertDetails {
        rule: "load".to_owned(),
        name: "High load".to_owned(),
        severity: Severity::Warning,
        labels: labels(&[("component", "cpu"), ("host", "<web-1>"), ("severity", "warning")]),
        summary: "No data".to_owned(),
        starts_at: "2023-11-14T22:12:20.000Z".to_owned(),
        fingerprint: "ffeeddccbbaa99887766554433221100".to_owned(),
        acknowledged_by: Some("ada".to_owned()),
        threshold: Number::from_f64(8.0),
        ..AlertDetails::default()
    };
    let group = AlertGroup {
        route: "all-else".to_owned(),
        labels: labels(&[("component", "cpu"), ("host", "<web-1>")]),
        external_url: "https://watch.example".to_owned(),
        alerts: vec![first, second],
        truncated: 0,
    };
    Message { group: Some(group), ..sample() }
}

/// The same alerts, resolved.
pub(crate) fn sample_resolved() -> Message {
    let mut message = sample_with_alerts();
    message.id = "cpu:resolved:1700000060000".to_owned();
    message.title = format!("[RESOLVED] {}", message.title);
    for alert in &mut message.group.as_mut().unwrap().alerts {
        alert.status = AlertStatus::Resolved;
        alert.ends_at = Some("2023-11-14T22:14:20.000Z".to_owned());
    }
    message
}

/// The outbox stores messages in this form; those without alerts are as in earlier versions.
#[test]
fn stored_message_matches_the_golden_file() {
    let stored = serde_json::to_vec(&sample_with_alerts()).unwrap();
    crate::golden::check("message-alerts.json", &stored);
    assert_eq!(serde_json::from_slice::<Message>(&stored).unwrap(), sample_with_alerts());
    let text = String::from_utf8(serde_json::to_vec(&sample()).unwrap()).unwrap();
    assert!(!text.contains("group"), "{text}");
}

#[test]
fn group_is_resolved_when_all_alerts_are() {
    assert_eq!(sample_with_alerts().status(), AlertStatus::Firing);
    assert_eq!(sample_resolved().status(), AlertStatus::Resolved);
    let mut mixed = sample_resolved();
    mixed.group.as_mut().unwrap().alerts[1].status = AlertStatus::Firing;
    assert_eq!(mixed.status(), AlertStatus::Firing);
    assert_eq!(sample().status(), AlertStatus::Firing);
    assert_eq!(AlertGroup::default().status(), AlertStatus::Firing);
}

#[test]
fn group_within_limits_is_unchanged_and_longer_ones_are_counted() {
    assert_eq!(sample_with_alerts().fitted(), Ok(sample_with_alerts()));
    let mut long = sample_with_alerts();
    let group = long.group.as_mut().unwrap();
    let mut alert = group.alerts[0].clone();
    alert.summary = "x\n".repeat(5000);
    alert.labels = (0..90).map(|n| (format!("label{n}"), "ä".repeat(5000))).collect();
    alert.links = vec![alert.links[0].clone(); 9];
    let bad = AlertDetails { fingerprint: "a b".to_owned(), ..alert.clone() };
    group.alerts = vec![alert; 200];
    group.alerts.insert(0, bad);
    let fitted = long.fitted().unwrap();
    let group = fitted.group.clone().unwrap();
    assert!(group.size() < MAX_ALERT_BYTES + 4096, "{}", group.size());
    assert!(serde_json::to_vec(&fitted).unwrap().len() < 600 << 10);
    assert!(!group.alerts.is_empty() && group.alerts.len() + group.truncated == 201);
    let alert = &group.alerts[0];
    assert_eq!((alert.labels.len(), alert.links.len()), (MAX_ALERT_LABELS, MAX_ALERT_LINKS));
    assert!(alert.summary.chars().count() <= MAX_TEXT);
    assert_eq!(fitted.clone().fitted(), Ok(fitted));
}
