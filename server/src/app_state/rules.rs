//! Queries and changes of rules, for the REST API and the pages.

use super::AppState;
use crate::evaluation::{Origin, RuleEdit, RuleEditError};
use crate::ticker::now;
use watchglass_rules::Rule;
use watchglass_rules::rule_replica::RuleReplica;

impl AppState {
    /// All rules with their origins.
    pub(crate) fn rules(&self) -> Vec<(Rule, Origin)> {
        self.rule_evaluator.rules()
    }

    /// Creates or replaces a rule; it is evaluated from the next tick on and saved when this returns. Blocks on disk I/O, as all
    /// changes of rules do.
    ///
    /// # Errors
    /// Invalid rule, unknown metric, rule of the configuration file, too many rules, or a failed write.
    pub(crate) fn put_rule(&self, rule: Rule) -> Result<(), RuleEditError> {
        self.edit_rules(&RuleEdit::Put(rule))
    }

    /// Creates a rule.
    ///
    /// # Errors
    /// As `put_rule`, or a rule with this id exists.
    pub(crate) fn create_rule(&self, rule: Rule) -> Result<(), RuleEditError> {
        self.edit_rules(&RuleEdit::Create(rule))
    }

    /// Deletes a custom rule, or resets a built-in rule to its default.
    ///
    /// # Errors
    /// Unknown rule, rule of the configuration file, unchanged built-in rule, or a failed write.
    pub(crate) fn delete_rule(&self, id: &str) -> Result<(), RuleEditError> {
        self.edit_rules(&RuleEdit::Delete(id.to_owned()))
    }

    /// Enables or disables a rule.
    ///
    /// # Errors
    /// Unknown rule, rule of the configuration file, or a failed write.
    pub(crate) fn enable_rule(&self, id: &str, enabled: bool) -> Result<(), RuleEditError> {
        self.edit_rules(&RuleEdit::Enable(id.to_owned(), enabled))
    }

    /// Starts replicating rules with other servers. `server` is the id of this one.
    pub(crate) fn start_rule_replication(&self, server: &str) {
        self.rule_evaluator.set_server_id(server);
    }

    /// Version of the rules: changes with each change of a rule.
    pub(crate) fn rules_version(&self) -> u64 {
        self.rule_evaluator.rules_revision()
    }

    /// Replicated state of the rules, to send to other servers.
    pub(crate) fn rule_replica(&self) -> RuleReplica {
        self.rule_evaluator.rule_replica()
    }

    /// Logs, once per rule, that a replicated rule is invalid.
    pub(crate) fn log_invalid_rule(&self, id: &str, reason: &str) {
        self.rule_evaluator.reject_rule(id, reason);
    }

    /// Merges the rules of other servers: newer versions replace those of this server, invalid rules are skipped. Both are
    /// logged. Blocks on disk I/O.
    ///
    /// # Errors
    /// Failed write; then no rule has changed.
    pub(crate) fn merge_rules(&self, replica: &RuleReplica) -> Result<(), RuleEditError> {
        // A metric that is unknown here may be collected by another server.
        let check = |rule: &Rule| match self.metric(&rule.metric) {
            Some(metric) => Ok(rule.check_metric(metric)?),
            None => Ok(()),
        };
        self.rule_evaluator.merge_rules(replica, check, |rules| self.notifications.set_rules(rules))
    }

    fn edit_rules(&self, edit: &RuleEdit) -> Result<(), RuleEditError> {
        let check = |rule: &Rule, before: Option<&Rule>| match self.metric(&rule.metric) {
            Some(metric) => Ok(rule.check_metric(metric)?),
            // An unknown metric may stay as it is, such as that of a built-in rule that this server does not collect.
            None if before.is_some_and(|before| before.metric == rule.metric) => Ok(()),
            None => Err(RuleEditError::Metric {
                rule: rule.id.clone(),
                metric: rule.metric.chars().take(200).collect(),
            }),
        };
        self.rule_evaluator.edit(edit, now(), check, |rules| self.notifications.set_rules(rules))?;
        match edit {
            RuleEdit::Put(rule) => tracing::info!(rule = rule.id, "rule changed"),
            RuleEdit::Create(rule) => tracing::info!(rule = rule.id, "rule created"),
            RuleEdit::Delete(id) => tracing::info!(rule = id, "rule deleted or reset"),
            RuleEdit::Enable(id, enabled) => tracing::info!(rule = id, enabled, "rule enabled or disabled"),
        }
        Ok(())
    }
}
