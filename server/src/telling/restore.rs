//! Who was told what in the last run.

use super::{STATE, TellingError};
use crate::files;
use std::path::Path;
use watchglass_alerts::telling::{Desk, DeskState, TellingSettings};

/// The desk as the last run left it. A state that cannot be read is set aside: then what fires is told once more.
pub(super) fn restore(settings: TellingSettings, folder: &Path) -> Result<Desk, TellingError> {
    // First, so that settings that are wrong are not taken for a state that is.
    let empty = Desk::new(settings.clone())?;
    let Some(text) = files::read(folder, STATE)? else { return Ok(empty) };
    let state: Result<DeskState, _> = serde_json::from_str(&text).map_err(|error| error.to_string());
    let restored = state.and_then(|state| Desk::restore(settings, state).map_err(|error| error.to_string()));
    restored.or_else(|reason| {
        files::set_aside(folder, STATE, &reason)?;
        Ok(empty)
    })
}
