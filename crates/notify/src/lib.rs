//! Sends messages over channels, from an outbox that outlives the program.
//!
//! It sends what it is given, to whom it is told: it never decides whom to wake. A [`Message`] is put into the [`Post`],
//! which writes it down ([`outbox`]), sends it over each [`Channel`] until the other side has it or it is given up, and
//! keeps a log of that. Each channel goes at its own pace: one that hangs or fails delays no other.

mod channel;
mod deed;
#[cfg(fuzzing)]
pub mod fuzzing;
#[cfg(test)]
mod golden;
mod http;
mod message;
pub mod outbox;
mod post;
mod secrets;
mod sending;
mod settings;
mod template;
#[cfg(test)]
mod tests;
mod text;

pub use channel::{EmailSettings, Encryption, SlackSettings, SmsSettings, WebhookSettings};
pub use deed::{Action, AlertMark, Deed, DeedError, DeedKey, MOST_MARKS, MOST_TOKEN, deed_name};
pub use message::{
    Line, Link, MOST_CHART, MOST_ID, MOST_LABEL, MOST_LINES, MOST_LINKS, MOST_TEXT, MOST_TITLE, MOST_URL,
    Message, MessageError,
};
pub use post::{Channels, Environs, Overview, Post, PostError, Receipt};
pub use secrets::Environment;
pub use sending::{Channel, MOST_RETRY_AFTER, SendError, Sending};
pub use settings::{ChannelSettings, MOST_NAME, SettingsError, check_name};
pub use watchglass_model::Severity;
