//! The rule set in effect: the one place in which a changed rule set is published. Evaluation, messages and pages read it
//! there, so that nothing has to be kept in step.

use super::rule_set::RuleSet;
use std::sync::{Arc, PoisonError, RwLock};

/// Shared handle of the rule set in effect.
#[derive(Clone, Debug, Default)]
pub(crate) struct CurrentRules(Arc<RwLock<Arc<RuleSet>>>);

impl CurrentRules {
    pub(super) fn new(rules: RuleSet) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(rules))))
    }

    /// Snapshot of the rules in effect. Later changes do not affect it.
    pub(crate) fn get(&self) -> Arc<RuleSet> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Replaces the rules for all holders of this handle.
    pub(super) fn publish(&self, rules: RuleSet) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(rules);
    }
}
