//! Errors of the outbox.

use super::MAX_CHANNELS;
use super::record::READ_VERSIONS;
use crate::MessageError;
use crate::settings::SettingsError;
use std::io;
use std::path::PathBuf;
use thiserror::Error;

/// Error of opening the outbox.
#[derive(Debug, Error)]
pub enum OpenError {
    /// I/O error.
    #[error("{}: {error}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// Error of the operating system.
        error: io::Error,
    },
    /// In use by another process.
    #[error("the outbox in {} is in use by another process: stop it, or configure another data directory", folder.display())]
    InUse {
        /// Folder.
        folder: PathBuf,
    },
    /// Written by a newer version.
    #[error(
        "{} has format version {version}, but only versions {} to {} are supported: run the newer Watchglass, or move the \
         file away",
        path.display(),
        READ_VERSIONS.start(),
        READ_VERSIONS.end()
    )]
    Version {
        /// File.
        path: PathBuf,
        /// Its format version.
        version: u16,
    },
    /// Not an outbox file.
    #[error("{} is not an outbox file, or larger than 1 GiB: move it away", path.display())]
    NotOurs {
        /// File.
        path: PathBuf,
    },
}

/// Why the outbox is not on disk.
#[derive(Debug)]
pub(super) struct WriteProblem {
    /// Error of the disk.
    pub(super) error: String,
    /// What is wrong, and what it means.
    pub(super) text: String,
}

/// Outbox error.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum OutboxError {
    /// Invalid message.
    #[error(transparent)]
    Message(#[from] MessageError),
    /// Invalid channel name.
    #[error(transparent)]
    Channel(#[from] SettingsError),
    /// No channels, or too many.
    #[error("the message has {0} channels: use 1 to {MAX_CHANNELS}")]
    Channels(usize),
    /// The outbox is full of pending messages.
    #[error("the outbox is full: {0} messages are pending; check why the channels fail")]
    Full(usize),
    /// Unknown or evicted message.
    #[error(
        "unknown message \"{id}\" for the channel \"{channel}\": the delivery log lists the existing ones"
    )]
    Unknown {
        /// Message id.
        id: String,
        /// Channel.
        channel: String,
    },
    /// Already pending.
    #[error("the message \"{id}\" is already pending for the channel \"{channel}\"")]
    Pending {
        /// Message id.
        id: String,
        /// Channel.
        channel: String,
    },
}
