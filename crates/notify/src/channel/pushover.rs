//! Pushover ([Message API](https://pushover.net/api)): a form with token, user and text.
//!
//! Pushover does not deduplicate: a message that is resent after a crash may appear twice.

use super::{Context, TextTemplate};
use crate::http::{self, Endpoint, NEW_CONNECTIONS, PlaintextHosts, Request, Responses, post};
use crate::secrets::{SecretSource, Secrets};
use crate::settings::check_line;
use crate::template::Escape;
use crate::text::{headline, truncate};
use crate::{AlertStatus, Channel, Message, SendError, SendFuture, SettingsError, Severity};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use url::form_urlencoded;
use watchglass_model::Timestamp;
use watchglass_remote::Secret;

/// API of Pushover.
const API: &str = "https://api.pushover.net/1/messages.json";
/// Maximum characters of texts.
const MAX_TITLE: usize = 250;
const MAX_MESSAGE: usize = 1024;
const MAX_URL: usize = 512;
const MAX_URL_TITLE: usize = 100;
/// Seconds between repetitions of an emergency message, and until they end.
const EMERGENCY_RETRY: &str = "60";
const EMERGENCY_EXPIRE: &str = "3600";

/// Settings of a Pushover channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PushoverSettings {
    /// Environment variable with the token of the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// File with the token of the application.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Environment variable with the key of the user or group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_env: Option<String>,
    /// File with the key of the user or group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_file: Option<PathBuf>,
    /// Device; all of the user's devices if missing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub device: Option<String>,
    /// Whether critical messages are repeated each minute until they are confirmed, for up to an hour.
    #[serde(default)]
    pub emergency: bool,
    /// URL of the API; the default is that of Pushover.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Template of the text; truncated to 1,024 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl PushoverSettings {
    fn token(&self) -> SecretSource<'_> {
        let (env, file) = (self.token_env.as_deref(), self.token_file.as_deref());
        SecretSource { env_field: "token_env", env, file_field: "token_file", file }
    }

    fn user(&self) -> SecretSource<'_> {
        let (env, file) = (self.user_env.as_deref(), self.user_file.as_deref());
        SecretSource { env_field: "user_env", env, file_field: "user_file", file }
    }

    fn url(&self) -> &str {
        self.url.as_deref().unwrap_or(API)
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        self.token().check(true)?;
        self.user().check(true)?;
        if let Some(device) = &self.device {
            check_line("device", device, 100)?;
        }
        http::check_url("url", self.url(), PlaintextHosts::LocalhostOnly)?;
        TextTemplate::new(self.template.as_deref(), Escape::None).map(drop)
    }
}

/// Pushover channel.
#[derive(Debug)]
pub(crate) struct Pushover {
    endpoint: Endpoint,
    token: Secret,
    user: Secret,
    device: Option<String>,
    is_emergency: bool,
    secrets: Secrets,
    template: TextTemplate,
}

impl Pushover {
    pub(crate) fn open(settings: &PushoverSettings, context: Context<'_>) -> Result<Self, SettingsError> {
        let environment = context.environment;
        let (token, user) = (settings.token().read(environment)?, settings.user().read(environment)?);
        let (url, plaintext) = (settings.url(), PlaintextHosts::LocalhostOnly);
        Ok(Self {
            endpoint: Endpoint::new("url", url, plaintext, NEW_CONNECTIONS, environment)?,
            secrets: Secrets::of(token.reveal().into_iter().chain(user.reveal())),
            token,
            user,
            device: settings.device.clone(),
            is_emergency: settings.emergency,
            template: TextTemplate::new(settings.template.as_deref(), Escape::None)?,
        })
    }

    fn body(&self, message: &Message) -> String {
        let text = self.template.render(message).unwrap_or_else(|| default_text(message));
        let priority = match (message.status(), message.severity) {
            (AlertStatus::Resolved, _) => "0",
            (_, Severity::Critical) if self.is_emergency => "2",
            (_, Severity::Critical) => "1",
            (_, Severity::Warning) => "0",
            (_, Severity::Info) => "-1",
        };
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("token", self.token.reveal().unwrap_or_default())
            .append_pair("user", self.user.reveal().unwrap_or_default())
            .append_pair("title", &truncate(&headline(message), MAX_TITLE))
            .append_pair("message", &truncate(text.trim(), MAX_MESSAGE))
            .append_pair("priority", priority)
            .append_pair("timestamp", &message.time.millis().max(0).div_euclid(1000).to_string());
        if priority == "2" {
            form.append_pair("retry", EMERGENCY_RETRY).append_pair("expire", EMERGENCY_EXPIRE);
        }
        if let Some(device) = &self.device {
            form.append_pair("device", device);
        }
        // A truncated URL is broken.
        if let Some(link) = message.links.iter().find(|link| link.url.len() <= MAX_URL) {
            form.append_pair("url", &link.url);
            form.append_pair("url_title", &truncate(&link.label, MAX_URL_TITLE));
        }
        form.finish()
    }

    async fn deliver(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let content_type = "application/x-www-form-urlencoded";
        let (body, responses) = (self.body(message).into_bytes(), Responses::default());
        post(&self.endpoint, Request { content_type, headers: &[], body, responses }, &self.secrets, now)
            .await
    }
}

impl Channel for Pushover {
    fn to(&self) -> String {
        self.device.clone().unwrap_or_else(|| self.endpoint.display_host().to_owned())
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> SendFuture<'a> {
        Box::pin(self.deliver(message, now))
    }
}

fn default_text(message: &Message) -> String {
    let lines = message.lines.iter().map(|line| format!("{}: {}", line.label, line.text));
    let text = lines.collect::<Vec<_>>().join("\n");
    // An empty text is an error.
    if text.is_empty() { headline(message) } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alert_group::tests::sample_resolved;
    use crate::message::tests::sample;
    use crate::{Line, golden};

    fn open(emergency: bool) -> Pushover {
        let settings = PushoverSettings {
            token_env: Some("TOKEN".to_owned()),
            user_env: Some("USER".to_owned()),
            device: emergency.then(|| "phone".to_owned()),
            emergency,
            ..PushoverSettings::default()
        };
        settings.check().unwrap();
        let environment = |name: &str| Some(format!("s3cret-{}", name.to_lowercase()));
        Pushover::open(&settings, Context::new("push", &environment)).unwrap()
    }

    #[test]
    fn form_matches_the_golden_file() {
        let pushover = open(true);
        golden::check("pushover.txt", pushover.body(&sample()).as_bytes());
        assert!(!format!("{pushover:?}").contains("s3cret") && pushover.to() == "phone");
        assert!(open(false).body(&sample()).contains("&priority=1&"));
        assert!(pushover.body(&sample_resolved()).contains("&priority=0&"));
    }

    #[test]
    fn texts_are_within_the_limits_of_pushover() {
        let mut message = sample();
        message.lines = vec![Line { label: "l".to_owned(), text: "€".repeat(900) }; 40];
        message.links.insert(0, message.links[0].clone());
        message.links[0].url = format!("https://host/{}", "x".repeat(1000));
        let body = open(false).body(&message);
        let field = |name: &str| {
            let mut pairs = form_urlencoded::parse(body.as_bytes());
            pairs.find(|(key, _)| key == name).unwrap().1.into_owned()
        };
        assert_eq!(field("message").chars().count(), MAX_MESSAGE);
        assert_eq!(field("url"), message.links[1].url);
        let empty = open(false).body(&Message { lines: Vec::new(), ..sample() });
        assert!(empty.contains("&message=%5Bcritical%5D"), "{empty}");
    }
}
