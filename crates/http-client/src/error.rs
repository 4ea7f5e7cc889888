//! Errors of requests.

use std::error::Error as StdError;
use std::time::Duration;

/// Whether a failed request may have arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// The server did not get the whole request, and will not: sending it again repeats nothing.
    Incomplete,
    /// The server may have got the whole request: sending it again may repeat its effect.
    Uncertain,
}

/// Error of a request. Contains no part of the URL and no header.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Unsupported URL.
    #[error("invalid URL: {0}")]
    InvalidUrl(&'static str),
    /// There was no connection to the server or the proxy, or its certificate is invalid.
    #[error("cannot connect: {reason}")]
    Connect {
        /// Error of the operating system, of TLS, or of the proxy.
        reason: String,
    },
    /// No response within [`Limits::total`](crate::Limits::total).
    #[error("no response within {} s", after.as_secs_f64())]
    Timeout {
        /// The limit.
        after: Duration,
        /// Whether the request may have arrived.
        delivery: Delivery,
    },
    /// The response is not HTTP/1.1, or its head is too large.
    #[error("invalid HTTP/1.1 response: {reason}")]
    NotHttp {
        /// What is invalid.
        reason: String,
        /// Whether the request may have arrived.
        delivery: Delivery,
    },
    /// The connection broke before the response.
    #[error("{}: {reason}", match delivery {
        Delivery::Incomplete => "cannot send the request",
        Delivery::Uncertain => "no response",
    })]
    Send {
        /// Error of the operating system.
        reason: String,
        /// Whether the request may have arrived.
        delivery: Delivery,
    },
}

impl Error {
    /// Whether the request may have arrived.
    pub fn delivery(&self) -> Delivery {
        match self {
            Self::InvalidUrl(_) | Self::Connect { .. } => Delivery::Incomplete,
            Self::Timeout { delivery, .. } | Self::NotHttp { delivery, .. } | Self::Send { delivery, .. } => {
                *delivery
            }
        }
    }

    /// Translates an error of the connection. `written` is the error of a failed write.
    pub(crate) fn of_exchange(
        error: &hyper_util::client::legacy::Error,
        delivery: Delivery,
        written: Option<String>,
    ) -> Self {
        if error.is_connect() {
            return Self::Connect { reason: cause(error) };
        }
        let causes = || std::iter::successors(error.source(), |&error| error.source());
        if causes().filter_map(|error| error.downcast_ref()).any(hyper::Error::is_parse) {
            return Self::NotHttp { reason: cause(error), delivery };
        }
        let is_end = |error: &hyper::Error| error.is_incomplete_message() || error.is_closed();
        let is_closed = causes().filter_map(|error| error.downcast_ref()).any(is_end);
        let reason = match written {
            Some(reason) => reason,
            None if is_closed => "connection closed".to_owned(),
            None => cause(error),
        };
        Self::Send { reason, delivery }
    }
}

/// The innermost error: the others only name the layers above it.
pub(crate) fn cause(error: &(dyn StdError + 'static)) -> String {
    std::iter::successors(Some(error), |&error| error.source()).last().unwrap_or(error).to_string()
}
