//! PagerDuty ([Events API v2](https://developer.pagerduty.com/docs/events-api-v2/overview/)): an event per alert.
//!
//! The fingerprint of an alert is the `dedup_key`: a firing alert triggers an incident, its acknowledgement acknowledges
//! it, and its end resolves it. PagerDuty deduplicates by this key, so that repeated events do no harm.

use super::Context;
use crate::http::{self, Endpoint, PlaintextHosts, Request, post};
use crate::secrets::{SecretSource, Secrets};
use crate::text::truncate;
use crate::{
    AlertDetails, AlertStatus, Channel, Link, Message, SendError, SendFuture, SettingsError, Severity,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use std::path::PathBuf;
use watchglass_http_client::Limits;
use watchglass_model::Timestamp;
use watchglass_model::time_text::format_millis;
use watchglass_remote::Secret;

/// API of PagerDuty in the United States.
const API: &str = "https://events.pagerduty.com/v2/enqueue";
/// Maximum characters of a summary.
const MAX_SUMMARY: usize = 1024;

/// Settings of a PagerDuty channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PagerdutySettings {
    /// Environment variable with the integration key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_key_env: Option<String>,
    /// File with the integration key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub routing_key_file: Option<PathBuf>,
    /// URL of the API, such as `https://events.eu.pagerduty.com/v2/enqueue`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl PagerdutySettings {
    fn routing_key(&self) -> SecretSource<'_> {
        let (env, file) = (self.routing_key_env.as_deref(), self.routing_key_file.as_deref());
        SecretSource { env_field: "routing_key_env", env, file_field: "routing_key_file", file }
    }

    fn url(&self) -> &str {
        self.url.as_deref().unwrap_or(API)
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        self.routing_key().check(true)?;
        http::check_url("url", self.url(), PlaintextHosts::LocalhostOnly).map(drop)
    }
}

/// PagerDuty channel.
#[derive(Debug)]
pub(crate) struct Pagerduty {
    endpoint: Endpoint,
    routing_key: Secret,
    secrets: Secrets,
}

impl Pagerduty {
    pub(crate) fn open(settings: &PagerdutySettings, context: Context<'_>) -> Result<Self, SettingsError> {
        let routing_key = settings.routing_key().read(context.environment)?;
        let (url, environment) = (settings.url(), context.environment);
        Ok(Self {
            endpoint: Endpoint::new("url", url, PlaintextHosts::LocalhostOnly, Limits::DEFAULT, environment)?,
            secrets: Secrets::of(routing_key.reveal()),
            routing_key,
        })
    }

    /// Events of a message, in order.
    fn events(&self, message: &Message) -> Vec<Value> {
        let key = self.routing_key.reveal().unwrap_or_default();
        let event = |action: &str, dedup_key: &str| json!({ "routing_key": key, "event_action": action, "dedup_key": dedup_key });
        let alerts = message.group.as_ref().map_or(&[][..], |group| group.alerts.as_slice());
        let mut events = Vec::new();
        for alert in alerts {
            if alert.status == AlertStatus::Resolved {
                events.push(event("resolve", &alert.fingerprint));
                continue;
            }
            let payload = payload_of_alert(message, alert);
            let links = if alert.links.is_empty() { &message.links } else { &alert.links };
            events.push(trigger(event("trigger", &alert.fingerprint), payload, links));
            if alert.acknowledged_by.is_some() {
                events.push(event("acknowledge", &alert.fingerprint));
            }
        }
        if alerts.is_empty() {
            events.push(trigger(event("trigger", &message.id), payload(message), &message.links));
        }
        events
    }

    async fn deliver(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        for event in self.events(message) {
            post(&self.endpoint, Request::json(&event), &self.secrets, now).await?;
        }
        Ok(())
    }
}

impl Channel for Pagerduty {
    fn to(&self) -> String {
        self.endpoint.display_host().to_owned()
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> SendFuture<'a> {
        Box::pin(self.deliver(message, now))
    }
}

fn trigger(mut event: Value, payload: Value, links: &[Link]) -> Value {
    let links = links.iter().map(|link| json!({ "href": link.url, "text": link.label }));
    if let Some(event) = event.as_object_mut() {
        event.insert("client".to_owned(), "Watchglass".into());
        event.insert("links".to_owned(), links.collect());
        event.insert("payload".to_owned(), payload);
    }
    event
}

fn payload_of_alert(message: &Message, alert: &AlertDetails) -> Value {
    let label = |name: &str| alert.labels.get(name).filter(|value| !value.is_empty());
    let source = label("host").or_else(|| label("instance")).or_else(|| label("app"));
    let mut details: Map<String, Value> =
        alert.labels.iter().map(|(name, value)| (name.clone(), value.clone().into())).collect();
    for (name, text) in [("description", &alert.description), ("next_steps", &alert.next_steps)] {
        if !text.is_empty() {
            details.insert(name.to_owned(), text.clone().into());
        }
    }
    for (name, number) in [("value", &alert.value), ("threshold", &alert.threshold)] {
        details.extend(number.clone().map(|number| (name.to_owned(), number.into())));
    }
    details.extend(alert.runbook.clone().map(|url| ("runbook".to_owned(), url.into())));
    json!({
        "summary": truncate(&alert.summary, MAX_SUMMARY),
        "source": source.map_or("watchglass", String::as_str),
        "severity": severity(alert.severity),
        "timestamp": alert.starts_at,
        "component": label("component"),
        "group": message.group.as_ref().map(|group| group.route.as_str()),
        "class": alert.rule,
        "custom_details": details,
    })
}

/// Payload of a message about no alert.
fn payload(message: &Message) -> Value {
    let details: Map<String, Value> =
        message.lines.iter().map(|line| (line.label.clone(), line.text.clone().into())).collect();
    json!({
        "summary": truncate(&message.title, MAX_SUMMARY),
        "source": "watchglass",
        "severity": severity(message.severity),
        "timestamp": format_millis(message.time),
        "custom_details": details,
    })
}

/// PagerDuty has `critical`, `error`, `warning` and `info`.
const fn severity(severity: Severity) -> &'static str {
    match severity {
        Severity::Critical => "critical",
        Severity::Warning => "warning",
        Severity::Info => "info",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert_group::tests::{sample_resolved, sample_with_alerts};
    use crate::golden;
    use crate::message::tests::sample;

    fn open() -> Pagerduty {
        let settings =
            PagerdutySettings { routing_key_env: Some("KEY".to_owned()), ..PagerdutySettings::default() };
        settings.check().unwrap();
        let environment = |name: &str| (name == "KEY").then(|| "s3cret-routing-key".to_owned());
        Pagerduty::open(&settings, Context::new("pager", &environment)).unwrap()
    }

    fn actions(events: &[Value]) -> Vec<String> {
        let field = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
        events
            .iter()
            .map(|event| format!("{} {}", field(event, "event_action"), field(event, "dedup_key")))
            .collect()
    }

    #[test]
    fn events_match_the_golden_file() {
        let pagerduty = open();
        let events = pagerduty.events(&sample_with_alerts());
        golden::check("pagerduty.json", serde_json::to_string_pretty(&events).unwrap().as_bytes());
        assert!(!format!("{pagerduty:?}").contains("s3cret"));
    }

    #[test]
    fn alerts_trigger_acknowledge_and_resolve_by_dedup_key() {
        let (first, second) = ("00112233445566778899aabbccddeeff", "ffeeddccbbaa99887766554433221100");
        assert_eq!(
            actions(&open().events(&sample_with_alerts())),
            [format!("trigger {first}"), format!("trigger {second}"), format!("acknowledge {second}")]
        );
        assert_eq!(
            actions(&open().events(&sample_resolved())),
            [format!("resolve {first}"), format!("resolve {second}")]
        );
        assert_eq!(actions(&open().events(&sample())), ["trigger cpu:fired:1700000000000"]);
    }
}
