//! Errors of requests to other servers.

use std::time::Duration;
use thiserror::Error;

/// Error of a request to another server. Contains no secrets.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum RemoteError {
    /// Connecting failed.
    #[error("cannot connect to {instance}: {reason}")]
    Unreachable {
        /// Host and port.
        instance: String,
        /// Error of the operating system.
        reason: String,
    },
    /// Timeout.
    #[error("no response from {instance} within {} s", .within.as_secs_f64())]
    TimedOut {
        /// Which.
        instance: String,
        /// The timeout.
        within: Duration,
    },
    /// The connection was lost.
    #[error("connection to {instance} lost: {reason}")]
    ConnectionLost {
        /// Which.
        instance: String,
        /// Cause.
        reason: String,
    },
    /// The server rejected the login or the request.
    #[error("{instance} rejected the request: {reason}")]
    Rejected {
        /// Which.
        instance: String,
        /// The server's error message, without secrets.
        reason: String,
    },
    /// Invalid response.
    #[error("unexpected response from {instance}: {reason}")]
    UnexpectedResponse {
        /// Which.
        instance: String,
        /// What is invalid.
        reason: String,
    },
}
