//! Restores the dispatcher state of the last run.

use super::{NotificationsError, STATE};
use crate::persist::atomic_file;
use std::path::Path;
use watchglass_dispatch::{DispatchSettings, Dispatcher, DispatcherState};

/// Restores the dispatcher. An invalid state is quarantined; firing alerts are then notified again.
pub(super) fn restore(settings: DispatchSettings, folder: &Path) -> Result<Dispatcher, NotificationsError> {
    // Settings first, so that an error in them is not reported as an invalid state.
    let empty = Dispatcher::new(settings.clone())?;
    let Some(text) = atomic_file::read(folder, STATE)? else { return Ok(empty) };
    let state: Result<DispatcherState, _> = serde_json::from_str(&text).map_err(|error| error.to_string());
    let restored =
        state.and_then(|state| Dispatcher::restore(settings, state).map_err(|error| error.to_string()));
    restored.or_else(|reason| {
        atomic_file::quarantine(folder, STATE, &reason)?;
        Ok(empty)
    })
}
