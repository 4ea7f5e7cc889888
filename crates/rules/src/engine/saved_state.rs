//! State of the engine across restarts: active alerts, expected series and resolved alerts. Windows fill anew.
//!
//! Saved as versioned JSON; `golden/engine.json` is an example.

use super::Engine;
use super::rule_state::RuleState;
use crate::alert_state::AlertState;
use crate::{Alert, Phase, RuleError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use watchglass_model::{Labels, Timestamp, Unit};

/// Version of the format. Version 1 had no count of the time in which a source did not report a series.
const VERSION: u32 = 2;
/// Oldest version that is read.
const OLDEST_VERSION: u32 = 1;

/// State that an [`Engine`] needs to continue after a restart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineState {
    version: u32,
    time: Option<Timestamp>,
    subjects: Vec<SavedSeries>,
    past: Vec<Alert>,
}

/// Saved state of one series under one rule.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SavedSeries {
    pub(crate) rule: String,
    pub(crate) metric: String,
    pub(crate) labels: Labels,
    pub(crate) unit: Option<Unit>,
    /// Milliseconds without data; `None` when the series was not expected.
    pub(crate) absent_millis: Option<i64>,
    pub(crate) state: Option<AlertState>,
    /// The alert while it fires or flaps: it resolves if its rule is gone, or if there is no state.
    pub(crate) alert: Option<Alert>,
}

impl SavedSeries {
    /// A firing alert of a rule on `metric`.
    fn firing(alert: Alert, metric: String) -> Self {
        Self {
            metric,
            absent_millis: Some(0),
            state: Some(AlertState::firing(&alert)),
            ..Self::pending_resolution(alert)
        }
    }

    /// An alert to resolve at the next tick.
    fn pending_resolution(alert: Alert) -> Self {
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

/// Error while reading or writing the saved state.
#[derive(Debug, Error)]
pub enum StateError {
    /// Invalid JSON or fields.
    #[error("invalid alert state: {0}")]
    Json(#[from] serde_json::Error),
    /// Written by an unsupported version.
    #[error("unsupported alert state version {0} (supported: {OLDEST_VERSION} to {VERSION})")]
    Version(u32),
}

impl EngineState {
    /// The state as JSON.
    ///
    /// # Errors
    /// None known: all values can be serialised.
    pub fn to_json(&self) -> Result<String, StateError> {
        Ok(serde_json::to_string(self)?)
    }

    /// The state without resolved alerts, for callers that store those elsewhere.
    pub fn without_past(self) -> Self {
        Self { past: Vec::new(), ..self }
    }

    /// The state with `past` (latest first) as its resolved alerts.
    pub fn with_past(self, past: Vec<Alert>) -> Self {
        Self { past, ..self }
    }

    /// Reads the output of [`EngineState::to_json`].
    ///
    /// # Errors
    /// Unsupported version, or invalid JSON.
    pub fn from_json(text: &str) -> Result<Self, StateError> {
        #[derive(Deserialize)]
        struct Version {
            version: u32,
        }
        let Version { version } = serde_json::from_str(text)?;
        if !(OLDEST_VERSION..=VERSION).contains(&version) {
            return Err(StateError::Version(version));
        }
        let state: Self = serde_json::from_str(text)?;
        Ok(Self { version: VERSION, ..state })
    }
}

impl Engine {
    /// State to save. It changes at most once per tick.
    pub fn state(&self) -> EngineState {
        let mut subjects = self.saved_series();
        // Their rules are gone; without this these alerts would be lost.
        subjects.extend(self.pending_resolutions.iter().cloned().map(SavedSeries::pending_resolution));
        // Subject numbers differ between runs.
        subjects.sort_by(|left, right| (&left.rule, &left.labels).cmp(&(&right.rule, &right.labels)));
        EngineState { version: VERSION, time: self.time, subjects, past: self.past.iter().cloned().collect() }
    }

    /// Continues from `state`, which replaces everything but the rules. Alerts that still have a rule keep firing
    /// without a new notification; the others resolve at the next tick.
    pub fn restore(&mut self, state: EngineState) {
        // These rules were compiled before, so this does not fail.
        let anew: Result<Vec<RuleState>, RuleError> = self.rules().cloned().map(RuleState::new).collect();
        let Ok(rule_state) = anew else { return };
        self.rule_states = rule_state;
        (self.cache, self.previous_cache) = Default::default();
        self.match_anew();
        self.pending_resolutions.clear();
        self.time = state.time;
        self.past = state.past.into_iter().take(self.max_past).collect();
        self.restore_series(state.subjects);
    }

    /// Continues firing alerts that the restored state is too old to have, and returns their number. Without this, alerts
    /// that were notified just before a crash would fire, and be notified, a second time. Alerts that the state could have
    /// are ignored: they have resolved since.
    pub fn resume(&mut self, alerts: impl IntoIterator<Item = Alert>) -> usize {
        let saved = self.time;
        let is_missing = |alert: &Alert| alert.phase == Phase::Firing && alert.fired > saved;
        let missing = alerts.into_iter().filter(is_missing).map(|alert| {
            let rule = self.rules().find(|rule| rule.id == alert.key.rule);
            let metric = rule.map(|rule| rule.metric.clone()).unwrap_or_default();
            SavedSeries::firing(alert, metric)
        });
        let missing: Vec<SavedSeries> = missing.collect();
        let count = missing.len();
        self.restore_series(missing);
        count
    }

    pub(super) fn saved_series(&self) -> Vec<SavedSeries> {
        self.rule_states.iter().flat_map(|rule_state| rule_state.saved(&self.cache)).collect()
    }

    /// Restores the saved states; alerts whose rule is gone resolve at the next tick.
    pub(super) fn restore_series(&mut self, kept: Vec<SavedSeries>) {
        for kept in kept.into_iter().take(super::MAX_SUBJECTS) {
            if kept.state.is_none() && kept.alert.is_some() {
                self.pending_resolutions.extend(kept.alert);
                continue;
            }
            let mut rules = self.rule_states.iter_mut();
            let rule_state = rules.find(|rule_state| rule_state.rule.id == kept.rule);
            if !rule_state.is_some_and(|rule_state| rule_state.restore(&kept, &mut self.cache)) {
                self.pending_resolutions.extend(kept.alert);
            }
        }
    }
}
