//! Changes of rules: checked against the catalogue, saved, evaluated from the next tick on, and known to the notifications
//! before their first alert fires. All of them wait for the disk.

use super::{ErrorKind, ServiceError};
use crate::audit::{Actor, AuditTarget, PermissionDenied};
use crate::clock;
use crate::evaluation::{RuleEdit, RuleEditError, RuleEvaluator};
use crate::metric_store::MetricStore;
use serde_json::Value;
use std::borrow::Cow;
use std::sync::Arc;
use thiserror::Error;
use watchglass_auth::Permission;
use watchglass_rules::rule_replica::RuleReplica;
use watchglass_rules::{Rule, RuleWarning};

/// Why a rule was not changed.
#[derive(Debug, Error)]
pub(crate) enum RuleServiceError {
    #[error(transparent)]
    Denied(#[from] PermissionDenied),
    #[error(transparent)]
    Edit(#[from] RuleEditError),
}

impl ServiceError for RuleServiceError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        let error = match self {
            Self::Denied(error) => return error.kind_and_code(),
            Self::Edit(error) => error,
        };
        match error {
            RuleEditError::Rule(_) | RuleEditError::Metric { .. } => (ErrorKind::Invalid, "bad_rule"),
            RuleEditError::Unknown(_) => (ErrorKind::NotFound, "no_rule"),
            RuleEditError::Locked(_) => (ErrorKind::Conflict, "locked"),
            RuleEditError::Duplicate(_) => (ErrorKind::Conflict, "taken"),
            RuleEditError::BuiltIn(_) => (ErrorKind::Conflict, "stock"),
            RuleEditError::TooMany => (ErrorKind::Conflict, "too_many"),
            RuleEditError::Io(_) => (ErrorKind::NotSaved, "not_kept"),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Edit(RuleEditError::Rule(error)) => Some(error.field),
            Self::Edit(RuleEditError::Metric { .. }) => Some("metric"),
            Self::Edit(RuleEditError::Duplicate(_)) => Some("id"),
            _ => None,
        }
    }

    fn reason(&self) -> Option<String> {
        match self {
            Self::Edit(RuleEditError::Rule(error)) => Some(error.reason.clone()),
            _ => None,
        }
    }

    /// Says that nothing has changed, and why.
    fn user_message(&self) -> Cow<'static, str> {
        if let Self::Edit(RuleEditError::Io(error)) = self {
            tracing::error!(%error, "rule change failed");
        }
        self.to_string().into()
    }
}

/// Changes of rules.
#[derive(Clone, Debug)]
pub(crate) struct RuleService {
    pub(crate) metrics: Arc<MetricStore>,
    pub(crate) rules: Arc<RuleEvaluator>,
}

impl RuleService {
    /// Creates a rule, or replaces the one with its id.
    ///
    /// # Errors
    /// Not an administrator, invalid rule, unknown metric, rule of the configuration file, too many rules, or a failed write.
    pub(crate) fn put(&self, actor: &Actor, rule: Rule) -> Result<(), RuleServiceError> {
        self.edit(actor, &RuleEdit::Put(rule))
    }

    /// Creates a rule.
    ///
    /// # Errors
    /// As `put`, or a rule with this id exists.
    pub(crate) fn create(&self, actor: &Actor, rule: Rule) -> Result<(), RuleServiceError> {
        self.edit(actor, &RuleEdit::Create(rule))
    }

    /// Deletes a custom rule, or resets a built-in rule to its default.
    ///
    /// # Errors
    /// Not an administrator, unknown rule, rule of the configuration file, unchanged built-in rule, or a failed write.
    pub(crate) fn delete(&self, actor: &Actor, id: &str) -> Result<(), RuleServiceError> {
        self.edit(actor, &RuleEdit::Delete(id.to_owned()))
    }

    /// Enables or disables a rule.
    ///
    /// # Errors
    /// Not an administrator, unknown rule, rule of the configuration file, or a failed write.
    pub(crate) fn enable(&self, actor: &Actor, id: &str, enabled: bool) -> Result<(), RuleServiceError> {
        self.edit(actor, &RuleEdit::Enable(id.to_owned(), enabled))
    }

    /// Merges the rules of other servers: newer versions replace those of this server, invalid rules are skipped. Both are
    /// logged. Blocks on disk I/O.
    ///
    /// # Errors
    /// Failed write; then no rule has changed.
    pub(crate) fn merge(&self, replica: &RuleReplica) -> Result<(), RuleEditError> {
        self.rules.merge_rules(replica, self.metrics.catalogue())
    }

    fn edit(&self, actor: &Actor, edit: &RuleEdit) -> Result<(), RuleServiceError> {
        actor.require(Permission::Admin)?;
        let before = self.audit_value(edit.id());
        self.rules.edit(edit, clock::now(), self.metrics.catalogue())?;
        if !actor.record_change(AuditTarget::Rule, edit.id(), (before, self.audit_value(edit.id()))) {
            return Ok(());
        }
        match edit {
            RuleEdit::Put(rule) => tracing::info!(rule = rule.id, "rule changed"),
            RuleEdit::Create(rule) => tracing::info!(rule = rule.id, "rule created"),
            RuleEdit::Delete(id) => tracing::info!(rule = id, "rule deleted or reset"),
            RuleEdit::Enable(id, enabled) => tracing::info!(rule = id, enabled, "rule enabled or disabled"),
        }
        Ok(())
    }

    /// A rule as JSON, always with `enabled`, which its stored form omits for enabled rules.
    fn audit_value(&self, id: &str) -> Option<Value> {
        let (rule, _) = self.rules.rule(id)?;
        let mut fields = serde_json::to_value(&rule).ok()?;
        fields.as_object_mut()?.insert("enabled".to_owned(), rule.enabled.into());
        Some(fields)
    }
}

/// Warnings about a rule as texts: `critical: 80: …`.
pub(crate) fn warning_texts(rule: &Rule) -> Vec<String> {
    rule.warnings().into_iter().map(|RuleWarning { field, text }| format!("{field}: {text}")).collect()
}
