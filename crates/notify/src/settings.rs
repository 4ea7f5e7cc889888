//! Channel settings.

use crate::channel::{email::Email, slack::Slack, sms::Sms, webhook::Webhook};
use crate::{Channel, Environment, channel};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use thiserror::Error;

/// Maximum bytes of a channel name.
pub const MAX_NAME: usize = 64;

/// Invalid channel settings. Contains no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{field} {problem}: {hint}")]
pub struct SettingsError {
    /// Field.
    pub field: &'static str,
    /// What is invalid.
    pub problem: String,
    /// Accepted form.
    pub hint: String,
}

impl SettingsError {
    pub(crate) fn new(field: &'static str, problem: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { field, problem: problem.into(), hint: hint.into() }
    }
}

/// Settings of a channel. They contain no secrets, only where to find them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum ChannelSettings {
    /// Email over SMTP.
    Email(channel::EmailSettings),
    /// Slack incoming webhook.
    Slack(channel::SlackSettings),
    /// SMS over a gateway with the Twilio API.
    Sms(channel::SmsSettings),
    /// JSON webhook.
    Webhook(channel::WebhookSettings),
}

impl ChannelSettings {
    /// Validates the settings without reading secrets or using the network.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn check(&self) -> Result<(), SettingsError> {
        match self {
            Self::Email(settings) => settings.check(),
            Self::Slack(settings) => settings.check(),
            Self::Sms(settings) => settings.check(),
            Self::Webhook(settings) => settings.check(),
        }
    }

    /// Reads the secrets and creates the channel. Nothing is sent yet.
    ///
    /// # Errors
    /// The settings are invalid, or a secret cannot be read.
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

/// Validates a channel name.
///
/// # Errors
/// The name is invalid.
pub fn check_name(name: &str) -> Result<(), SettingsError> {
    let is_allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=MAX_NAME).contains(&name.len()) && name.bytes().all(is_allowed) {
        return Ok(());
    }
    let hint = format!("use 1 to {MAX_NAME} letters, digits, \"-\", \"_\" and \".\"");
    Err(SettingsError::new("name", "is not a valid channel name", hint))
}

/// Checks that a text is one line of 1 to `limit` characters.
pub(crate) fn check_line(field: &'static str, text: &str, limit: usize) -> Result<(), SettingsError> {
    if text.is_empty() || text.chars().count() > limit || text.chars().any(char::is_control) {
        let hint = format!("give one line of 1 to {limit} characters");
        return Err(SettingsError::new(field, "is empty, too long or more than one line", hint));
    }
    Ok(())
}
