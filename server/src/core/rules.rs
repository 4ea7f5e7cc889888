//! The rules, and how they are changed: what the REST API and the pages ask of the core.

use super::Core;
use crate::judging::{Origin, RuleEdit, RuleEditError};
use crate::ticker::now;
use watchglass_alerts::Rule;
use watchglass_alerts::sheet::Sheet;

impl Core {
    /// All rules, and where each comes from.
    pub(crate) fn rules(&self) -> Vec<(Rule, Origin)> {
        self.judging.rules()
    }

    /// Changes a rule, or adds it: from the next tick on. It is written down when this returns. Blocks for the disk, as
    /// everything that changes rules.
    ///
    /// # Errors
    /// It cannot be judged, its metric is none, it is in the configuration file, there are too many, or it cannot be kept.
    pub(crate) fn put_rule(&self, rule: Rule) -> Result<(), RuleEditError> {
        self.edit_rules(&RuleEdit::Put(rule))
    }

    /// Adds a rule.
    ///
    /// # Errors
    /// As [`Core::put_rule`], or another rule has its id.
    pub(crate) fn create_rule(&self, rule: Rule) -> Result<(), RuleEditError> {
        self.edit_rules(&RuleEdit::Create(rule))
    }

    /// Removes a rule that somebody has made, or takes a stock rule back to how it comes with the program.
    ///
    /// # Errors
    /// There is no such rule, it is in the configuration file, nobody has changed it, or that cannot be kept.
    pub(crate) fn delete_rule(&self, id: &str) -> Result<(), RuleEditError> {
        self.edit_rules(&RuleEdit::Delete(id.to_owned()))
    }

    /// Switches a rule on or off.
    ///
    /// # Errors
    /// There is no such rule, it is in the configuration file, or that cannot be kept.
    pub(crate) fn enable_rule(&self, id: &str, enabled: bool) -> Result<(), RuleEditError> {
        self.edit_rules(&RuleEdit::Enable(id.to_owned(), enabled))
    }

    /// Shares rules with other servers from now on, by the id that `server` has among them.
    pub(crate) fn share_rules(&self, server: &str) {
        self.judging.share_rules(server);
    }

    /// Changes with each change of a rule.
    pub(crate) fn rules_version(&self) -> u64 {
        self.judging.rules_version()
    }

    /// What this server says of rules to others.
    pub(crate) fn rule_sheet(&self) -> Sheet {
        self.judging.rule_sheet()
    }

    /// Says in the log, once, that what stands for a rule among what is shared is none.
    pub(crate) fn refuse_rule(&self, id: &str, reason: &str) {
        self.judging.refuse_rule(id, reason);
    }

    /// Takes over what other servers say of rules, where that is later than what was said here. What cannot be used is left
    /// out. Both are said in the log. Blocks for the disk.
    ///
    /// # Errors
    /// It cannot be kept. Nothing has changed then.
    pub(crate) fn hear_rules(&self, sheet: &Sheet) -> Result<(), RuleEditError> {
        // One whose metric nobody measures here may be about what is measured elsewhere.
        let check = |rule: &Rule| match self.metric(&rule.metric) {
            Some(metric) => Ok(rule.check_metric(metric)?),
            None => Ok(()),
        };
        self.judging.hear_rules(sheet, check, |rules| self.telling.set_rules(rules))
    }

    fn edit_rules(&self, edit: &RuleEdit) -> Result<(), RuleEditError> {
        let check = |rule: &Rule, before: Option<&Rule>| match self.metric(&rule.metric) {
            Some(metric) => Ok(rule.check_metric(metric)?),
            // One that nobody measures here, as of some stock rules, may stay what it is.
            None if before.is_some_and(|before| before.metric == rule.metric) => Ok(()),
            None => Err(RuleEditError::Metric {
                rule: rule.id.clone(),
                metric: rule.metric.chars().take(200).collect(),
            }),
        };
        self.judging.edit(edit, now(), check, |rules| self.telling.set_rules(rules))?;
        match edit {
            RuleEdit::Put(rule) => tracing::info!(rule = rule.id, "a rule was changed"),
            RuleEdit::Create(rule) => tracing::info!(rule = rule.id, "a rule was added"),
            RuleEdit::Delete(id) => tracing::info!(rule = id, "a rule was removed, or is as it came again"),
            RuleEdit::Enable(id, enabled) => tracing::info!(rule = id, enabled, "a rule was switched"),
        }
        Ok(())
    }
}
