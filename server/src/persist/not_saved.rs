//! Error of a change that is in effect in memory, but not on disk.

use std::time::Duration;
use thiserror::Error;

/// How long a user waits for the disk.
pub(crate) const SAVE_TIMEOUT: Duration = Duration::from_secs(5);

/// A change is in effect, but not on disk. It is written as soon as the disk can be written again.
///
/// It is not undone, since the disk may be the very incident during which alerts have to be silenced.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("the change is in effect, but saved in memory only, so a restart may undo it: {reason}")]
pub(crate) struct NotSaved {
    reason: String,
}

impl NotSaved {
    pub(crate) fn new(reason: &str) -> Self {
        Self { reason: reason.to_owned() }
    }

    /// Why it is not on disk.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    pub(crate) fn timed_out(timeout: Duration) -> Self {
        Self { reason: format!("the disk did not respond within {} s", timeout.as_secs_f64()) }
    }
}
