//! Rule changes: saved first, evaluated from the next tick on.

use super::replication::Replication;
use super::rule_set::{MAX_CUSTOM_RULES, Origin, RuleSet};
use super::rules_file::{ParsedRules, RulesFile};
use super::{EvaluatorError, RuleEvaluator};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use thiserror::Error;
use watchglass_model::Timestamp;
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

/// Current rule set and its file.
#[derive(Debug, Default)]
pub(super) struct RuleStore {
    rules: RwLock<Arc<RuleSet>>,
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
        Ok(Self { rules: RwLock::new(Arc::new(rule_set)), file: Some(file), ..Self::default() })
    }

    /// Held from reading the rule set until the next one is committed.
    pub(super) fn lock_writes(&self) -> MutexGuard<'_, ()> {
        self.write_lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn rules(&self) -> Arc<RuleSet> {
        Arc::clone(&self.rules.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl RuleEvaluator {
    /// All rules with their origin.
    pub(crate) fn rules(&self) -> Vec<(Rule, Origin)> {
        self.rule_store.rules().rules()
    }

    /// Applies a rule change at `now`, and passes all rules to `tell` just before they take effect. `check` gets the
    /// submitted rule and the one it replaces. Blocks for the disk.
    ///
    /// # Errors
    /// Nothing to change, change not allowed, invalid rule, or saving failed.
    pub(crate) fn edit(
        &self,
        edit: &RuleEdit,
        now: Timestamp,
        check: impl FnOnce(&Rule, Option<&Rule>) -> Result<(), RuleEditError>,
        tell: impl FnOnce(&[Rule]),
    ) -> Result<(), RuleEditError> {
        let editing = &self.rule_store;
        let _write = editing.lock_writes();
        let before = editing.rules();
        let mut rule_set = match edit {
            RuleEdit::Put(rule) => before.put(rule.clone()),
            RuleEdit::Create(rule) => before.create(rule.clone()),
            RuleEdit::Delete(id) => before.delete(id),
            RuleEdit::Enable(id, enabled) => before.enable(id, *enabled),
        }?;
        if let RuleEdit::Put(rule) | RuleEdit::Create(rule) = edit {
            check(rule, before.find(&rule.id).as_ref())?;
        }
        editing.replication.record_version(&mut rule_set, edit.id(), now);
        self.commit(rule_set, tell)
    }

    /// Saves a rule set and makes it effective; the caller holds [`RuleStore::lock_writes`].
    ///
    /// # Errors
    /// An invalid rule, or saving failed. Nothing has changed then.
    pub(super) fn commit(&self, rule_set: RuleSet, tell: impl FnOnce(&[Rule])) -> Result<(), RuleEditError> {
        let editing = &self.rule_store;
        let rules: Vec<Rule> = rule_set.rules().into_iter().map(|(rule, _)| rule).collect();
        // Validation comes before anything is written, and before the tick has to wait.
        let ready = CompiledRules::new(rules.clone())?;
        if let Some(file) = &editing.file {
            file.write(&rule_set)?;
        }
        // No step below fails. The dispatcher must know a rule before its alert fires.
        tell(&rules);
        self.lock().engine.set_compiled_rules(ready);
        *editing.rules.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rule_set);
        editing.replication.bump_revision();
        Ok(())
    }
}

#[cfg(test)]
#[path = "rule_store_tests.rs"]
mod tests;
