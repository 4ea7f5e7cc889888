//! Telegram bot ([sendMessage](https://core.telegram.org/bots/api#sendmessage)) with HTML texts.
//!
//! The token of the bot is part of the URL. Telegram does not deduplicate: a message that is resent after a crash may
//! appear twice.

use super::{Context, TextTemplate};
use crate::http::{self, Endpoint, NEW_CONNECTIONS, PlaintextHosts, Request, Responses, post};
use crate::secrets::{SecretSource, Secrets};
use crate::settings::check_line;
use crate::template::Escape;
use crate::text::{escape, headline};
use crate::{Channel, Message, SendFuture, SettingsError};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::path::PathBuf;
use watchglass_model::Timestamp;

/// API of Telegram.
const API: &str = "https://api.telegram.org";
/// Maximum characters of a text.
const MAX_TEXT: usize = 4096;

/// Settings of a Telegram channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TelegramSettings {
    /// Environment variable with the token of the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_env: Option<String>,
    /// File with the token of the bot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_file: Option<PathBuf>,
    /// Chat: a number such as `-1001234567890`, or `@name` of a public channel.
    pub chat_id: String,
    /// Topic of the chat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_thread_id: Option<u32>,
    /// URL of the API; the default is that of Telegram.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// Template of the text, in Telegram's HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
}

impl TelegramSettings {
    fn token(&self) -> SecretSource<'_> {
        let (env, file) = (self.token_env.as_deref(), self.token_file.as_deref());
        SecretSource { env_field: "token_env", env, file_field: "token_file", file }
    }

    fn api(&self) -> &str {
        self.url.as_deref().unwrap_or(API).trim_end_matches('/')
    }

    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        self.token().check(true)?;
        http::check_url("url", self.api(), PlaintextHosts::LocalhostOnly)?;
        check_line("chat_id", &self.chat_id, 100)?;
        let is_name = self.chat_id.strip_prefix('@').is_some_and(|name| !name.is_empty());
        if !is_name && self.chat_id.parse::<i64>().is_err() {
            let right = "give a number such as -1001234567890, or @name of a public channel";
            return Err(SettingsError::new("chat_id", "is not a chat", right));
        }
        TextTemplate::new(self.template.as_deref(), Escape::Html).map(drop)
    }
}

/// Telegram channel.
#[derive(Debug)]
pub(crate) struct Telegram {
    endpoint: Endpoint,
    chat_id: String,
    message_thread_id: Option<u32>,
    secrets: Secrets,
    template: TextTemplate,
}

impl Telegram {
    pub(crate) fn open(settings: &TelegramSettings, context: Context<'_>) -> Result<Self, SettingsError> {
        let token = settings.token().read(context.environment)?;
        let token = token.reveal().unwrap_or_default();
        let is_token = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'_' | b'-');
        if !token.bytes().all(is_token) {
            let field = if settings.token_env.is_some() { "token_env" } else { "token_file" };
            let right = "give the token from @BotFather, such as 123456:ABC-DEF";
            return Err(SettingsError::new(field, "has no valid token", right));
        }
        let url = format!("{}/bot{token}/sendMessage", settings.api());
        let environment = context.environment;
        Ok(Self {
            endpoint: Endpoint::new(
                "url",
                &url,
                PlaintextHosts::LocalhostOnly,
                NEW_CONNECTIONS,
                environment,
            )?,
            chat_id: settings.chat_id.clone(),
            message_thread_id: settings.message_thread_id,
            secrets: Secrets::of([token]),
            template: TextTemplate::new(settings.template.as_deref(), Escape::Html)?,
        })
    }

    fn body(&self, message: &Message) -> Value {
        let text = match self.template.render(message) {
            // A cut tag is an error: the text is shortened without its markup.
            Some(text) if text.chars().count() > MAX_TEXT => default_text(message),
            Some(text) => text,
            None => default_text(message),
        };
        let mut body = json!({
            "chat_id": self.chat_id,
            "text": text,
            "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true },
        });
        if let (Some(topic), Some(body)) = (self.message_thread_id, body.as_object_mut()) {
            body.insert("message_thread_id".to_owned(), topic.into());
        }
        body
    }
}

impl Channel for Telegram {
    fn to(&self) -> String {
        self.chat_id.clone()
    }

    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> SendFuture<'a> {
        Box::pin(async move {
            let responses = Responses { retry_after: Some("/parameters/retry_after"), failure: None };
            let request = Request { responses, ..Request::json(&self.body(message)) };
            post(&self.endpoint, request, &self.secrets, now).await
        })
    }
}

/// Headline, links, then as many lines as fit: no tag is ever cut.
fn default_text(message: &Message) -> String {
    let links = message.links.iter();
    let links = links.map(|link| format!("<a href=\"{}\">{}</a>", escape(&link.url), escape(&link.label)));
    let links = std::iter::once(message.time_text()).chain(links);
    let heading = format!("<b>{}</b>", escape(&headline(message)));
    let mut left = MAX_TEXT.saturating_sub(heading.chars().count());
    let mut fits = |text: &String| {
        let length = text.chars().count() + 3;
        let fits = length <= left;
        left -= length.min(left);
        fits
    };
    let footer: Vec<String> = links.take_while(&mut fits).collect();
    let lines = message.lines.iter();
    let lines = lines.map(|line| format!("<b>{}:</b> {}", escape(&line.label), escape(&line.text)));
    let lines: Vec<String> = lines.take_while(&mut fits).collect();
    let mut parts = vec![heading];
    parts.extend(lines);
    parts.push(footer.join(" · "));
    parts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::message::tests::sample;
    use crate::{Line, golden};

    const TOKEN: &str = "123456:ABC-s3cret_x";

    fn settings() -> TelegramSettings {
        TelegramSettings {
            token_env: Some("TOKEN".to_owned()),
            chat_id: "-1001234567890".to_owned(),
            ..TelegramSettings::default()
        }
    }

    fn open(settings: &TelegramSettings, token: &str) -> Result<Telegram, SettingsError> {
        settings.check()?;
        Telegram::open(settings, Context::new("chat", &|name| (name == "TOKEN").then(|| token.to_owned())))
    }

    #[test]
    fn text_matches_the_golden_file_and_the_token_is_never_shown() {
        let telegram = open(&settings(), TOKEN).unwrap();
        golden::check(
            "telegram.json",
            serde_json::to_string_pretty(&telegram.body(&sample())).unwrap().as_bytes(),
        );
        assert!(!format!("{telegram:?}").contains("s3cret"));
        let topic = TelegramSettings { message_thread_id: Some(7), ..settings() };
        assert_eq!(open(&topic, TOKEN).unwrap().body(&sample())["message_thread_id"], 7);
        let error = open(&settings(), "123/s3cret").unwrap_err().to_string();
        assert!(error.starts_with("token_env has no valid token") && !error.contains("s3cret"), "{error}");
    }

    #[test]
    fn invalid_settings_are_rejected() {
        for (chat_id, is_valid) in [("-5", true), ("@ops", true), ("@", false), ("ops", false), ("", false)] {
            let settings = TelegramSettings { chat_id: chat_id.to_owned(), ..settings() };
            assert_eq!(settings.check().is_ok(), is_valid, "{chat_id}");
        }
        let remote = TelegramSettings { url: Some("http://host".to_owned()), ..settings() };
        assert!(remote.check().unwrap_err().to_string().starts_with("url would send a secret"));
    }

    #[test]
    fn long_text_is_shortened_between_tags() {
        let mut message = sample();
        message.title = "<".repeat(1000);
        message.lines = vec![Line { label: "l".to_owned(), text: "&".repeat(5000) }; 100];
        message.lines[0].text = "first".to_owned();
        let message = message.fitted().unwrap();
        let text = default_text(&message);
        assert!(text.chars().count() <= MAX_TEXT, "{}", text.chars().count());
        assert!(text.contains("<b>l:</b> first\n") && text.ends_with("</a>"), "{text}");
        let long = TelegramSettings { template: Some("<b>{{ title }}</b>".repeat(20)), ..settings() };
        let body = open(&long, TOKEN).unwrap().body(&message);
        assert_eq!(body["text"], text.as_str());
    }
}
