//! Changes of rules, silences and alerts, done and noted with what was before and what is now.

use super::{Actor, What};
use crate::core::Core;
use serde::Serialize;
use serde_json::{Value, json};
use watchglass_alerts::telling::Silence;
use watchglass_alerts::{AlertKey, Rule};

/// Changes the rule with that id by `change`, and notes it.
///
/// # Errors
/// Those of `change`.
pub(crate) fn edit_rule<E>(
    core: &Core,
    actor: &Actor,
    id: &str,
    change: impl FnOnce(&Core) -> Result<(), E>,
) -> Result<(), E> {
    let find =
        || core.rules().into_iter().find(|(rule, _)| rule.id == id).and_then(|(rule, _)| rule_value(&rule));
    let before = find();
    change(core)?;
    let after = find();
    let deed = deed(before.as_ref(), after.as_ref());
    actor.note(What::Rule, deed, id, (before, after));
    Ok(())
}

/// Changes the silence with that id by `change`, and notes it.
///
/// # Errors
/// Those of `change`.
pub(crate) fn edit_silence<T, E>(
    core: &Core,
    actor: &Actor,
    id: &str,
    change: impl FnOnce(&Core) -> Result<T, E>,
) -> Result<T, E> {
    let find = || core.telling().silences().into_iter().find(|silence: &Silence| silence.id == id);
    let value = |silence: Option<Silence>| silence.as_ref().and_then(value);
    let before = value(find());
    let done = change(core)?;
    let after = value(find());
    let deed = deed(before.as_ref(), after.as_ref());
    actor.note(What::Silence, deed, id, (before, after));
    Ok(done)
}

/// Notes that somebody looks after an alert, as `who` and for the reason `why`, or does so no more.
pub(crate) fn note_acknowledgement(actor: &Actor, key: &AlertKey, said: Option<(&str, &str)>) {
    let labels = value(&key.labels).unwrap_or_default();
    match said {
        Some((who, why)) => {
            let to = json!({ "labels": labels, "who": who, "why": why });
            actor.note(What::Acknowledgement, "added", &key.rule, (None, Some(to)));
        }
        None => {
            let from = json!({ "labels": labels });
            actor.note(What::Acknowledgement, "withdrawn", &key.rule, (Some(from), None));
        }
    }
}

fn deed(before: Option<&Value>, after: Option<&Value>) -> &'static str {
    match (before, after) {
        (None, _) => "added",
        (Some(_), None) => "removed",
        (Some(_), Some(_)) => "changed",
    }
}

/// A rule as it is written, which leaves out that it is switched on; here that is to be seen.
fn rule_value(rule: &Rule) -> Option<Value> {
    let mut written = value(rule)?;
    written.as_object_mut()?.insert("enabled".to_owned(), rule.enabled.into());
    Some(written)
}

fn value(of: &impl Serialize) -> Option<Value> {
    serde_json::to_value(of).ok()
}
