//! Changes of rules: written down first, judged by from the next tick on.

use super::book::{MOST_OWN, Origin, RuleBook};
use super::rules_file::{Read, RulesFile};
use super::shared::Sharing;
use super::{Judging, KeepError};
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use thiserror::Error;
use watchglass_alerts::{ReadyRules, Rule, RuleError};
use watchglass_model::Timestamp;

/// Why a rule cannot be changed. Nothing has changed then.
#[derive(Debug, Error)]
pub(crate) enum RuleEditError {
    /// It cannot be judged.
    #[error(transparent)]
    Rule(#[from] RuleError),
    /// Nobody measures its metric.
    #[error("rule {rule:?}: metric: there is no metric {metric:?}: /metrics has all that there are")]
    Metric {
        /// Id of the rule.
        rule: String,
        /// The metric.
        metric: String,
    },
    /// It is in the configuration file.
    #[error(
        "the rule {0:?} is in the configuration file: change it there, below [[rules]] with id = {0:?}, and restart"
    )]
    Locked(String),
    /// Another rule has the id.
    #[error("there is a rule {0:?} already: take another id, or change that rule with PUT")]
    Taken(String),
    /// There is no rule with that id.
    #[error("there is no rule {0:?}")]
    Missing(String),
    /// A stock rule that nobody has changed cannot be removed.
    #[error(
        "the rule {0:?} is as it comes with the program, and cannot be removed: switch it off with enabled = false"
    )]
    Stock(String),
    /// There are as many as there can be.
    #[error(
        "there are {MOST_OWN} rules of your own, the most that there can be: remove one that is no longer needed"
    )]
    Full,
    /// The data folder does not take it.
    #[error("the rules cannot be written to the data folder, and are as they were: {0}")]
    System(#[from] io::Error),
}

impl RuleEditError {
    /// There is no rule with that id.
    pub(crate) fn missing(id: &str) -> Self {
        Self::Missing(id.chars().take(100).collect())
    }
}

/// What is to be changed.
#[derive(Clone, Debug)]
pub(crate) enum RuleEdit {
    /// This rule, in place of the one with its id if there is one.
    Put(Rule),
    /// This rule, whose id no other has.
    Create(Rule),
    /// Not the rule with this id, which somebody has made; a stock rule is as it comes with the program again.
    Delete(String),
    /// The rule with this id is judged, or not.
    Enable(String, bool),
}

impl RuleEdit {
    /// The rule that it is about.
    fn id(&self) -> &str {
        match self {
            Self::Put(rule) | Self::Create(rule) => &rule.id,
            Self::Delete(id) | Self::Enable(id, _) => id,
        }
    }
}

/// The rules as people change them.
#[derive(Debug, Default)]
pub(super) struct Editing {
    book: RwLock<Arc<RuleBook>>,
    /// Held from reading to writing, so that of two changes at a time none is lost.
    one_at_a_time: Mutex<()>,
    pub(super) sharing: Sharing,
    /// Where they are kept; nowhere without it.
    file: Option<RulesFile>,
}

impl Editing {
    /// The rules of the configuration file, and those that `folder` keeps.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub(super) fn open(of_file: Vec<Rule>, folder: &Path) -> Result<Self, KeepError> {
        let file = RulesFile::new(folder);
        let Read { edited, unread, stamps } = file.read()?;
        let book = RuleBook::new(of_file, edited, unread).with_stamps(stamps);
        for rule in book.hidden() {
            tracing::info!(
                rule,
                "the rule of the configuration file counts, and not the one that was changed here"
            );
        }
        Ok(Self { book: RwLock::new(Arc::new(book)), file: Some(file), ..Self::default() })
    }

    /// To be held from reading the book until the next one holds.
    pub(super) fn one_at_a_time(&self) -> MutexGuard<'_, ()> {
        self.one_at_a_time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn book(&self) -> Arc<RuleBook> {
        Arc::clone(&self.book.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Judging {
    /// All rules, and where each comes from.
    pub(crate) fn rules(&self) -> Vec<(Rule, Origin)> {
        self.editing.book().rules()
    }

    /// Changes the rules `now`, and hands all of them to `tell` just before they hold. `check` is asked about a rule that is
    /// given, and told the one that it takes the place of. Blocks for the disk.
    ///
    /// # Errors
    /// There is nothing to change or it may not be changed, the rule cannot be judged, or it cannot be kept.
    pub(crate) fn edit(
        &self,
        edit: &RuleEdit,
        now: Timestamp,
        check: impl FnOnce(&Rule, Option<&Rule>) -> Result<(), RuleEditError>,
        tell: impl FnOnce(&[Rule]),
    ) -> Result<(), RuleEditError> {
        let editing = &self.editing;
        let _one = editing.one_at_a_time();
        let before = editing.book();
        let mut book = match edit {
            RuleEdit::Put(rule) => before.put(rule.clone()),
            RuleEdit::Create(rule) => before.create(rule.clone()),
            RuleEdit::Delete(id) => before.delete(id),
            RuleEdit::Enable(id, enabled) => before.enable(id, *enabled),
        }?;
        if let RuleEdit::Put(rule) | RuleEdit::Create(rule) = edit {
            check(rule, before.find(&rule.id).as_ref())?;
        }
        editing.sharing.stamp(&mut book, edit.id(), now);
        self.hold(book, tell)
    }

    /// Writes a book down and lets it hold; to be called by who holds [`Editing::one_at_a_time`].
    ///
    /// # Errors
    /// It cannot be judged or kept. Nothing has changed then.
    pub(super) fn hold(&self, book: RuleBook, tell: impl FnOnce(&[Rule])) -> Result<(), RuleEditError> {
        let editing = &self.editing;
        let rules: Vec<Rule> = book.rules().into_iter().map(|(rule, _)| rule).collect();
        // What cannot be judged is found out before anything is written, and while the tick need not wait.
        let ready = ReadyRules::new(rules.clone())?;
        if let Some(file) = &editing.file {
            file.write(&book)?;
        }
        // From here on nothing fails. Who tells of an alert must know its rule when it fires.
        tell(&rules);
        self.lock().engine.take_rules(ready);
        *editing.book.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(book);
        editing.sharing.note_change();
        Ok(())
    }
}

#[cfg(test)]
#[path = "edit_tests.rs"]
mod tests;
