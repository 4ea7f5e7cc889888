//! ntfy ([publish as JSON](https://docs.ntfy.sh/publish/#publish-as-json)), the public server or one's own.
//!
//! On a public server, whoever knows the topic can read and write it: it can be a secret.

use super::{Context, TextTemplate};
use crate::http::{self, Endpoint, NEW_CONNECTIONS, PlaintextHosts, Request, post};
use crate::secrets::{SecretSource, Secrets};
use crate::template::Escape;
use crate::text::{headline, truncate_bytes};
use crate::{AlertStatus, Channel, Message, SendError, SendFuture, SettingsError, Severity};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::path::PathBuf;
use watchglass_model::Timestamp;
use watchglass_remote::Secret;

/// Public server.
const SERVER: &str = "https://ntfy.sh";
/// Maximum bytes of a text; longer ones become attachments.
const MAX_BYTES: usize = 4096;
/// Maximum buttons.
const MAX_ACTIONS: usize = 3;
/// Maximum characters of a topic.
const MAX_TOPIC: usize = 64;

/// Settings of an ntfy channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NtfySettings {
    /// URL of the server; the default is `https://ntfy.sh`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Topic, if it is no secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic: Option<String>,
    /// Environment variable with the topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic_env: Option<String>,
    /// File with the topic.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub topic_file: Option<PathBuf>,
    /// Environment variable with the access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// File with the access token.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Template of the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl NtfySettings {
    fn secret_topic(&self) -> SecretSource<'_> {
        let (env, file) = (self.topic_env.as_deref(), self.topic_file.as_deref());
        SecretSource { env_field: "topic_env", env, file_field: "topic_file", file }
    }

    fn token(&self) -> SecretSource<'_> {
        let (env, file) = (self.token_env.as_deref(), self.token_file.as_deref());
        SecretSource { env_field: "token_env", env, file_field: "token_file", file }
    }

    fn url(&self) -> &str {
        self.url.as_deref().unwrap_or(SERVER)
    }

    fn plaintext(&self) -> PlaintextHosts {
        let has_secret = self.secret_topic().is_set() || self.token().is_set();
        if has_secret { PlaintextHosts::LocalhostOnly } else { PlaintextHosts::Any }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let url = http::check_url("url", self.url(), self.plaintext())?;
        if url.path() != "/" || url.query().is_some() {
            let right =
                "give the URL of the server only, such as https://ntfy.sh; the topic is a separate field";
            return Err(SettingsError::new("url", "has a path or a query", right));
        }
        self.secret_topic().check(false)?;
        let right = "set one of topic, topic_env and topic_file";
        match (&self.topic, self.secret_topic().is_set()) {
            (None, false) => return Err(SettingsError::new("topic", "is missing", right)),
            (Some(_), true) => return Err(SettingsError::new("topic", "is set twice", right)),
            (Some(topic), false) => check_topic("topic", topic)?,
            (None, true) => {}
        }
        self.token().check(false)?;
        TextTemplate::new(self.template.as_deref(), Escape::None).map(drop)
    }
}

/// Checks a topic. The error does not repeat it.
fn check_topic(field: &'static str, topic: &str) -> Result<(), SettingsError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if (1..=MAX_TOPIC).contains(&topic.len()) && topic.bytes().all(is_allowed) {
        return Ok(());
    }
    let right = format!("use 1 to {MAX_TOPIC} letters, digits, \"-\" and \"_\"");
    Err(SettingsError::new(field, "is not a topic", right))
}

/// ntfy channel.
#[derive(Debug)]
pub(crate) struct Ntfy {
    endpoint: Endpoint,
    topic: Secret,
    /// Topic, if it may be shown.
    shown_topic: Option<String>,
    /// Value of the `Authorization` header.
    authorization: Option<Secret>,
    secrets: Secrets,
    template: TextTemplate,
}

impl Ntfy {
    pub(crate) fn open(settings: &NtfySettings, context: Context<'_>) -> Result<Self, SettingsError> {
        let environment = context.environment;
        let secret_topic = settings.secret_topic().read(environment)?;
        let topic = match secret_topic.reveal() {
            Some(topic) => {
                let field = if settings.topic_env.is_some() { "topic_env" } else { "topic_file" };
                check_topic(field, topic)?;
                topic
            }
            None => settings.topic.as_deref().unwrap_or_default(),
        };
        let token = settings.token().read(environment)?;
        let authorization = token.reveal().map(|token| Secret::new(Some(&format!("Bearer {token}"))));
        let (url, plaintext) = (settings.url(), settings.plaintext());
        Ok(Self {
            endpoint: Endpoint::new("url", url, plaintext, NEW_CONNECTIONS, environment)?,
            topic: Secret::new(Some(topic)),
            shown_topic: settings.topic.clone(),
            authorization,
            secrets: Secrets::of(secret_topic.reveal().into_iter().chain(token.reveal())),
            template: TextTemplate::new(settings.template.as_deref(), Escape::None)?,
        })
    }

    fn body(&self, message: &Message) -> Value {
        let text = self.template.render(message).unwrap_or_else(|| default_text(message));
        let (priority, tag) = match (message.status(), message.severity) {
            (AlertStatus::Resolved, _) => (3, "white_check_mark"),
            (_, Severity::Critical) => (5, "rotating_light"),
            (_, Severity::Warning) => (4, "warning"),
            (_, Severity::Info) => (3, "information_source"),
        };
        let action = |link: &crate::Link| json!({ "action": "view", "label": link.label, "url": link.url });
        // Tapping the notification opens the first link.
        let actions: Vec<Value> = message.links.iter().skip(1).take(MAX_ACTIONS).map(action).collect();
        let mut body = json!({
            "topic": self.topic.reveal().unwrap_or_default(),
            "title": headline(message),
            "message": truncate_bytes(text.trim(), MAX_BYTES),
            "priority": priority,
            "tags": [tag, message.severity.as_str()],
            "actions": actions,
        });
        if let (Some(link), Some(body)) = (message.links.first(), body.as_object_mut()) {
            body.insert("click".to_owned(), link.url.clone().into());
        }
        body
    }

    async fn deliver(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let authorization = self.authorization.as_ref().and_then(Secret::reveal);
        let headers: Vec<(&'static str, &str)> =
            authorization.map(|value| ("authorization", value)).into_iter().collect();
        let request = Request { headers: &headers, ..Request::json(&self.body(message)) };
        post(&self.endpoint, request, &self.secrets, now).await
    }
}

impl Channel for Ntfy {
    fn to(&self) -> String {
        let host = self.endpoint.display_host();
        self.shown_topic.as_ref().map_or_else(|| host.to_owned(), |topic| format!("{host}/{topic}"))
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> SendFuture<'a> {
        Box::pin(self.deliver(message, now))
    }
}

fn default_text(message: &Message) -> String {
    let mut text = String::new();
    for line in &message.lines {
        // Writing to a `String` never fails.
        let _ = writeln!(text, "{}: {}", line.label, line.text);
    }
    text.push_str(&message.time_text());
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert_group::tests::sample_resolved;
    use crate::message::tests::sample;
    use crate::{Line, golden};

    fn settings() -> NtfySettings {
        NtfySettings { topic: Some("ops".to_owned()), ..NtfySettings::default() }
    }

    fn open(settings: &NtfySettings) -> Result<Ntfy, SettingsError> {
        settings.check()?;
        Ntfy::open(
            settings,
            Context::new("push", &|name| (name == "TOPIC").then(|| "s3cret-topic".to_owned())),
        )
    }

    #[test]
    fn body_matches_the_golden_file() {
        let ntfy = open(&settings()).unwrap();
        golden::check("ntfy.json", serde_json::to_string_pretty(&ntfy.body(&sample())).unwrap().as_bytes());
        assert_eq!(ntfy.to(), "ntfy.sh/ops");
        let resolved = ntfy.body(&sample_resolved());
        assert_eq!((&resolved["priority"], &resolved["tags"][0]), (&json!(3), &json!("white_check_mark")));
        let mut long = sample();
        long.lines = vec![Line { label: "l".to_owned(), text: "€".repeat(900) }; 40];
        assert!(ntfy.body(&long)["message"].as_str().unwrap().len() <= MAX_BYTES);
    }

    #[test]
    fn topic_can_be_a_secret() {
        let secret = NtfySettings { topic: None, topic_env: Some("TOPIC".to_owned()), ..settings() };
        let ntfy = open(&secret).unwrap();
        assert_eq!(ntfy.body(&sample())["topic"], "s3cret-topic");
        assert!(ntfy.to() == "ntfy.sh" && !format!("{ntfy:?}").contains("s3cret"));
    }

    #[test]
    fn invalid_settings_are_rejected() {
        type Case = (&'static str, fn(&mut NtfySettings));
        let cases: [Case; 5] = [
            ("topic is missing", |settings| settings.topic = None),
            ("topic is set twice", |settings| settings.topic_env = Some("TOPIC".to_owned())),
            ("topic is not a topic", |settings| settings.topic = Some("a/b".to_owned())),
            ("url has a path", |settings| settings.url = Some("https://ntfy.sh/ops".to_owned())),
            ("url would send a secret", |settings| {
                settings.url = Some("http://ntfy.example".to_owned());
                settings.token_env = Some("TOKEN".to_owned());
            }),
        ];
        for (expected, spoil) in cases {
            let mut settings = settings();
            spoil(&mut settings);
            let error = settings.check().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
