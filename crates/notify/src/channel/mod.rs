//! The ways to reach people, a file for each.

pub(crate) mod email;
pub(crate) mod slack;
pub(crate) mod sms;
pub(crate) mod webhook;

pub use email::{EmailSettings, Encryption};
pub use slack::SlackSettings;
pub use sms::SmsSettings;
pub use webhook::WebhookSettings;

use crate::template::{Escape, Template};
use crate::{Message, SettingsError, text};

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
