//! Errors of reading and changing users, tokens and sessions.

use std::io;
use std::path::PathBuf;
use thiserror::Error;
use watchglass_auth::{AccountsError, FormatError, PasswordError};

/// Why users, tokens or sessions cannot be read or changed.
#[derive(Debug, Error)]
pub(crate) enum AccessError {
    /// A file cannot be read or written; nothing was changed.
    #[error("{path} cannot be read or written: {source}")]
    File { path: PathBuf, source: io::Error },
    /// There is no data directory whose accounts could be listed or changed.
    #[error("{0} is not a directory: set --data-dir to the data directory of the server")]
    NoDataDirectory(PathBuf),
    /// The file is damaged or of another version. No credential is accepted then.
    #[error(
        "{path}: {source}. Restore it, or stop the server and remove it to start over: a new administrator is created, and all tokens are lost"
    )]
    Format { path: PathBuf, source: FormatError },
    /// Another process holds the lock and does not release it.
    #[error(
        "{0} has been locked by another watchglass process for 5 seconds: check whether it hangs, and try again"
    )]
    Locked(PathBuf),
    /// The change is invalid.
    #[error(transparent)]
    Accounts(#[from] AccountsError),
    /// An invalid password, and where it comes from.
    #[error("{origin}: {source}")]
    Password {
        /// The name of an environment variable, or standard input.
        origin: &'static str,
        source: PasswordError,
    },
    /// The change is done, but the audit log cannot be written.
    #[error("the change is done, but the audit log in {0} cannot be written: {1}")]
    NotAudited(PathBuf, io::Error),
    /// No random numbers are available, or a system call failed.
    #[error(transparent)]
    System(#[from] io::Error),
}

impl AccessError {
    /// Whether the file cannot be used at the moment, whatever is to be changed.
    pub(super) fn is_disk_fault(&self) -> bool {
        matches!(self, Self::File { .. } | Self::Format { .. } | Self::Locked(_))
    }
}
