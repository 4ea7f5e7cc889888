//! Why a server did not do what it was asked to.

use std::time::Duration;
use thiserror::Error;

/// Why a server did not do what it was asked to. Free of secrets.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RemoteError {
    /// It could not be reached.
    #[error("cannot connect to {instance}: {reason}")]
    Unreachable {
        /// Which: host and port.
        instance: String,
        /// The operating system's words.
        reason: String,
    },
    /// It did not answer in time.
    #[error("no answer from {instance} within {} s", .within.as_secs_f64())]
    Silent {
        /// Which.
        instance: String,
        /// The time it had.
        within: Duration,
    },
    /// The connection to it broke.
    #[error("the connection to {instance} broke: {reason}")]
    Broken {
        /// Which.
        instance: String,
        /// What happened to it.
        reason: String,
    },
    /// It does not let us in, or does not answer a question.
    #[error("{instance} refuses: {reason}")]
    Refused {
        /// Which.
        instance: String,
        /// The server's words, without secrets.
        reason: String,
    },
    /// It answers with something that it should not.
    #[error("{instance} answers with something else than it should: {reason}")]
    Unexpected {
        /// Which.
        instance: String,
        /// What is wrong with it.
        reason: String,
    },
}
