//! Change of silences or acknowledgements on its way to the disk.

use crate::persist::{NotSaved, SAVE_TIMEOUT};
use watchglass_notify::{AwaitedCommit, DeliveryError};

/// A change that is in effect and is being saved.
#[derive(Debug)]
#[must_use]
pub(crate) struct PendingSave {
    /// `None` if nothing is saved at all.
    commit: Option<AwaitedCommit>,
}

impl PendingSave {
    pub(super) fn new(commit: Option<AwaitedCommit>) -> Self {
        Self { commit }
    }

    /// Waits until the change is on disk.
    ///
    /// # Errors
    /// It is in memory only.
    pub(crate) fn wait(self) -> Result<(), NotSaved> {
        let Some(commit) = self.commit else { return Ok(()) };
        commit.wait(SAVE_TIMEOUT).map_err(|error| match error {
            DeliveryError::NotSaved { reason } => NotSaved::new(&reason),
            DeliveryError::Timeout(timeout) => NotSaved::timed_out(timeout),
            error => NotSaved::new(&error.to_string()),
        })
    }
}
