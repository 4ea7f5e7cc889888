//! What survives a restart: a value that serde can write, with a version.

use super::case::Case;
use super::desk::Desk;
use super::error::FieldError;
use super::intake::MOST_CASES;
use super::settings::TellingSettings;
use super::sharing::Remark;
use super::silence::{MOST_SILENCES, Ready, Silence};
use serde::{Deserialize, Deserializer, Serialize, de};
use std::collections::BTreeMap;
use watchglass_model::Timestamp;

/// The version that is written, and the only one that is read.
const VERSION: u32 = 1;

/// What a [`Desk`] knows: silences, acknowledgements, and what was told to whom. It is restored by [`Desk::restore`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskState {
    /// First, so that a reader finds it before what it does not know.
    #[serde(deserialize_with = "version")]
    version: u32,
    last: Option<Timestamp>,
    silences: Vec<Silence>,
    open: Vec<Case>,
    over: Vec<Case>,
    said: Vec<Said>,
    warned: Vec<(String, Timestamp)>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    changed: BTreeMap<String, Timestamp>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    concluded: BTreeMap<String, String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    remarks: Vec<Remark>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Said {
    route: String,
    group: String,
    time: Timestamp,
}

fn version<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    match u32::deserialize(deserializer)? {
        VERSION => Ok(VERSION),
        other => Err(de::Error::custom(format_args!("version {other} is not known; {VERSION} is right"))),
    }
}

/// Why a state can't be restored.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RestoreError {
    /// A setting can't be used.
    #[error(transparent)]
    Settings(FieldError),
    /// A silence in it can't be used.
    #[error("silence {id}: {error}")]
    Silence {
        /// Its id.
        id: String,
        /// What is wrong with it.
        error: FieldError,
    },
    /// It is larger than any that was written.
    #[error("there are {count} {what}; at most {most} can be")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many there can be.
        most: usize,
    },
}

impl Desk {
    /// What must be kept for the next start. To be taken after each step that made notices, and before they are sent.
    pub fn state(&self) -> DeskState {
        let said = self.said.iter().map(|((route, group), time)| Said {
            route: route.clone(),
            group: group.clone(),
            time: *time,
        });
        DeskState {
            version: VERSION,
            last: self.last,
            silences: self.silences().cloned().collect(),
            open: self.open.values().cloned().collect(),
            over: self.over.clone(),
            said: said.collect(),
            warned: self.warned.iter().map(|(id, end)| (id.clone(), *end)).collect(),
            changed: self.changed.clone(),
            concluded: self.concluded.clone(),
            remarks: self.remarks.clone(),
        }
    }

    /// A desk that goes on where the one stopped that gave `state`.
    ///
    /// # Errors
    /// A setting or a silence that can't be used, or more than there can be.
    pub fn restore(settings: TellingSettings, state: DeskState) -> Result<Self, RestoreError> {
        let mut desk = Self::new(settings).map_err(RestoreError::Settings)?;
        let cases = state.open.len() + state.over.len();
        for (what, count, most) in
            [("silences", state.silences.len(), MOST_SILENCES), ("alerts", cases, MOST_CASES)]
        {
            if count > most {
                return Err(RestoreError::TooMany { what, count, most });
            }
        }
        for silence in state.silences {
            let id = silence.id.clone();
            match Ready::new(silence) {
                Ok(ready) => drop(desk.silences.insert(id, ready)),
                Err(error) => return Err(RestoreError::Silence { id, error }),
            }
        }
        desk.open = state.open.into_iter().map(|case| (case.alert.key.clone(), case)).collect();
        desk.over = state.over;
        desk.said = state.said.into_iter().map(|said| ((said.route, said.group), said.time)).collect();
        desk.warned = state.warned.into_iter().collect();
        desk.last = state.last;
        (desk.changed, desk.concluded, desk.remarks) = (state.changed, state.concluded, state.remarks);
        Ok(desk)
    }
}
