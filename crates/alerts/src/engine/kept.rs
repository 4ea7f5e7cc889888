//! What survives a restart: alerts that are not quiet, series that would be missed, and what is over. Windows fill anew.
//!
//! Kept as JSON with a version; `golden/engine.json` is an example.

use super::Engine;
use super::judged::Judged;
use crate::machine::State;
use crate::{Alert, RuleError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use watchglass_model::{Labels, Timestamp, Unit};

/// The version of what is kept.
const VERSION: u32 = 1;

/// Everything that an [`Engine`] must know to go on after a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineState {
    version: u32,
    time: Option<Timestamp>,
    subjects: Vec<Kept>,
    past: Vec<Alert>,
}

/// What is kept of one series under one rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Kept {
    pub(crate) rule: String,
    pub(crate) metric: String,
    pub(crate) labels: Labels,
    pub(crate) unit: Option<Unit>,
    /// For how long it had given no data; `None` when it was not missed.
    pub(crate) absent_millis: Option<i64>,
    pub(crate) state: Option<State>,
    /// The alert while it fires or flaps: it is told to be over should its rule be gone. Without a state, it is.
    pub(crate) alert: Option<Alert>,
}

impl Kept {
    /// What is to be told to be over at the next tick.
    fn due(alert: Alert) -> Self {
        Self {
            rule: alert.key.rule.clone(),
            metric: String::new(),
            labels: alert.key.labels.clone(),
            unit: Some(alert.unit),
            absent_millis: None,
            state: None,
            alert: Some(alert),
        }
    }
}

/// Something that cannot be restored.
#[derive(Debug, Error)]
pub enum StateError {
    /// It is no state.
    #[error("the state of the alerts cannot be read: {0}")]
    Json(#[from] serde_json::Error),
    /// Another version of this program wrote it.
    #[error("the state of the alerts has version {0}: this program reads version {VERSION}")]
    Version(u32),
}

impl EngineState {
    /// The state as JSON.
    ///
    /// # Errors
    /// None that is known: every value in it can be written.
    pub fn to_json(&self) -> Result<String, StateError> {
        Ok(serde_json::to_string(self)?)
    }

    /// The state without what is over, for those who keep that elsewhere.
    pub fn without_past(self) -> Self {
        Self { past: Vec::new(), ..self }
    }

    /// The state with what is over, the latest first, in place of what it has of that.
    pub fn with_past(self, past: Vec<Alert>) -> Self {
        Self { past, ..self }
    }

    /// Reads what [`EngineState::to_json`] wrote.
    ///
    /// # Errors
    /// Another version, or something else.
    pub fn from_json(text: &str) -> Result<Self, StateError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(text)?;
        if version != VERSION {
            return Err(StateError::Version(version));
        }
        Ok(serde_json::from_str(text)?)
    }
}

impl Engine {
    /// What must be kept. It changes at most once for each tick.
    pub fn state(&self) -> EngineState {
        let mut subjects = self.kept();
        // Their rules are gone, and they would be with them.
        subjects.extend(self.due.iter().cloned().map(Kept::due));
        // The numbers of subjects are those of one run.
        subjects.sort_by(|left, right| (&left.rule, &left.labels).cmp(&(&right.rule, &right.labels)));
        EngineState { version: VERSION, time: self.time, subjects, past: self.past.iter().cloned().collect() }
    }

    /// Goes on from `state`, which takes the place of everything but the rules. What fired and has still a rule fires still, and
    /// is not told again; what has none any more is over with the next tick.
    pub fn restore(&mut self, state: EngineState) {
        // They were taken before, so that they are taken now.
        let anew: Result<Vec<Judged>, RuleError> = self.rules().cloned().map(Judged::new).collect();
        let Ok(judged) = anew else { return };
        self.judged = judged;
        (self.watch, self.former) = Default::default();
        (self.met, self.refused) = (0, 0);
        self.due.clear();
        self.time = state.time;
        self.past = state.past.into_iter().take(self.most_past).collect();
        self.take_up(state.subjects);
    }

    pub(super) fn kept(&self) -> Vec<Kept> {
        self.judged.iter().flat_map(|judged| judged.keep(&self.watch)).collect()
    }

    /// Takes up where `kept` was left; what no rule takes up is over.
    pub(super) fn take_up(&mut self, kept: Vec<Kept>) {
        for kept in kept.into_iter().take(super::MOST_SUBJECTS) {
            if kept.state.is_none() && kept.alert.is_some() {
                self.due.extend(kept.alert);
                continue;
            }
            let mut rules = self.judged.iter_mut();
            let judged = rules.find(|judged| judged.rule.id == kept.rule);
            if !judged.is_some_and(|judged| judged.take_up(&kept, &mut self.watch)) {
                self.due.extend(kept.alert);
            }
        }
    }
}
