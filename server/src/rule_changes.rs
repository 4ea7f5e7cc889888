//! Changes of rules: checked against the catalogue, evaluated from the next tick on, and known to the notifications before
//! their first alert fires.

use crate::clock;
use crate::evaluation::{RuleEdit, RuleEditError, RuleEvaluator};
use crate::metric_store::MetricStore;
use crate::notifications::Notifications;
use std::sync::Arc;
use watchglass_rules::Rule;
use watchglass_rules::rule_replica::RuleReplica;

/// Parts that a change of a rule affects.
#[derive(Clone, Debug)]
pub(crate) struct RuleChanges {
    pub(crate) metrics: Arc<MetricStore>,
    pub(crate) rules: Arc<RuleEvaluator>,
    pub(crate) notifications: Arc<Notifications>,
}

impl RuleChanges {
    /// Creates or replaces a rule; it is evaluated from the next tick on and saved when this returns. Blocks on disk I/O, as all
    /// changes of rules do.
    ///
    /// # Errors
    /// Invalid rule, unknown metric, rule of the configuration file, too many rules, or a failed write.
    pub(crate) fn put(&self, rule: Rule) -> Result<(), RuleEditError> {
        self.edit(&RuleEdit::Put(rule))
    }

    /// Creates a rule.
    ///
    /// # Errors
    /// As `put`, or a rule with this id exists.
    pub(crate) fn create(&self, rule: Rule) -> Result<(), RuleEditError> {
        self.edit(&RuleEdit::Create(rule))
    }

    /// Deletes a custom rule, or resets a built-in rule to its default.
    ///
    /// # Errors
    /// Unknown rule, rule of the configuration file, unchanged built-in rule, or a failed write.
    pub(crate) fn delete(&self, id: &str) -> Result<(), RuleEditError> {
        self.edit(&RuleEdit::Delete(id.to_owned()))
    }

    /// Enables or disables a rule.
    ///
    /// # Errors
    /// Unknown rule, rule of the configuration file, or a failed write.
    pub(crate) fn enable(&self, id: &str, enabled: bool) -> Result<(), RuleEditError> {
        self.edit(&RuleEdit::Enable(id.to_owned(), enabled))
    }

    /// Merges the rules of other servers: newer versions replace those of this server, invalid rules are skipped. Both are
    /// logged. Blocks on disk I/O.
    ///
    /// # Errors
    /// Failed write; then no rule has changed.
    pub(crate) fn merge(&self, replica: &RuleReplica) -> Result<(), RuleEditError> {
        self.rules.merge_rules(replica, self.metrics.catalogue())
    }

    fn edit(&self, edit: &RuleEdit) -> Result<(), RuleEditError> {
        self.rules.edit(edit, clock::now(), self.metrics.catalogue())?;
        match edit {
            RuleEdit::Put(rule) => tracing::info!(rule = rule.id, "rule changed"),
            RuleEdit::Create(rule) => tracing::info!(rule = rule.id, "rule created"),
            RuleEdit::Delete(id) => tracing::info!(rule = id, "rule deleted or reset"),
            RuleEdit::Enable(id, enabled) => tracing::info!(rule = id, enabled, "rule enabled or disabled"),
        }
        Ok(())
    }
}
