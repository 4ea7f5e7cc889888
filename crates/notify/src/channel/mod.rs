//! Notification channels, one file each.

pub(crate) mod email;
pub(crate) mod slack;
pub(crate) mod sms;
pub(crate) mod webhook;

pub use email::{EmailSettings, Encryption};
pub use slack::SlackSettings;
pub use sms::SmsSettings;
pub use webhook::WebhookSettings;

use crate::http::{self, Endpoint, PlaintextHosts};
use crate::secrets::SecretSource;
use crate::template::{Escape, Template};
use crate::{Environment, Message, SettingsError, text};
use watchglass_http_client::Limits;

/// An endpoint whose URL is a secret, and the texts to redact from responses.
pub(crate) fn secret_endpoint(
    source: SecretSource<'_>,
    limits: Limits,
    environment: Environment<'_>,
) -> Result<(Endpoint, Vec<String>), SettingsError> {
    let field = if source.env.is_some() { source.env_field } else { source.file_field };
    let secret = source.read(environment)?;
    let url = secret.reveal().unwrap_or_default();
    // The path alone is enough to post there.
    let path =
        http::check_url(field, url, PlaintextHosts::LocalhostOnly)?.path().trim_start_matches('/').to_owned();
    let endpoint = Endpoint::new(field, url, PlaintextHosts::LocalhostOnly, limits, environment)?;
    Ok((endpoint, vec![url.to_owned(), path]))
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
