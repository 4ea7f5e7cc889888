//! Notification errors.

use std::io;
use thiserror::Error;
use watchglass_dispatch::FieldError;
use watchglass_notify::{DeliveryError, SettingsError};

/// Error of opening notifications.
#[derive(Debug, Error)]
pub(crate) enum NotificationsError {
    /// Invalid channel settings.
    #[error("channels.{name}: {error}")]
    Channel {
        /// Name of the channel.
        name: String,
        /// Invalid setting.
        error: SettingsError,
    },
    /// Invalid notification settings.
    #[error("notifications.{0}")]
    Settings(#[from] FieldError),
    /// The outbox cannot be opened.
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
    /// I/O error in the data directory.
    #[error("cannot save the notification state in the data directory: {0}")]
    System(#[from] io::Error),
}
