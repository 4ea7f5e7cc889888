//! An incoming webhook of Slack, or of a program that takes the same.
//!
//! Blocks as in [Block Kit](https://api.slack.com/reference/block-kit/blocks): a header, the facts, the time with the
//! links. Slack tells no repeats by itself: a message whose sending a crash cuts off may stand there twice.

use super::{Words, secret_target};
use crate::http::{Limits, Request, Target, post};
use crate::secrets::{Secrets, Source};
use crate::template::{Escape, slack as escape};
use crate::{Channel, Environment, Message, SendError, Sending, SettingsError, text};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use watchglass_model::Timestamp;
use watchglass_remote::one_line;

/// The most characters of a header.
const MOST_HEADER: usize = 150;
/// The most fields of a section.
const MOST_FIELDS: usize = 10;
/// The most characters of a field or a section, both less than Slack's 2,000 and 3,000, which count escapes.
const MOST_FIELD: usize = 1900;
const MOST_SECTION: usize = 2900;

/// The settings of a channel of Slack. Its URL is a secret: who has it can write there.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SlackSettings {
    /// The variable that has the URL.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_env: Option<String>,
    /// The file that has it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url_file: Option<PathBuf>,
    /// Makes another text of the message, in Slack's `mrkdwn`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl SlackSettings {
    fn url(&self) -> Source<'_> {
        let (env, file) = (self.url_env.as_deref(), self.url_file.as_deref());
        Source { env_field: "url_env", env, file_field: "url_file", file }
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        self.url().check(true)?;
        Words::new(self.template.as_deref(), Escape::Slack).map(drop)
    }
}

/// A channel of Slack.
#[derive(Debug)]
pub(crate) struct Slack {
    target: Target,
    secrets: Secrets,
    words: Words,
}

impl Slack {
    pub(crate) fn open(
        settings: &SlackSettings,
        environment: Environment<'_>,
    ) -> Result<Self, SettingsError> {
        let (target, hidden) = secret_target(settings.url(), environment)?;
        let secrets = Secrets::of(hidden.iter().map(String::as_str));
        Ok(Self { target, secrets, words: Words::new(settings.template.as_deref(), Escape::Slack)? })
    }

    fn body(&self, message: &Message) -> Value {
        // What is shown where there is no room for blocks, as in a notification.
        let fallback = escape(&text::headline(message));
        let blocks = match self.words.render(message) {
            Some(words) => vec![section(&cut(&words, MOST_SECTION))],
            None => blocks(message),
        };
        json!({ "text": fallback, "blocks": blocks })
    }

    async fn deliver(&self, message: &Message, now: Timestamp) -> Result<(), SendError> {
        let body = self.body(message).to_string();
        let request = Request { content_type: "application/json", headers: &[], body: body.as_bytes() };
        post(&self.target, request, &self.secrets, Limits::default(), now).await
    }
}

impl Channel for Slack {
    fn to(&self) -> String {
        self.target.shown().to_owned()
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> Sending<'a> {
        Box::pin(self.deliver(message, now))
    }
}

fn blocks(message: &Message) -> Vec<Value> {
    let header = one_line(&text::headline(message), MOST_HEADER - 1);
    let mut blocks = vec![json!({ "type": "header", "text": { "type": "plain_text", "text": header } })];
    for lines in message.lines.chunks(MOST_FIELDS) {
        let field = |line: &crate::Line| {
            let words = format!("*{}*\n{}", escape(&line.label), escape(&line.text));
            json!({ "type": "mrkdwn", "text": cut(&words, MOST_FIELD) })
        };
        let fields: Vec<Value> = lines.iter().map(field).collect();
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    let links = message.links.iter().map(|link| format!("<{}|{}>", escape(&link.url), escape(&link.label)));
    let mut words = message.time_text();
    for link in links {
        // A link that is cut would be none: all of it or nothing.
        if words.chars().count() + link.chars().count() + 3 <= MOST_SECTION {
            words.push_str(" · ");
            words.push_str(&link);
        }
    }
    blocks.push(section(&words));
    blocks
}

fn section(words: &str) -> Value {
    json!({ "type": "section", "text": { "type": "mrkdwn", "text": words } })
}

/// The beginning of a text, with its lines as they are.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 1).chain(['…']).collect()
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
        Slack::open(&settings, &|_| Some(URL.to_owned())).unwrap()
    }

    #[test]
    fn the_blocks_are_as_they_were() {
        let body = serde_json::to_string_pretty(&open(None).body(&sample())).unwrap();
        golden::check("slack.json", body.as_bytes());
        let body = open(Some("*{{ title }}*")).body(&sample());
        assert_eq!(body["blocks"][0]["text"]["text"], "*CPU of &lt;web-1&gt; is 93 %, above 80 %*");
    }

    #[test]
    fn its_url_is_shown_nowhere() {
        let slack = open(None);
        assert_eq!(slack.to(), "hooks.slack.example");
        assert!(!format!("{slack:?}").contains("s3cret"));
        assert_eq!(slack.secrets.scrub("no services/T0/B0/s3cret here"), "no … here");
        let settings = SlackSettings { url_env: Some("URL".to_owned()), ..SlackSettings::default() };
        let error =
            Slack::open(&settings, &|_| Some("http://host/s3cret".to_owned())).unwrap_err().to_string();
        assert!(error.contains("without encryption") && !error.contains("s3cret"), "{error}");
    }

    #[test]
    fn the_largest_message_is_one_that_slack_takes() {
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
