//! The ways to reach people, a file for each.

pub(crate) mod email;
pub(crate) mod slack;
pub(crate) mod sms;
pub(crate) mod webhook;

pub use email::{EmailSettings, Encryption};
pub use slack::SlackSettings;
pub use sms::SmsSettings;
pub use webhook::WebhookSettings;

use crate::http::{self, Clear, Target};
use crate::secrets::Source;
use crate::template::{Escape, Template};
use crate::{Environment, Message, SettingsError, text};

/// A target whose URL is a secret, and the texts by which it is known.
pub(crate) fn secret_target(
    source: Source<'_>,
    environment: Environment<'_>,
) -> Result<(Target, Vec<String>), SettingsError> {
    let field = if source.env.is_some() { source.env_field } else { source.file_field };
    let secret = source.read(environment)?;
    let url = secret.reveal().unwrap_or_default();
    // The path alone is enough to write there.
    let path = http::check(field, url, Clear::Loopback)?.path().trim_start_matches('/').to_owned();
    Ok((Target::new(field, url, Clear::Loopback)?, vec![url.to_owned(), path]))
}

/// The words of a channel: those of a template, or the built-in ones.
#[derive(Debug)]
pub(crate) struct Words(Option<Template>);

impl Words {
    pub(crate) fn new(template: Option<&str>, escape: Escape) -> Result<Self, SettingsError> {
        Ok(Self(template.map(|source| Template::new(source, escape)).transpose()?))
    }

    /// The message in the template's words; `None` without a template. A template that was tried may still fail at a
    /// message that lacks what the tried one had: then the message goes out in the built-in words, with the reason,
    /// for somebody must be told.
    pub(crate) fn render(&self, message: &Message) -> Option<String> {
        let template = self.0.as_ref()?;
        Some(match template.render(message) {
            Ok(text) => text,
            Err(error) => format!("{}\n({error})\n", text::plain(message)),
        })
    }
}
