//! What a channel can do, and how it fails.

use crate::Message;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;
use thiserror::Error;
use watchglass_model::Timestamp;

/// The longest that anybody is heard who asks for patience.
pub const MOST_RETRY_AFTER: Duration = Duration::from_secs(3600);

/// Why a message did not go out. Free of secrets.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum SendError {
    /// It may go out later.
    #[error("{reason}")]
    Temporary {
        /// What happened.
        reason: String,
        /// How long the other side wants to be left alone; at most [`MOST_RETRY_AFTER`].
        retry_after: Option<Duration>,
    },
    /// It never will, until somebody changes something.
    #[error("{reason}")]
    Permanent {
        /// What happened, and where it is known, what would be right.
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

/// A sending that is under way. Dropping it gives it up.
pub type Sending<'a> = Pin<Box<dyn Future<Output = Result<(), SendError>> + Send + 'a>>;

/// A way to reach people.
///
/// A sending that is cut off by a crash, or whose answer is lost, is repeated with the same [`Message::id`]: a channel
/// passes it on in whatever form the other side can tell repeats by.
pub trait Channel: Send + Sync {
    /// Whom it reaches, for the delivery log; without secrets.
    fn to(&self) -> String;

    /// Sends a message; every channel has a deadline of its own. `now` is the time that goes into signatures. Must be
    /// called within a tokio runtime that has input, output and time.
    fn send<'a>(&'a self, message: &'a Message, now: Timestamp) -> Sending<'a>;
}
