//! Rule changes: saved first, evaluated from the next tick on.

use super::current_rules::CurrentRules;
use super::replication::Replication;
use super::rule_set::{MAX_CUSTOM_RULES, Origin, RuleSet};
use super::rules_file::{ParsedRules, RulesFile};
use super::{EvaluatorError, RuleEvaluator};
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use thiserror::Error;
use watchglass_model::{Catalogue, Timestamp};
use watchglass_rules::{CompiledRules, Rule, RuleError};

/// Error of a rule change; nothing has changed then.
#[derive(Debug, Error)]
pub(crate) enum RuleEditError {
    /// Invalid rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Unknown metric.
    #[error("rule {rule:?}: metric: unknown metric {metric:?}; /metrics lists all metrics")]
    Metric { rule: String, metric: String },
    /// Defined in the configuration file.
    #[error(
        "rule {0:?} is in the configuration file: edit it there, under [[rules]] with id = {0:?}, and restart"
    )]
    Locked(String),
    /// Duplicate id.
    #[error("rule {0:?} already exists: choose another id, or change that rule with PUT")]
    Duplicate(String),
    /// Unknown id.
    #[error("unknown rule {0:?}")]
    Unknown(String),
    /// An unmodified built-in rule cannot be removed.
    #[error("built-in rule {0:?} cannot be removed: disable it with enabled = false")]
    BuiltIn(String),
    /// Too many custom rules.
    #[error("too many custom rules (maximum {MAX_CUSTOM_RULES}): remove one that is no longer needed")]
    TooMany,
    /// Saving failed.
    #[error("cannot save the rules in the data directory; nothing was changed: {0}")]
    Io(#[from] io::Error),
}

impl RuleEditError {
    /// Error for an unknown id, truncated.
    pub(crate) fn unknown(id: &str) -> Self {
        Self::Unknown(id.chars().take(100).collect())
    }
}

/// A rule change.
#[derive(Clone, Debug)]
pub(crate) enum RuleEdit {
    /// Creates the rule, or replaces the one with its id.
    Put(Rule),
    /// Creates the rule; its id must be new.
    Create(Rule),
    /// Removes a custom rule, or resets a built-in rule to its default.
    Delete(String),
    /// Enables or disables a rule.
    Enable(String, bool),
}

impl RuleEdit {
    /// Id of the changed rule.
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Put(rule) | Self::Create(rule) => &rule.id,
            Self::Delete(id) | Self::Enable(id, _) => id,
        }
    }
}

/// Rule set in effect and its file.
#[derive(Debug, Default)]
pub(super) struct RuleStore {
    pub(super) current: CurrentRules,
    /// Held from reading to writing, so that no concurrent change is lost.
    write_lock: Mutex<()>,
    pub(super) replication: Replication,
    /// File of the rules; `None`: nothing is saved.
    file: Option<RulesFile>,
}

impl RuleStore {
    /// Loads the rules of the configuration file, and those saved in `folder`.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(super) fn open(from_config: Vec<Rule>, folder: &Path) -> Result<Self, EvaluatorError> {
        let file = RulesFile::new(folder);
        let ParsedRules { user_rules: edited, unparsed: unread, versions } = file.read()?;
        let rule_set = RuleSet::new(from_config, edited, unread).with_versions(versions);
        for rule in rule_set.shadowed() {
            tracing::info!(rule, "rule override ignored: the configuration file defines this rule");
        }
        Ok(Self { current: CurrentRules::new(rule_set), file: Some(file), ..Self::default() })
    }

    /// Writes the rule set in effect into a new data directory.
    ///
    /// # Errors
    /// Failed write.
    pub(super) fn save_all(&self) -> io::Result<()> {
        let _write = self.lock_writes();
        self.file.as_ref().map_or(Ok(()), |file| file.write(&self.current.get()))
    }

    /// Held from reading the rule set until the next one is committed.
    pub(super) fn lock_writes(&self) -> MutexGuard<'_, ()> {
        self.write_lock.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl RuleEvaluator {
    /// The rule set in effect, for everything that reads rules.
    pub(crate) fn current_rules(&self) -> &CurrentRules {
        &self.rule_store.current
    }

    /// A copy of all rules with their origin.
    pub(crate) fn rules(&self) -> Vec<(Rule, Origin)> {
        self.current_rules().get().iter().map(|(rule, origin)| (rule.clone(), origin)).collect()
    }

    /// A copy of the rule with this id, and its origin.
    pub(crate) fn rule(&self, id: &str) -> Option<(Rule, Origin)> {
        self.current_rules().get().find(id).map(|(rule, origin)| (rule.clone(), origin))
    }

    /// Applies a rule change at `now`: saved first, evaluated from the next tick on. A submitted rule must fit its metric
    /// in `catalogue`. Blocks for the disk.
    ///
    /// # Errors
    /// Nothing to change, change not allowed, invalid rule, unknown metric, or saving failed. Nothing has changed then.
    pub(crate) fn edit(
        &self,
        edit: &RuleEdit,
        now: Timestamp,
        catalogue: &Catalogue,
    ) -> Result<(), RuleEditError> {
        let editing = &self.rule_store;
        let _write = editing.lock_writes();
        let before = editing.current.get();
        let mut rule_set = match edit {
            RuleEdit::Put(rule) => before.put(rule.clone()),
            RuleEdit::Create(rule) => before.create(rule.clone()),
            RuleEdit::Delete(id) => before.delete(id),
            RuleEdit::Enable(id, enabled) => before.enable(id, *enabled),
        }?;
        if let RuleEdit::Put(rule) | RuleEdit::Create(rule) = edit {
            check_metric(rule, before.find(&rule.id).map(|(before, _)| before), catalogue)?;
        }
        editing.replication.record_version(&mut rule_set, edit.id(), now);
        self.commit(rule_set)
    }

    /// Saves a rule set and makes it effective; the caller holds [`RuleStore::lock_writes`].
    ///
    /// # Errors
    /// An invalid rule, or saving failed. Nothing has changed then.
    pub(super) fn commit(&self, rule_set: RuleSet) -> Result<(), RuleEditError> {
        let editing = &self.rule_store;
        // Validation comes before anything is written, and before the tick has to wait.
        let ready = CompiledRules::new(rule_set.rules().cloned().collect())?;
        if let Some(file) = &editing.file {
            file.write(&rule_set)?;
        }
        // Published before it is evaluated: the message of the first alert of a rule needs the rule.
        editing.current.publish(rule_set);
        self.lock().engine.set_compiled_rules(ready);
        editing.replication.bump_revision();
        Ok(())
    }
}

/// Whether a submitted rule fits its metric.
fn check_metric(rule: &Rule, before: Option<&Rule>, catalogue: &Catalogue) -> Result<(), RuleEditError> {
    match catalogue.metric(&rule.metric) {
        Some(metric) => Ok(rule.check_metric(metric)?),
        // An unknown metric may stay as it is, such as that of a built-in rule that this server does not collect.
        None if before.is_some_and(|before| before.metric == rule.metric) => Ok(()),
        None => Err(RuleEditError::Metric {
            rule: rule.id.clone(),
            metric: rule.metric.chars().take(200).collect(),
        }),
    }
}

#[cfg(test)]
#[path = "rule_store_tests.rs"]
mod tests;
