//! Notification delivery over channels, from an outbox that survives restarts.
//!
//! This crate delivers; it does not decide who is notified. A [`Commit`] of messages goes to the [`DeliveryService`], which
//! persists them ([`outbox`]) with the dispatcher state that says that they were notified, sends each over its
//! [`Channel`]s until it is delivered or given up, and keeps a delivery log. Channels are independent: one that hangs or
//! fails delays no other.

mod action_link;
mod alert_group;
mod body;
mod channel;
mod delivery;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
#[cfg(test)]
mod golden;
mod http;
mod message;
pub mod outbox;
mod secrets;
mod sending;
mod settings;
mod template;
#[cfg(test)]
mod tests;
mod text;

pub use action_link::{
    ActionToken, ActionTokenError, AlertFingerprint, LinkAction, MAX_FINGERPRINTS, MAX_TOKEN, SigningKey,
    token_id,
};
pub use alert_group::{
    AlertDetails, AlertGroup, AlertStatus, MAX_ALERT_BYTES, MAX_ALERT_LABELS, MAX_ALERTS, MAX_LABEL_VALUE,
};
pub use channel::{
    ChatSettings, CommandSettings, Context, EmailSettings, Encryption, NtfySettings, PagerdutySettings,
    PushoverSettings, SlackSettings, SmsSettings, TelegramSettings, WebhookFormat, WebhookSettings,
};
pub use delivery::{
    AwaitedCommit, Channels, Commit, DeliveryError, DeliveryService, DrawChart, Env, GivenUp, Outgoing,
    Overview, Reply, Report, StateText,
};
pub use message::{
    Line, Link, MAX_CHART, MAX_ID, MAX_LABEL, MAX_LINES, MAX_LINKS, MAX_TEXT, MAX_TITLE, MAX_URL, Message,
    MessageError,
};
pub use secrets::Environment;
pub use sending::{Channel, MAX_RETRY_AFTER, SendError, SendFuture};
pub use settings::{ChannelSettings, MAX_NAME, SettingsError, check_name};
pub use watchglass_model::Severity;
