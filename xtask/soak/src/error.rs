//! Errors of the soak test.

use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The reason why the soak test ended early.
#[derive(Debug, Error)]
pub(crate) enum SoakError {
    /// An operation on a file or folder failed.
    #[error("could not {action} {}: {source}", path.display())]
    File {
        /// The operation, as a verb.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A program is not installed.
    #[error("{0} is not installed: `cargo xtask setup` installs what the tests start")]
    Missing(&'static str),
    /// The server does not answer.
    #[error("the server did not answer within {seconds} s; its log is {}", log.display())]
    NoAnswer {
        /// Time that was waited.
        seconds: u64,
        /// Log of the server.
        log: PathBuf,
    },
    /// No token could be created.
    #[error("no token could be created: {0}")]
    Token(String),
}

impl SoakError {
    /// A function for `map_err` that adds the operation and the path.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { action, path, source }
    }
}
