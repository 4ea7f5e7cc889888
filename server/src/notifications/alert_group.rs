//! Alerts of a notification as data, for receivers that are programs.

use super::alert_fingerprint;
use super::links::Links;
use crate::evaluation::RuleSet;
use serde_json::Number;
use std::collections::BTreeMap;
use watchglass_dispatch::{Notification, Reason};
use watchglass_notify::{AlertDetails, AlertGroup, AlertStatus, MAX_ALERTS, Severity};
use watchglass_reports::format_rfc3339;
use watchglass_rules::{Alert, Phase};

/// Group of a notification. `None` for a reminder of a silence: its alerts are silenced, and receivers must not open
/// incidents for them.
pub(super) fn alert_group(
    notification: &Notification,
    rules: &RuleSet,
    links: Option<&Links>,
    group_by: &[String],
) -> Option<AlertGroup> {
    let first = notification.alerts.first().filter(|_| notification.reason != Reason::SilenceEnding)?;
    let labels = group_by.iter().map(|name| (name.clone(), label(first, name).to_owned()));
    let alerts = notification.alerts.iter().take(MAX_ALERTS);
    let alerts: Vec<AlertDetails> = alerts.map(|alert| details(alert, notification, rules, links)).collect();
    Some(AlertGroup {
        route: notification.route.clone(),
        labels: labels.filter(|(_, value)| !value.is_empty()).collect(),
        external_url: links.map(|links| links.root().to_owned()).unwrap_or_default(),
        truncated: notification.alerts.len() - alerts.len() + notification.more,
        alerts,
    })
}

fn details(
    alert: &Alert,
    notification: &Notification,
    rules: &RuleSet,
    links: Option<&Links>,
) -> AlertDetails {
    let rule = rules.find(&alert.key.rule).map(|(rule, _)| rule);
    let text = |text: Option<&String>| text.cloned().unwrap_or_default();
    let acknowledged = notification.acknowledged.iter().find(|acknowledged| acknowledged.key == alert.key);
    AlertDetails {
        status: if alert.phase == Phase::Resolved { AlertStatus::Resolved } else { AlertStatus::Firing },
        rule: alert.key.rule.clone(),
        name: rule.map_or_else(|| alert.key.rule.clone(), |rule| rule.name.clone()),
        severity: alert.severity,
        labels: labels(alert),
        summary: alert.message.clone(),
        description: text(rule.map(|rule| &rule.summary)),
        next_steps: text(rule.map(|rule| &rule.next_steps)),
        runbook: rule.and_then(|rule| rule.runbook.clone()),
        value: alert.value.and_then(Number::from_f64),
        threshold: Number::from_f64(alert.threshold),
        unit: unit(alert),
        starts_at: format_rfc3339(alert.fired.unwrap_or(alert.since)),
        ends_at: alert.resolved.map(format_rfc3339),
        fingerprint: alert_fingerprint(&alert.key).to_string(),
        acknowledged_by: acknowledged.map(|acknowledged| acknowledged.who.clone()),
        links: links.map(|links| links.of(&alone(alert, notification))).unwrap_or_default(),
    }
}

/// The notification as if it were about this alert only.
fn alone(alert: &Alert, notification: &Notification) -> Notification {
    let is_resolved = alert.phase == Phase::Resolved;
    Notification {
        alerts: vec![alert.clone()],
        more: 0,
        reason: if is_resolved { Reason::Resolved } else { Reason::Fired },
        acknowledged: notification.acknowledged.clone(),
        inhibited: Vec::new(),
        flapping: Vec::new(),
        silence: None,
        id: String::new(),
        severity: alert.severity,
        route: String::new(),
        channels: Vec::new(),
        time: notification.time,
    }
}

/// Labels of the rule, then of the series, then those that matchers of routes know. An empty label is omitted.
fn labels(alert: &Alert) -> BTreeMap<String, String> {
    let known = ["component", "severity", "subject"].map(|name| (name, label(alert, name)));
    let all = alert.labels.iter().chain(alert.key.labels.iter()).chain(known);
    all.filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

/// Value of a label by which alerts are grouped; empty if it is missing.
fn label<'a>(alert: &'a Alert, name: &str) -> &'a str {
    match name {
        "rule" => &alert.key.rule,
        "component" => &alert.component,
        "subject" => &alert.subject,
        "severity" => Severity::as_str(alert.severity),
        name => alert.key.labels.get(name).or_else(|| alert.labels.get(name)).unwrap_or_default(),
    }
}

fn unit(alert: &Alert) -> String {
    let unit = serde_json::to_value(alert.unit).ok();
    unit.and_then(|unit| Some(unit.as_str()?.to_owned())).unwrap_or_default()
}
