//! Why people, tokens and sessions cannot be read or changed.

use std::io;
use std::path::PathBuf;
use thiserror::Error;
use watchglass_access::{BookError, FormatError, PasswordError};

/// What went wrong.
#[derive(Debug, Error)]
pub(crate) enum AccessError {
    /// A file cannot be read or written.
    #[error("{path} cannot be read or written: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// The file is not what this program writes. Nobody is let in on a guess.
    #[error(
        "{path}: {source}. Restore it, or remove it to begin anew: then a new administrator is made at the start, and all tokens are gone"
    )]
    Format {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        source: FormatError,
    },
    /// Somebody else changes it, and does not come to an end.
    #[error(
        "{0} has been locked by another watchglass for five seconds: look whether that one hangs, and try again"
    )]
    Locked(PathBuf),
    /// The change cannot be.
    #[error(transparent)]
    Book(#[from] BookError),
    /// A password that cannot be taken, and where it is from.
    #[error("{place}: {source}")]
    Password {
        /// The name of a variable, or standard input.
        place: &'static str,
        /// What is wrong with it.
        source: PasswordError,
    },
    /// The change is made, and the audit log does not take it.
    #[error("it is done, but the audit log in {0} does not take that: {1}")]
    NotNoted(PathBuf, io::Error),
    /// The system has no random numbers, or no answer.
    #[error(transparent)]
    System(#[from] io::Error),
}
