//! Notification channels, one file each.

pub(crate) mod attachments;
pub(crate) mod chat_hook;
pub(crate) mod command;
pub(crate) mod discord;
pub(crate) mod email;
pub(crate) mod google_chat;
pub(crate) mod ntfy;
pub(crate) mod pagerduty;
pub(crate) mod pushover;
pub(crate) mod slack;
pub(crate) mod sms;
pub(crate) mod teams;
pub(crate) mod telegram;
pub(crate) mod webhook;

pub use chat_hook::ChatSettings;
pub use command::CommandSettings;
pub use email::{EmailSettings, Encryption};
pub use ntfy::NtfySettings;
pub use pagerduty::PagerdutySettings;
pub use pushover::PushoverSettings;
pub use slack::SlackSettings;
pub use sms::SmsSettings;
pub use telegram::TelegramSettings;
pub use webhook::{WebhookFormat, WebhookSettings};

use crate::http::{self, Endpoint, PlaintextHosts};
use crate::secrets::SecretSource;
use crate::template::{Escape, Template};
use crate::{Environment, Message, SettingsError, text};
use watchglass_http_client::Limits;

/// What a channel is opened with, besides its settings.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// Name of the channel.
    pub name: &'a str,
    /// Environment variables, for secrets.
    pub environment: Environment<'a>,
    /// Name of this server in SMTP: a host name or an address; `None` if it is unknown.
    pub helo: Option<&'a str>,
}

impl<'a> Context<'a> {
    /// Context of a server without a known name.
    pub fn new(name: &'a str, environment: Environment<'a>) -> Self {
        Self { name, environment, helo: None }
    }
}

impl std::fmt::Debug for Context<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Context").field("name", &self.name).field("helo", &self.helo).finish_non_exhaustive()
    }
}

/// An endpoint whose URL is a secret, and the texts to redact from responses.
pub(crate) fn secret_endpoint(
    source: SecretSource<'_>,
    limits: Limits,
    environment: Environment<'_>,
) -> Result<(Endpoint, Vec<String>), SettingsError> {
    let field = if source.env.is_some() { source.env_field } else { source.file_field };
    let secret = source.read(environment)?;
    let url = secret.reveal().unwrap_or_default();
    let parsed = http::check_url(field, url, PlaintextHosts::LocalhostOnly)?;
    let mut hidden = http::url_secrets(&parsed, http::UrlKind::Secret);
    hidden.push(url.to_owned());
    let endpoint = Endpoint::new(field, url, PlaintextHosts::LocalhostOnly, limits, environment)?;
    Ok((endpoint, hidden))
}

/// Template of a channel, or `None` for the built-in text.
#[derive(Debug)]
pub(crate) struct TextTemplate(Option<Template>);

impl TextTemplate {
    pub(crate) fn new(template: Option<&str>, escape: Escape) -> Result<Self, SettingsError> {
        Ok(Self(template.map(|source| Template::new(source, escape)).transpose()?))
    }

    /// The rendered template; `None` without a template. A template that passed its check can still fail on a message
    /// that lacks fields of the test message: then the built-in text is sent with the error, so that the notification is
    /// not lost.
    pub(crate) fn render(&self, message: &Message) -> Option<String> {
        let template = self.0.as_ref()?;
        Some(match template.render(message) {
            Ok(text) => text,
            Err(error) => format!("{}\n({error})\n", text::plain(message)),
        })
    }
}
