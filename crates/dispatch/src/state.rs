//! Saved state of the dispatcher across restarts, with a version.

use super::dispatcher::Dispatcher;
use super::error::FieldError;
use super::ha::RemoteAck;
use super::ingest::MAX_TRACKED_ALERTS;
use super::settings::DispatchSettings;
use super::silence::{CompiledSilence, MAX_SILENCES, Silence};
use super::tracked_alert::TrackedAlert;
use serde::{Deserialize, Deserializer, Serialize, de};
use std::collections::BTreeMap;
use watchglass_model::Timestamp;

/// Version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// State of a [`Dispatcher`]: silences, acknowledgements and notification state. Restored by [`Dispatcher::restore`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DispatcherState {
    /// First, so that a reader sees it before unknown fields.
    #[serde(deserialize_with = "version")]
    version: u32,
    #[serde(rename = "last")]
    last_step: Option<Timestamp>,
    silences: Vec<Silence>,
    #[serde(rename = "open")]
    active: Vec<TrackedAlert>,
    #[serde(rename = "over")]
    resolved: Vec<TrackedAlert>,
    #[serde(rename = "said")]
    group_flushes: Vec<GroupFlush>,
    #[serde(rename = "warned")]
    silence_reminders: Vec<(String, Timestamp)>,
    #[serde(default, rename = "changed", skip_serializing_if = "BTreeMap::is_empty")]
    silence_changes: BTreeMap<String, Timestamp>,
    #[serde(default, rename = "concluded", skip_serializing_if = "BTreeMap::is_empty")]
    ended_occurrences: BTreeMap<String, String>,
    #[serde(default, rename = "remarks", skip_serializing_if = "Vec::is_empty")]
    remote_acks: Vec<RemoteAck>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct GroupFlush {
    route: String,
    group: String,
    time: Timestamp,
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(de::Error::custom(format_args!("unsupported version {other} (supported: {VERSION})"))),
    }
}

/// Error of restoring a state.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// Invalid setting.
    #[error(transparent)]
    Settings(FieldError),
    /// Invalid silence.
    #[error("silence {id}: {error}")]
    Silence {
        /// Id of the silence.
        id: String,
        /// The invalid field.
        error: FieldError,
    },
    /// Too many entries.
    #[error("too many {what}: {count} (maximum {most})")]
    TooMany {
        /// Kind of entry.
        what: &'static str,
        /// Number of entries.
        count: usize,
        /// Maximum.
        most: usize,
    },
}

impl Dispatcher {
    /// State to save: after each step that made notifications, together with them, and before they are sent.
    pub fn state(&self) -> DispatcherState {
        let said = self.group_flushes.iter().map(|((route, group), time)| GroupFlush {
            route: route.clone(),
            group: group.clone(),
            time: *time,
        });
        DispatcherState {
            version: VERSION,
            last_step: self.last_step,
            silences: self.silences().cloned().collect(),
            active: self.active.values().cloned().collect(),
            resolved: self.resolved.clone(),
            group_flushes: said.collect(),
            silence_reminders: self.silence_reminders.iter().map(|(id, end)| (id.clone(), *end)).collect(),
            silence_changes: self.silence_changes.clone(),
            ended_occurrences: self.ended_occurrences.clone(),
            remote_acks: self.remote_acks.clone(),
        }
    }

    /// A dispatcher that continues from `state`.
    ///
    /// # Errors
    /// An invalid setting or silence, or too many entries.
    pub fn restore(settings: DispatchSettings, state: DispatcherState) -> Result<Self, RestoreError> {
        let mut dispatcher = Self::new(settings).map_err(RestoreError::Settings)?;
        let cases = state.active.len() + state.resolved.len();
        for (what, count, most) in
            [("silences", state.silences.len(), MAX_SILENCES), ("alerts", cases, MAX_TRACKED_ALERTS)]
        {
            if count > most {
                return Err(RestoreError::TooMany { what, count, most });
            }
        }
        for silence in state.silences {
            let id = silence.id.clone();
            match CompiledSilence::new(silence) {
                Ok(ready) => drop(dispatcher.silences.insert(id, ready)),
                Err(error) => return Err(RestoreError::Silence { id, error }),
            }
        }
        dispatcher.active =
            state.active.into_iter().map(|tracked| (tracked.alert.key.clone(), tracked)).collect();
        dispatcher.resolved = state.resolved;
        dispatcher.group_flushes =
            state.group_flushes.into_iter().map(|said| ((said.route, said.group), said.time)).collect();
        dispatcher.silence_reminders = state.silence_reminders.into_iter().collect();
        dispatcher.last_step = state.last_step;
        (dispatcher.silence_changes, dispatcher.ended_occurrences, dispatcher.remote_acks) =
            (state.silence_changes, state.ended_occurrences, state.remote_acks);
        Ok(dispatcher)
    }
}
