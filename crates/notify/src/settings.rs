//! Channel settings.

use crate::channel::{
    Context, attachments, chat_hook::Chat, command::Command, discord, email::Email, google_chat, ntfy::Ntfy,
    pagerduty::Pagerduty, pushover::Pushover, slack::Slack, sms::Sms, teams, telegram::Telegram,
    webhook::Webhook,
};
use crate::{Channel, channel};
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
    /// Program on this machine.
    Command(channel::CommandSettings),
    /// Discord webhook.
    Discord(channel::ChatSettings),
    /// Email over SMTP.
    Email(channel::EmailSettings),
    /// Google Chat webhook.
    GoogleChat(channel::ChatSettings),
    /// Mattermost incoming webhook.
    Mattermost(channel::ChatSettings),
    /// ntfy topic.
    Ntfy(channel::NtfySettings),
    /// PagerDuty service.
    Pagerduty(channel::PagerdutySettings),
    /// Pushover user or group.
    Pushover(channel::PushoverSettings),
    /// Rocket.Chat incoming webhook.
    RocketChat(channel::ChatSettings),
    /// Slack incoming webhook.
    Slack(channel::SlackSettings),
    /// SMS over a gateway with the Twilio API.
    Sms(channel::SmsSettings),
    /// Webhook of a Microsoft Teams workflow.
    Teams(channel::ChatSettings),
    /// Telegram bot.
    Telegram(channel::TelegramSettings),
    /// JSON webhook.
    Webhook(channel::WebhookSettings),
}

impl ChannelSettings {
    /// Kind, as in the configuration file.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Command(_) => "command",
            Self::Discord(_) => "discord",
            Self::Email(_) => "email",
            Self::GoogleChat(_) => "googlechat",
            Self::Mattermost(_) => "mattermost",
            Self::Ntfy(_) => "ntfy",
            Self::Pagerduty(_) => "pagerduty",
            Self::Pushover(_) => "pushover",
            Self::RocketChat(_) => "rocketchat",
            Self::Slack(_) => "slack",
            Self::Sms(_) => "sms",
            Self::Teams(_) => "teams",
            Self::Telegram(_) => "telegram",
            Self::Webhook(_) => "webhook",
        }
    }

    /// Validates the settings without reading secrets or using the network.
    ///
    /// # Errors
    /// The first invalid setting.
    pub fn check(&self) -> Result<(), SettingsError> {
        match self {
            Self::Command(settings) => settings.check(),
            Self::Discord(settings) => settings.check(discord::FORM),
            Self::Email(settings) => settings.check(),
            Self::GoogleChat(settings) => settings.check(google_chat::FORM),
            Self::Mattermost(settings) | Self::RocketChat(settings) => settings.check(attachments::FORM),
            Self::Ntfy(settings) => settings.check(),
            Self::Pagerduty(settings) => settings.check(),
            Self::Pushover(settings) => settings.check(),
            Self::Slack(settings) => settings.check(),
            Self::Sms(settings) => settings.check(),
            Self::Teams(settings) => settings.check(teams::FORM),
            Self::Telegram(settings) => settings.check(),
            Self::Webhook(settings) => settings.check(),
        }
    }

    /// Reads the secrets and creates the channel. Nothing is sent yet.
    ///
    /// # Errors
    /// The settings are invalid, or a secret cannot be read.
    pub fn open(&self, context: Context<'_>) -> Result<Arc<dyn Channel>, SettingsError> {
        self.check()?;
        Ok(match self {
            Self::Command(settings) => Arc::new(Command::open(settings, context)?),
            Self::Discord(settings) => Arc::new(Chat::open(settings, discord::FORM, context)?),
            Self::Email(settings) => Arc::new(Email::open(settings, context)?),
            Self::GoogleChat(settings) => Arc::new(Chat::open(settings, google_chat::FORM, context)?),
            Self::Mattermost(settings) | Self::RocketChat(settings) => {
                Arc::new(Chat::open(settings, attachments::FORM, context)?)
            }
            Self::Ntfy(settings) => Arc::new(Ntfy::open(settings, context)?),
            Self::Pagerduty(settings) => Arc::new(Pagerduty::open(settings, context)?),
            Self::Pushover(settings) => Arc::new(Pushover::open(settings, context)?),
            Self::Slack(settings) => Arc::new(Slack::open(settings, context)?),
            Self::Sms(settings) => Arc::new(Sms::open(settings, context)?),
            Self::Teams(settings) => Arc::new(Chat::open(settings, teams::FORM, context)?),
            Self::Telegram(settings) => Arc::new(Telegram::open(settings, context)?),
            Self::Webhook(settings) => Arc::new(Webhook::open(settings, context)?),
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
