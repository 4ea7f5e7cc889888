//! Slack incoming webhook, or a compatible receiver.
//!
//! [Block Kit](https://api.slack.com/reference/block-kit/blocks): a header, the fields, the time with the links. Slack
//! does not deduplicate: a message that is resent after a crash may appear twice.

use super::{Context, TextTemplate, secret_endpoint};
use crate::http::{Endpoint, NEW_CONNECTIONS, Request, post};
use crate::secrets::{SecretSource, Secrets};
use crate::template::{Escape, slack as escape};
use crate::{Channel, Message, SendError, SendFuture, SettingsError, text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use watchglass_model::Timestamp;
use watchglass_remote::one_line;

/// Maximum characters of a header.
const MAX_HEADER: usize = 150;
/// Maximum fields of a section.
const MAX_FIELDS: usize = 10;
/// Maximum characters of a field or a section, below Slack's limits of 2,000 and 3,000, which count escapes.
const MAX_FIELD: usize = 1900;
const MAX_SECTION: usize = 2900;

/// Settings of a Slack channel. The URL is a secret: it allows posting there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackSettings {
    /// Environment variable with the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// File with the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// Template of the text, in Slack's `mrkdwn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl SlackSettings {
    fn url(&self) -> SecretSource<'_> {
        let (env, file) = (self.url_env.as_deref(), self.url_file.as_deref());
        SecretSource { env_field: "url_env", env, file_field: "url_file", file }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        self.url().check(true)?;
        TextTemplate::new(self.template.as_deref(), Escape::Slack).map(drop)
    }
}

/// Slack channel.
#[derive(Debug)]
pub(crate) struct Slack {
    endpoint: Endpoint,
    secrets: Secrets,
    template: TextTemplate,
}

impl Slack {
    pub(crate) fn open(settings: &SlackSettings, context: Context<'_>) -> Result<Self, SettingsError> {
        let (endpoint, hidden) = secret_endpoint(settings.url(), NEW_CONNECTIONS, context.environment)?;
        let secrets = Secrets::of(hidden.iter().map(String::as_str));
        Ok(Self {
            endpoint,
            secrets,
            template: TextTemplate::new(settings.template.as_deref(), Escape::Slack)?,
        })
    }

    fn body(&self, message: &Message) -> Value {
        // Shown where blocks do not fit, such as in a push notification.
        let fallback = escape(&text::headline(message));
        let blocks = match self.template.render(message) {
            Some(text) => vec![section(&text::truncate(&text, MAX_SECTION))],
            None => blocks(message),
        };
        json!({ "text": fallback, "blocks": blocks })
    }

    async fn deliver(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        post(&self.endpoint, Request::json(&self.body(message)), &self.secrets, now).await
    }
}

impl Channel for Slack {
    fn to(&self) -> String {
        self.endpoint.display_host().to_owned()
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> SendFuture<'a> {
        Box::pin(self.deliver(message, now))
    }
}

fn blocks(message: &Message) -> Vec<Value> {
    let header = one_line(&text::headline(message), MAX_HEADER - 1);
    let mut blocks = vec![json!({ "type": "header", "text": { "type": "plain_text", "text": header } })];
    for lines in message.lines.chunks(MAX_FIELDS) {
        let field = |line: &crate::Line| {
            let text = format!("*{}*\n{}", escape(&line.label), escape(&line.text));
            json!({ "type": "mrkdwn", "text": text::truncate(&text, MAX_FIELD) })
        };
        let fields: Vec<Value> = lines.iter().map(field).collect();
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    let links = message.links.iter().map(|link| format!("<{}|{}>", escape(&link.url), escape(&link.label)));
    let mut footer = message.time_text();
    for link in links {
        // A truncated link is broken: add it whole or not at all.
        if footer.chars().count() + link.chars().count() + 3 <= MAX_SECTION {
            footer.push_str(" · ");
            footer.push_str(&link);
        }
    }
    blocks.push(section(&footer));
    blocks
}

fn section(text: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": text } })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::sample;
    use crate::{Line, golden};

    const URL: &str = "https://hooks.slack.example/services/T0/B0/s3cret";

    fn open(template: Option<&str>) -> Slack {
        let template = template.map(str::to_owned);
        let settings =
            SlackSettings { url_env: Some("URL".to_owned()), template, ..SlackSettings::default() };
        settings.check().unwrap();
        let environment = |name: &str| (name == "URL").then(|| URL.to_owned());
        Slack::open(&settings, Context::new("chat", &environment)).unwrap()
    }

    #[test]
    fn blocks_match_the_golden_file() {
        let body = serde_json::to_string_pretty(&open(None).body(&sample())).unwrap();
        golden::check("slack.json", body.as_bytes());
        let body = open(Some("*{{ title }}*")).body(&sample());
        assert_eq!(body["blocks"][0]["text"]["text"], "*CPU of &lt;web-1&gt; is 93 %, above 80 %*");
    }

    #[test]
    fn url_is_never_shown() {
        let slack = open(None);
        assert_eq!(slack.to(), "hooks.slack.example");
        assert!(!format!("{slack:?}").contains("s3cret"));
        assert_eq!(slack.secrets.redact("no services/T0/B0/s3cret here"), "no … here");
        let settings = SlackSettings { url_env: Some("URL".to_owned()), ..SlackSettings::default() };
        let environment = |name: &str| (name == "URL").then(|| "http://host/s3cret".to_owned());
        let error = Slack::open(&settings, Context::new("chat", &environment)).unwrap_err().to_string();
        assert!(error.contains("would send a secret unencrypted") && !error.contains("s3cret"), "{error}");
    }

    #[test]
    fn largest_message_is_within_slack_limits() {
        let mut message = sample();
        message.title = "<".repeat(1000);
        message.lines = vec![Line { label: "&".repeat(500), text: "&".repeat(5000) }; 100];
        message.links = vec![message.links[0].clone(); 10];
        message.links.iter_mut().for_each(|link| link.url = format!("https://host/{}", "x".repeat(1000)));
        let body = open(None).body(&message.fitted().unwrap());
        let blocks = body["blocks"].as_array().unwrap();
        assert!(blocks.len() <= 50);
        let length = |value: &Value| value.as_str().unwrap().chars().count();
        for block in blocks {
            if let Some(fields) = block["fields"].as_array() {
                assert!(fields.len() <= 10 && fields.iter().all(|field| length(&field["text"]) <= 2000));
            } else {
                assert!(length(&block["text"]["text"]) <= if block["type"] == "header" { 150 } else { 3000 });
            }
        }
    }
}
