//! Alerts of a message as data, for receivers that are programs.

use crate::message::{fit_links, is_valid_id};
use crate::{Link, MAX_TEXT, MAX_TITLE, MAX_URL, Severity};
use serde::{Deserialize, Serialize};
use serde_json::Number;
use std::collections::BTreeMap;
use watchglass_remote::one_line;

/// Maximum alerts of a message; the rest is counted.
pub const MAX_ALERTS: usize = 100;
/// Maximum bytes of all alerts of a message; those beyond it are counted.
pub const MAX_ALERT_BYTES: usize = 256 << 10;
/// Maximum labels of an alert or of a group.
pub const MAX_ALERT_LABELS: usize = 40;
/// Maximum characters of a label value.
pub const MAX_LABEL_VALUE: usize = 500;
/// Maximum links of an alert.
const MAX_ALERT_LINKS: usize = 4;
/// Maximum characters of a label name, a rule id or a unit.
const MAX_ALERT_NAME: usize = 128;
/// Maximum characters of a time.
const MAX_TIME: usize = 40;

/// Status of an alert or of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertStatus {
    /// Firing; of a group: at least one alert is firing.
    #[default]
    Firing,
    /// Resolved.
    Resolved,
}

impl AlertStatus {
    /// As in JSON: `firing` or `resolved`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Firing => "firing",
            Self::Resolved => "resolved",
        }
    }
}

/// An alert of a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertDetails {
    /// Status.
    pub status: AlertStatus,
    /// Rule id.
    pub rule: String,
    /// Rule name, such as "High CPU usage". At most [`MAX_TITLE`] characters.
    pub name: String,
    /// Severity.
    pub severity: Severity,
    /// Labels: those of the series and of the rule, and `component`, `severity` and `subject`. At most
    /// [`MAX_ALERT_LABELS`], each with at most [`MAX_LABEL_VALUE`] characters.
    pub labels: BTreeMap<String, String>,
    /// Text of the alert, with value and unit. At most [`MAX_TEXT`] characters.
    pub summary: String,
    /// Meaning of the alert. At most [`MAX_TEXT`] characters; may be empty.
    #[serde(default)]
    pub description: String,
    /// What to do. At most [`MAX_TEXT`] characters; may be empty.
    #[serde(default)]
    pub next_steps: String,
    /// URL of the runbook, at most [`MAX_URL`] bytes.
    #[serde(default)]
    pub runbook: Option<String>,
    /// Last value in `unit`; `None` without data.
    pub value: Option<Number>,
    /// Threshold in `unit`.
    pub threshold: Option<Number>,
    /// Unit of value and threshold, such as `ratio` or `seconds`; may be empty.
    #[serde(default)]
    pub unit: String,
    /// Start of the alert ([RFC 3339](https://www.rfc-editor.org/rfc/rfc3339), UTC).
    pub starts_at: String,
    /// End of the alert; `None` while it is firing.
    pub ends_at: Option<String>,
    /// Hexadecimal digits that identify rule and series: the same while the alert fires and when it resolves.
    pub fingerprint: String,
    /// User who acknowledged it.
    #[serde(default)]
    pub acknowledged_by: Option<String>,
    /// Links, most important first: the first one shows the alert. At most 4.
    #[serde(default)]
    pub links: Vec<Link>,
}

/// Alerts of a message, and what they have in common.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertGroup {
    /// Name of the route.
    pub route: String,
    /// Labels that define the group.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// URL of this server; empty without a public URL.
    #[serde(default)]
    pub external_url: String,
    /// Alerts, the most severe first; at most [`MAX_ALERTS`] and [`MAX_ALERT_BYTES`] bytes.
    pub alerts: Vec<AlertDetails>,
    /// Number of omitted alerts.
    #[serde(default)]
    pub truncated: usize,
}

impl AlertGroup {
    /// Firing if an alert is firing.
    pub fn status(&self) -> AlertStatus {
        let is_resolved = |alert: &AlertDetails| alert.status == AlertStatus::Resolved;
        if !self.alerts.is_empty() && self.alerts.iter().all(is_resolved) {
            AlertStatus::Resolved
        } else {
            AlertStatus::Firing
        }
    }

    /// Truncates everything to its limits. Alerts with an invalid fingerprint are dropped and counted.
    pub(crate) fn fit(&mut self) {
        self.route = one_line(&self.route, MAX_ALERT_NAME);
        fit_labels(&mut self.labels);
        fit_url(&mut self.external_url);
        let given = self.alerts.len();
        self.alerts.retain(|alert| is_valid_id(&alert.fingerprint));
        self.alerts.truncate(MAX_ALERTS);
        self.alerts.iter_mut().for_each(AlertDetails::fit);
        let mut bytes = 0;
        let is_within = |alert: &AlertDetails| {
            bytes += alert.size();
            bytes <= MAX_ALERT_BYTES
        };
        let fits = self.alerts.iter().map(is_within).take_while(|fits| *fits).count();
        self.alerts.truncate(fits);
        self.truncated = self.truncated.saturating_add(given - self.alerts.len());
    }

    /// Approximate size in bytes.
    pub(crate) fn size(&self) -> usize {
        let labels = label_bytes(&self.labels);
        256 + self.route.len()
            + self.external_url.len()
            + labels
            + self.alerts.iter().map(AlertDetails::size).sum::<usize>()
    }
}

impl AlertDetails {
    fn fit(&mut self) {
        for text in [&mut self.rule, &mut self.unit] {
            *text = one_line(text, MAX_ALERT_NAME);
        }
        self.name = one_line(&self.name, MAX_TITLE);
        for text in [&mut self.summary, &mut self.description, &mut self.next_steps] {
            *text = one_line(text, MAX_TEXT);
        }
        for time in [Some(&mut self.starts_at), self.ends_at.as_mut()].into_iter().flatten() {
            *time = one_line(time, MAX_TIME);
        }
        self.acknowledged_by = self.acknowledged_by.take().map(|user| one_line(&user, MAX_ALERT_NAME));
        self.runbook = self.runbook.take().map(|text| one_line(&text, MAX_URL));
        fit_labels(&mut self.labels);
        fit_links(&mut self.links, MAX_ALERT_LINKS);
    }

    /// Approximate size in bytes, as JSON without escapes.
    fn size(&self) -> usize {
        let texts = [&self.rule, &self.name, &self.summary, &self.description, &self.next_steps, &self.unit];
        let texts: usize = texts.into_iter().map(String::len).sum();
        let links: usize = self.links.iter().map(|link| link.label.len() + link.url.len() + 32).sum();
        let optional = [&self.runbook, &self.ends_at, &self.acknowledged_by].into_iter().flatten();
        let optional: usize = optional.map(String::len).sum();
        512 + texts + links + optional + label_bytes(&self.labels) + self.fingerprint.len()
    }
}

fn label_bytes(labels: &BTreeMap<String, String>) -> usize {
    labels.iter().map(|(name, value)| name.len() + value.len() + 8).sum()
}

fn fit_labels(labels: &mut BTreeMap<String, String>) {
    labels.retain(|name, _| name.chars().count() <= MAX_ALERT_NAME);
    while labels.len() > MAX_ALERT_LABELS {
        labels.pop_last();
    }
    for value in labels.values_mut() {
        *value = one_line(value, MAX_LABEL_VALUE);
    }
}

fn fit_url(url: &mut String) {
    if url.len() > MAX_URL || url.chars().any(char::is_control) {
        url.clear();
    }
}

#[cfg(test)]
#[path = "alert_group_tests.rs"]
pub(crate) mod tests;
