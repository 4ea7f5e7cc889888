//! What the settings say of channels.

use crate::channel::{email::Email, slack::Slack, sms::Sms, webhook::Webhook};
use crate::{Channel, Environment, channel};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;

/// The longest name of a channel, in bytes.
pub const MOST_NAME: usize = 64;

/// What is wrong with the settings of a channel. Free of secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field} {wrong}: {right}")]
pub struct SettingsError {
    /// In which field.
    pub field: &'static str,
    /// What is wrong.
    pub wrong: String,
    /// What would be right.
    pub right: String,
}

impl SettingsError {
    pub(crate) fn new(field: &'static str, wrong: impl Into<String>, right: impl Into<String>) -> Self {
        Self { field, wrong: wrong.into(), right: right.into() }
    }
}

/// The settings of a channel. None of them is a secret: of secrets they tell where they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ChannelSettings {
    /// Mail over SMTP.
    Email(channel::EmailSettings),
    /// An incoming webhook of Slack.
    Slack(channel::SlackSettings),
    /// Text messages over a gateway that speaks as Twilio does.
    Sms(channel::SmsSettings),
    /// JSON to any program.
    Webhook(channel::WebhookSettings),
}

impl ChannelSettings {
    /// Whether they can be right. Neither secrets nor the network are looked at.
    ///
    /// # Errors
    /// They cannot.
    pub fn check(&self) -> Result<(), SettingsError> {
        match self {
            Self::Email(settings) => settings.check(),
            Self::Slack(settings) => settings.check(),
            Self::Sms(settings) => settings.check(),
            Self::Webhook(settings) => settings.check(),
        }
    }

    /// Reads the secrets, and makes the channel. Nothing is sent yet.
    ///
    /// # Errors
    /// The settings are wrong, or a secret is not where they say.
    pub fn open(&self, environment: Environment<'_>) -> Result<Arc<dyn Channel>, SettingsError> {
        self.check()?;
        Ok(match self {
            Self::Email(settings) => Arc::new(Email::open(settings, environment)?),
            Self::Slack(settings) => Arc::new(Slack::open(settings, environment)?),
            Self::Sms(settings) => Arc::new(Sms::open(settings, environment)?),
            Self::Webhook(settings) => Arc::new(Webhook::open(settings, environment)?),
        })
    }
}

/// Whether a channel may be called so.
///
/// # Errors
/// It may not.
pub fn check_name(name: &str) -> Result<(), SettingsError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=MOST_NAME).contains(&name.len()) && name.bytes().all(fits) {
        return Ok(());
    }
    let right = format!("give 1 to {MOST_NAME} letters, digits, \"-\", \"_\" and \".\"");
    Err(SettingsError::new("name", "is not the name of a channel", right))
}

/// Whether a text is one line of `1..=most` characters.
pub(crate) fn check_line(field: &'static str, text: &str, most: usize) -> Result<(), SettingsError> {
    if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
        let right = format!("give one line of 1 to {most} characters");
        return Err(SettingsError::new(field, "is empty, too long or more than one line", right));
    }
    Ok(())
}
