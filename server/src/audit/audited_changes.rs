//! Audited changes of rules, silences and acknowledgements, recorded with the values before and after.

use super::{AuditContext, AuditTarget};
use crate::evaluation::RuleEvaluator;
use crate::notifications::Notifications;
use serde::Serialize;
use serde_json::{Value, json};
use watchglass_dispatch::Silence;
use watchglass_rules::{AlertKey, Rule};

/// Changes the rule with that id by `change`, and records it.
///
/// # Errors
/// Those of `change`.
pub(crate) fn edit_rule<E>(
    rules: &RuleEvaluator,
    actor: &AuditContext,
    id: &str,
    change: impl FnOnce() -> Result<(), E>,
) -> Result<(), E> {
    let find = || rules.current_rules().get().find(id).and_then(|(rule, _)| rule_value(rule));
    let before = find();
    change()?;
    let after = find();
    let action = action(before.as_ref(), after.as_ref());
    actor.record(AuditTarget::Rule, action, id, (before, after));
    Ok(())
}

/// Changes the silence with that id by `change`, and records it.
///
/// # Errors
/// Those of `change`.
pub(crate) fn edit_silence<T, E>(
    notifications: &Notifications,
    actor: &AuditContext,
    id: &str,
    change: impl FnOnce() -> Result<T, E>,
) -> Result<T, E> {
    let find = || notifications.silences().into_iter().find(|silence: &Silence| silence.id == id);
    let value = |silence: Option<Silence>| silence.as_ref().and_then(value);
    let before = value(find());
    let result = change()?;
    let after = value(find());
    let action = action(before.as_ref(), after.as_ref());
    actor.record(AuditTarget::Silence, action, id, (before, after));
    Ok(result)
}

/// Records an acknowledgement with author and comment, or its removal.
pub(crate) fn record_acknowledgement(
    actor: &AuditContext,
    key: &AlertKey,
    acknowledgement: Option<(&str, &str)>,
) {
    let labels = value(&key.labels).unwrap_or_default();
    match acknowledgement {
        Some((who, why)) => {
            let to = json!({ "labels": labels, "who": who, "why": why });
            actor.record(AuditTarget::Acknowledgement, "added", &key.rule, (None, Some(to)));
        }
        None => {
            let from = json!({ "labels": labels });
            actor.record(AuditTarget::Acknowledgement, "removed", &key.rule, (Some(from), None));
        }
    }
}

fn action(before: Option<&Value>, after: Option<&Value>) -> &'static str {
    match (before, after) {
        (None, _) => "added",
        (Some(_), None) => "removed",
        (Some(_), Some(_)) => "changed",
    }
}

/// A rule as JSON, always with `enabled`, which its stored form omits for enabled rules.
fn rule_value(rule: &Rule) -> Option<Value> {
    let mut fields = value(rule)?;
    fields.as_object_mut()?.insert("enabled".to_owned(), rule.enabled.into());
    Some(fields)
}

fn value(of: &impl Serialize) -> Option<Value> {
    serde_json::to_value(of).ok()
}
