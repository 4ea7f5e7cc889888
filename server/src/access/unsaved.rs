//! Changes of sessions that are kept in memory while the data directory cannot be written, so that a full disk locks nobody
//! out. They are saved with the next change that can be written, which is tried every second.

use super::{Access, AccessError, LoadedAccounts};
use crate::persist::NotSaved;
use watchglass_auth::Accounts;
use watchglass_model::Timestamp;

/// Changes of sessions that are in memory only.
#[derive(Debug)]
pub(super) struct Unsaved {
    /// Number of changes.
    count: u64,
    /// Time of the last one.
    last: Timestamp,
    /// Why the last one was not saved.
    reason: NotSaved,
}

impl Unsaved {
    /// Adds the changes to accounts from the file, and returns their number.
    pub(super) fn merge(&self, accounts: &mut Accounts, memory: &Accounts) -> u64 {
        accounts.merge_unsaved(memory, self.last);
        self.count
    }
}

impl Access {
    /// As [`change`](Self::change), for changes of sessions and of used codes only: if the file cannot be locked, read or
    /// written, the change is made in memory and saved later. Returns why it was not saved as well.
    ///
    /// # Errors
    /// Those of `change`.
    pub(super) fn change_sessions<T>(
        &self,
        now: Timestamp,
        change: impl Fn(&mut Accounts) -> Result<T, AccessError>,
    ) -> Result<(T, Option<NotSaved>), AccessError> {
        let error = match self.change(&change) {
            Ok(result) => return Ok((result, None)),
            Err(error) if error.is_disk_fault() => error,
            Err(error) => return Err(error),
        };
        let mut held = self.loaded();
        let result = change(&mut held.accounts)?;
        let reason = NotSaved::new(&error.to_string());
        let count = held.unsaved.as_ref().map_or(0, |unsaved| unsaved.count);
        if count == 0 {
            tracing::warn!(%error, "sessions not saved; a restart would end them");
        }
        held.unsaved = Some(Unsaved { count: count + 1, last: now, reason: reason.clone() });
        drop(held);
        self.notify_change();
        Ok((result, Some(reason)))
    }

    /// Why sessions are in memory only, if they are.
    pub(crate) fn unsaved_sessions(&self) -> Option<NotSaved> {
        self.loaded().unsaved.as_ref().map(|unsaved| unsaved.reason.clone())
    }

    /// Tries to save what is in memory only. The failure was logged with the first change that was not saved.
    pub(super) fn retry_unsaved(&self) {
        if self.change(|_| Ok(())).is_ok() {
            tracing::info!("sessions saved again");
        }
    }

    /// Writes the accounts in memory into a new file, after the file was removed. A failure is in the state of the data
    /// directory, and the next second tries again.
    pub(super) fn restore_file(&self) {
        if self.change(|_| Ok(())).is_ok() {
            tracing::warn!("access.json saved again after it was removed");
        }
    }

    /// Forgets changes that have been merged into the file, unless others have followed.
    pub(super) fn forget_saved(&self, held: &mut LoadedAccounts, merged: Option<u64>) {
        if held.unsaved.as_ref().map(|unsaved| unsaved.count) == merged {
            held.unsaved = None;
        }
    }
}
