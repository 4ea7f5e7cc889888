//! Judges every tick by the rules, and remembers through a restart what was found.

pub(crate) mod announce;
mod book;
#[cfg(test)]
mod documentation;
mod edit;
mod files;
mod marks;
mod rules_file;
mod shared;

pub(crate) use book::Origin;
pub(crate) use edit::{RuleEdit, RuleEditError};

use crate::keeper::{Keep, Keeper};
use edit::Editing;
use files::Files;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use watchglass_alerts::{Alert, Change, Engine, EngineState, Pending, Rule, RuleError};
use watchglass_export::Judgeable;
use watchglass_model::Timestamp;

/// How many alerts that are over are remembered.
const MOST_PAST: usize = 1000;
/// How often what nobody is told of is kept, such as since when a value has been beyond its level, in milliseconds.
const KEEP_EVERY: i64 = 60_000;

/// Why alerts cannot be judged or kept.
#[derive(Debug, Error)]
pub(crate) enum KeepError {
    /// A rule is not right.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// The data folder or the system does not allow it.
    #[error("alerts cannot be kept in the data folder: {0}")]
    System(#[from] io::Error),
}

/// What is written down after a tick.
#[derive(Debug)]
struct Kept {
    state: EngineState,
    over: Vec<Alert>,
    files: Files,
}

impl Keep for Kept {
    fn absorb(&mut self, newer: Self) {
        self.state = newer.state;
        self.over.extend(newer.over);
        let excess = self.over.len().saturating_sub(MOST_PAST);
        self.over.drain(..excess);
    }

    fn write(&mut self) -> io::Result<()> {
        self.files.append_past(&self.over)?;
        // Should the state fail, these are not to be added twice.
        self.over.clear();
        self.files.write_state(&self.state)
    }
}

/// The rules, what is wrong by them, and what was.
#[derive(Debug, Default)]
pub(crate) struct Judging {
    state: Mutex<State>,
    /// Who writes, and where to; nothing is kept without them.
    keeper: Option<(Keeper<Kept>, Files)>,
    editing: Editing,
}

#[derive(Debug, Default)]
struct State {
    engine: Engine,
    /// When the state was last handed to the keeper.
    kept: Option<Timestamp>,
}

impl Judging {
    /// Judges by the rules of the program, those of the configuration file and those that `folder` keeps, goes on from what
    /// is there, and keeps everything there. What cannot be read is set aside or left out, and said in the log.
    ///
    /// # Errors
    /// A rule that cannot be judged, a folder that cannot be read, or no thread left to write with.
    pub(crate) fn open(of_file: Vec<Rule>, folder: &Path) -> Result<Self, KeepError> {
        let editing = Editing::open(of_file, folder)?;
        let rules = editing.book().rules().into_iter().map(|(rule, _)| rule);
        let mut engine = Engine::new(rules.collect(), MOST_PAST)?;
        let files = Files::new(folder);
        let past = files.read_past(MOST_PAST)?;
        let state = files.read_state()?.unwrap_or_else(|| engine.state());
        engine.restore(state.with_past(past));
        let state = Mutex::new(State { engine, kept: None });
        Ok(Self { state, keeper: Some((Keeper::start("alerts")?, files)), editing })
    }

    /// Judges what was measured at `now`, and tells what has changed.
    pub(crate) fn observe(&self, now: Timestamp, measured: &Judgeable<'_>) -> Vec<Change> {
        let mut state = self.lock();
        let changes = state.engine.judge(now, measured);
        changes.iter().for_each(say);
        let is_due = state.kept.is_none_or(|kept| !(0..KEEP_EVERY).contains(&now.millis_since(kept)));
        if is_due || !changes.is_empty() {
            let over = changes.iter().filter(|change| matches!(change, Change::Resolved(_)));
            self.keep(&state.engine, over.map(|change| change.alert().clone()).collect());
            state.kept = Some(now);
        }
        changes
    }

    /// What is wrong now, the newest first.
    pub(crate) fn active(&self) -> Vec<Alert> {
        self.lock().engine.active()
    }

    /// What is wrong, but not yet for as long as its rule asks, the newest first.
    pub(crate) fn pending(&self) -> Vec<Pending> {
        self.lock().engine.pending()
    }

    /// What was wrong, the latest to be over first.
    pub(crate) fn past(&self) -> Vec<Alert> {
        self.lock().engine.past().cloned().collect()
    }

    /// Changes when more alerts are over: the latest moment at which some were, in milliseconds.
    pub(crate) fn past_state(&self) -> u64 {
        let newest = self.lock().engine.past().next().and_then(|alert| alert.resolved);
        newest.and_then(|resolved| u64::try_from(resolved.millis()).ok()).unwrap_or(0)
    }

    /// How many series are judged.
    pub(crate) fn watched(&self) -> usize {
        self.lock().engine.watched()
    }

    /// Writes down what is known and ends. What is judged afterwards is not kept.
    pub(crate) fn close(&self) {
        self.keep(&self.lock().engine, Vec::new());
        if let Some((keeper, _)) = &self.keeper {
            keeper.close();
        }
    }

    fn keep(&self, engine: &Engine, over: Vec<Alert>) {
        if let Some((keeper, files)) = &self.keeper {
            keeper.keep(Kept { state: engine.state().without_past(), over, files: files.clone() });
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Says in the log what has changed.
fn say(change: &Change) {
    let alert = change.alert();
    let (rule, says) = (&alert.key.rule, &alert.message);
    match change {
        Change::Fired(_) => tracing::warn!(rule, severity = ?alert.severity, says, "an alert fires"),
        Change::Worsened(_) => {
            tracing::warn!(rule, severity = ?alert.severity, says, "an alert is worse")
        }
        Change::FlappingBegan(_) => tracing::warn!(rule, says, "an alert comes and goes"),
        Change::FlappingEnded(_) => tracing::info!(rule, says, "an alert comes and goes no more"),
        Change::Resolved(_) => tracing::info!(rule, says, "an alert is over"),
    }
}
