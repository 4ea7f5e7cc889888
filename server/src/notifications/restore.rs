//! Restores the dispatcher state of the last run.

use super::{NotificationsError, OLD_STATE};
use crate::persist::atomic_file;
use std::path::Path;
use watchglass_dispatch::{DispatchSettings, Dispatcher, DispatcherState};

/// Restores the dispatcher from the state in the outbox; if it has none yet, from the file of version 0.1.0. An invalid
/// state is set aside; firing alerts are then notified again.
pub(super) fn restore(
    settings: DispatchSettings,
    state: Option<String>,
    folder: &Path,
) -> Result<Dispatcher, NotificationsError> {
    match state {
        Some(text) => {
            // The file is removed only now that the outbox is known to have a later state: until then a crash loses
            // nothing. It is not kept, since without its outbox a later start would restore a state of long ago.
            atomic_file::remove(folder, OLD_STATE)?;
            parse(&settings, &text).or_else(|reason| {
                atomic_file::set_aside(folder, OLD_STATE, &text, &reason)?;
                Ok(Dispatcher::new(settings)?)
            })
        }
        None => {
            let Some(text) = atomic_file::read(folder, OLD_STATE)? else {
                return Ok(Dispatcher::new(settings)?);
            };
            parse(&settings, &text).or_else(|reason| {
                atomic_file::quarantine(folder, OLD_STATE, &reason)?;
                Ok(Dispatcher::new(settings)?)
            })
        }
    }
}

fn parse(settings: &DispatchSettings, text: &str) -> Result<Dispatcher, String> {
    let state: DispatcherState = serde_json::from_str(text).map_err(|error| error.to_string())?;
    Dispatcher::restore(settings.clone(), state).map_err(|error| error.to_string())
}
