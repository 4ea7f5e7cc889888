//! Why people cannot be told.

use std::io;
use thiserror::Error;
use watchglass_alerts::telling::FieldError;
use watchglass_notify::{PostError, SettingsError};

/// Why people cannot be told.
#[derive(Debug, Error)]
pub(crate) enum TellingError {
    /// A channel's settings are wrong.
    #[error("channels.{name}: {error}")]
    Channel {
        /// Its name.
        name: String,
        /// What is wrong.
        error: SettingsError,
    },
    /// The settings of telling are.
    #[error("telling.{0}")]
    Settings(#[from] FieldError),
    /// The outbox cannot be opened.
    #[error(transparent)]
    Post(#[from] PostError),
    /// The data folder or the system does not allow it.
    #[error("who was told what cannot be kept in the data folder: {0}")]
    System(#[from] io::Error),
}
