//! Channel trait and send errors.

use crate::Message;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use thiserror::Error;
use watchglass_model::Timestamp;

/// Upper limit of a `Retry-After`.
pub const MAX_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// Send error. Contains no secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// Temporary: a retry may succeed.
    #[error("{reason}")]
    Temporary {
        /// Reason.
        reason: String,
        /// Requested delay before the next request; at most [`MAX_RETRY_AFTER`].
        retry_after: Option<Duration>,
    },
    /// Permanent: a retry cannot succeed without a change of configuration.
    #[error("{reason}")]
    Permanent {
        /// Reason, with the fix if it is known.
        reason: String,
    },
}

impl SendError {
    pub(crate) fn temporary(reason: impl Into<String>) -> Self {
        Self::Temporary { reason: reason.into(), retry_after: None }
    }

    pub(crate) fn permanent(reason: impl Into<String>) -> Self {
        Self::Permanent { reason: reason.into() }
    }
}

/// A send in flight. Dropping it cancels it.
pub type SendFuture<'a> = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send + 'a>>;

/// Notification channel.
///
/// A send that is interrupted by a crash, or whose response is lost, is repeated with the same [`Message::id`]: a channel
/// passes it on in the form by which the receiver deduplicates.
pub trait Channel: Send + Sync {
    /// Recipient, for the delivery log; without secrets.
    fn to(&self) -> String;

    /// Recipients of a message after it was sent, for the delivery log, if they are not those of [`Channel::to`]: some
    /// were refused. Returned once for each send; without secrets.
    fn take_recipients(&self, _id: &str) -> Option<String> {
        None
    }

    /// Sends a message; every channel has its own timeout. `now` is the time in signatures. Must be called in a tokio
    /// runtime with I/O and time enabled.
    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> SendFuture<'a>;
}
