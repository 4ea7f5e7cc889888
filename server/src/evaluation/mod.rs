//! Rule evaluation: evaluates all rules at each tick and persists the alert state.

mod alert_files;
mod chart_bands;
mod current_rules;
#[cfg(test)]
mod documentation;
pub(crate) mod live_events;
mod no_data;
mod replication;
mod rule_set;
mod rule_store;
mod rules_file;
mod unparsed;

pub(crate) use current_rules::CurrentRules;
pub(crate) use no_data::DataChanges;
pub(crate) use rule_set::{Origin, RuleSet};
pub(crate) use rule_store::{RuleEdit, RuleEditError};

use crate::persist::background_writer::{BackgroundWriter, Persist};
use crate::persist::{NotSaved, SAVE_TIMEOUT};
use alert_files::AlertFiles;
use rule_store::RuleStore;
use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use watchglass_model::Timestamp;
use watchglass_reports::LatestValues;
use watchglass_rules::{Alert, AlertKey, Change, Engine, EngineState, PendingAlert, Rule, RuleError};

/// Maximum number of stored resolved alerts.
const MAX_PAST_ALERTS: usize = 1000;
/// Save interval for state without notifications, such as pending timers, in milliseconds.
const SAVE_INTERVAL_MILLIS: i64 = 60_000;

/// Error of rule evaluation or of its files.
#[derive(Debug, Error)]
pub(crate) enum EvaluatorError {
    /// Invalid rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Data directory not accessible.
    #[error("cannot read or save rules and alerts: {0}")]
    System(#[from] io::Error),
}

/// State to save after a tick.
#[derive(Debug)]
struct SavedState {
    state: EngineState,
    resolved: Vec<Alert>,
    /// Whether `resolved` are all resolved alerts, not only those of this tick.
    is_all: bool,
    files: AlertFiles,
}

impl Persist for SavedState {
    fn merge(&mut self, newer: Self) {
        self.state = newer.state;
        if newer.is_all {
            self.resolved.clear();
            self.is_all = true;
        }
        self.resolved.extend(newer.resolved);
        let excess = self.resolved.len().saturating_sub(MAX_PAST_ALERTS);
        self.resolved.drain(..excess);
    }

    fn write(&mut self) -> io::Result<()> {
        if self.is_all {
            self.files.replace_past(&self.resolved)?;
            self.is_all = false;
        } else {
            self.files.append_past(&self.resolved)?;
        }
        // If writing the state fails, these must not be appended twice.
        self.resolved.clear();
        self.files.write_state(&self.state)
    }
}

/// Rules, their alerts, and resolved alerts.
#[derive(Debug, Default)]
pub(crate) struct RuleEvaluator {
    state: Mutex<EvaluatorState>,
    /// Background writer and its files; `None`: nothing is saved.
    writer: Option<(BackgroundWriter<SavedState>, AlertFiles)>,
    rule_store: RuleStore,
}

#[derive(Debug, Default)]
struct EvaluatorState {
    engine: Engine,
    /// When the state was last handed to the writer.
    saved: Option<Timestamp>,
    /// Alerts that were resolved manually since the last tick.
    dismissed: Vec<Change>,
    /// Firing alerts without data at the last tick.
    without_data: BTreeMap<AlertKey, Timestamp>,
}

impl RuleEvaluator {
    /// Loads the built-in rules, those of the configuration file and those saved in `folder`, restores the alert state
    /// and saves everything there. Unreadable files and entries are set aside or skipped, and logged.
    ///
    /// # Errors
    /// An invalid rule, an unreadable folder, or no thread for the writer.
    pub(crate) fn open(from_config: Vec<Rule>, folder: &Path) -> Result<Self, EvaluatorError> {
        let editing = RuleStore::open(from_config, folder)?;
        let rules = editing.current.get().rules().cloned().collect();
        let mut engine = Engine::new(rules, MAX_PAST_ALERTS)?;
        let files = AlertFiles::new(folder);
        let past = files.read_past(MAX_PAST_ALERTS)?;
        let state = files.read_state()?.unwrap_or_else(|| engine.state());
        engine.restore(state.with_past(past));
        let state = Mutex::new(EvaluatorState { engine, ..EvaluatorState::default() });
        Ok(Self { state, writer: Some((BackgroundWriter::start("alerts")?, files)), rule_store: editing })
    }

    /// Continues alerts that were firing when the server was killed, and of which the saved state is too old to know.
    pub(crate) fn resume(&self, firing: Vec<Alert>) {
        let count = self.lock().engine.resume(firing);
        if count > 0 {
            tracing::info!(alerts = count, "alerts resumed that were notified but not saved");
        }
    }

    /// Evaluates all rules at `now` and returns the changes, after those that were made manually since the last tick.
    pub(crate) fn evaluate(&self, now: Timestamp, measured: &LatestValues<'_>) -> Vec<Change> {
        let mut state = self.lock();
        let changes = state.engine.evaluate(now, measured);
        changes.iter().for_each(log_change);
        let is_due =
            state.saved.is_none_or(|saved| !(0..SAVE_INTERVAL_MILLIS).contains(&now.millis_since(saved)));
        if is_due || !changes.is_empty() {
            let resolved = changes.iter().filter(|change| matches!(change, Change::Resolved(_)));
            self.save(&state.engine, resolved.map(|change| change.alert().clone()).collect());
            state.saved = Some(now);
        }
        let mut all = std::mem::take(&mut state.dismissed);
        all.extend(changes);
        all
    }

    /// Waits until all changes are on disk.
    ///
    /// # Errors
    /// The write failed, or takes too long.
    pub(crate) fn wait_saved(&self) -> Result<(), NotSaved> {
        self.writer.as_ref().map_or(Ok(()), |(writer, _)| writer.wait_saved(SAVE_TIMEOUT))
    }

    /// Firing alerts, the newest first.
    pub(crate) fn active(&self) -> Vec<Alert> {
        self.lock().engine.active()
    }

    /// Pending alerts, the newest first.
    pub(crate) fn pending(&self) -> Vec<PendingAlert> {
        self.lock().engine.pending()
    }

    /// Resolved alerts, the latest first.
    pub(crate) fn past(&self) -> Vec<Alert> {
        self.lock().engine.past().cloned().collect()
    }

    /// Revision of the resolved alerts: time of the latest resolution, in milliseconds.
    pub(crate) fn past_revision(&self) -> u64 {
        let newest = self.lock().engine.past().next().and_then(|alert| alert.resolved);
        newest.and_then(|resolved| u64::try_from(resolved.millis()).ok()).unwrap_or(0)
    }

    /// Number of evaluated series.
    pub(crate) fn series_count(&self) -> usize {
        self.lock().engine.series_count()
    }

    /// Saves the state and stops the writer. Later changes are not saved.
    ///
    /// # Errors
    /// The newest state is not on disk, and will be lost.
    pub(crate) fn close(&self) -> Result<(), NotSaved> {
        self.save(&self.lock().engine, Vec::new());
        self.writer.as_ref().map_or(Ok(()), |(writer, _)| writer.close())
    }

    /// Saves rules and alerts into a new data directory.
    ///
    /// # Errors
    /// The rules cannot be saved; the alerts are saved in the background.
    pub(crate) fn save_all(&self) -> io::Result<()> {
        {
            let state = self.lock();
            let past: Vec<Alert> = state.engine.past().cloned().collect();
            self.submit(&state.engine, past.into_iter().rev().collect(), true);
        }
        self.rule_store.save_all()
    }

    fn save(&self, engine: &Engine, resolved: Vec<Alert>) {
        self.submit(engine, resolved, false);
    }

    fn submit(&self, engine: &Engine, resolved: Vec<Alert>, is_all: bool) {
        if let Some((writer, files)) = &self.writer {
            let state = engine.state().without_past();
            writer.submit(SavedState { state, resolved, is_all, files: files.clone() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, EvaluatorState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Logs an alert change.
fn log_change(change: &Change) {
    let alert = change.alert();
    let (rule, summary) = (&alert.key.rule, &alert.message);
    match change {
        Change::Fired(_) => tracing::warn!(rule, severity = ?alert.severity, summary, "alert fired"),
        Change::Worsened(_) => {
            tracing::warn!(rule, severity = ?alert.severity, summary, "alert severity increased")
        }
        Change::FlappingBegan(_) => tracing::warn!(rule, summary, "alert flapping started"),
        Change::FlappingEnded(_) => tracing::info!(rule, summary, "alert flapping stopped"),
        Change::Resolved(_) => tracing::info!(rule, summary, "alert resolved"),
    }
}
