//! Overrides of built-in rules: only the changed fields are stored, so that the others follow the defaults of later
//! versions.

use crate::renamed_fields::{by_stored_name, renamed, stored_name};
use crate::{Rule, RuleError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;
use watchglass_json::JsonError;

/// Override of the built-in rule with the same id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleOverride {
    /// Id of the rule.
    pub id: String,
    /// Fields with other values, as in the JSON of a rule.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub set: Map<String, Value>,
    /// Fields removed from the built-in rule.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<String>,
}

/// Why an override cannot be applied.
#[derive(Debug, Error)]
pub enum RuleOverrideError {
    /// There is no built-in rule with this id.
    #[error("unknown built-in rule {0:?}")]
    UnknownRule(String),
    /// The result is not a rule.
    #[error("invalid rule: {0}")]
    Json(#[from] JsonError),
    /// The result is an invalid rule.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl RuleOverride {
    /// Override that turns the built-in rule into `rule`; `None` when there is no built-in rule with its id.
    pub fn of(rule: &Rule) -> Option<Self> {
        let mut builtin = fields(rule.id.as_str())?;
        let changed = fields_of(rule);
        let unset = builtin.keys().filter(|field| !changed.contains_key(field.as_str())).cloned().collect();
        let set = changed.into_iter().filter(|(field, value)| builtin.remove(field).as_ref() != Some(value));
        Some(Self { id: rule.id.clone(), set: set.collect(), unset })
    }

    /// The built-in rule with this override applied.
    ///
    /// # Errors
    /// There is no such built-in rule, or the result is invalid.
    pub fn apply(self) -> Result<Rule, RuleOverrideError> {
        let mut fields = fields(&self.id).ok_or_else(|| RuleOverrideError::UnknownRule(self.id.clone()))?;
        fields.retain(|field, _| !self.unset.iter().any(|name| stored_name(name) == field));
        let changes = by_stored_name(self.set)?;
        let keeps_critical = !changes.contains_key("critical");
        fields.extend(changes);
        fields.insert("id".to_owned(), self.id.into());
        let mut rule: Rule = watchglass_json::from_value(&Value::Object(fields))?;
        if keeps_critical {
            drop_exceeded_critical(&mut rule);
        }
        rule.check()?;
        Ok(rule)
    }
}

/// The rule `id` from submitted `changes`, whatever id these have. For a built-in rule they need only the changed
/// fields; `null` removes a threshold or another optional field.
///
/// # Errors
/// A missing or unknown field, one of another type, or both names of a renamed field. [`Rule::check`] is left to the caller.
pub fn merge_fields(id: &str, changes: Map<String, Value>) -> Result<Rule, JsonError> {
    let mut whole = fields(id).unwrap_or_default();
    let names = renamed(&changes);
    let changes = by_stored_name(changes)?;
    let keeps_critical = !changes.contains_key("critical");
    whole.extend(changes);
    whole.insert("id".to_owned(), id.into());
    let mut rule: Rule = watchglass_json::from_value(&Value::Object(whole)).map_err(|error: JsonError| {
        names.iter().fold(error, |error, (name, stored)| error.with_field_renamed(stored, name))
    })?;
    if keeps_critical {
        drop_exceeded_critical(&mut rule);
    }
    Ok(rule)
}

/// Removes a critical threshold that the warning threshold is beyond. It is the one of the built-in rule, which a later
/// version may have added: an override of the warning stays valid.
fn drop_exceeded_critical(rule: &mut Rule) {
    if let (Some(warning), Some(critical)) = (rule.warning, rule.critical)
        && rule.comparison.is_beyond(warning, critical)
    {
        rule.critical = None;
    }
}

/// JSON fields of a built-in rule.
fn fields(id: &str) -> Option<Map<String, Value>> {
    Some(fields_of(&super::find(id)?))
}

fn fields_of(rule: &Rule) -> Map<String, Value> {
    match serde_json::to_value(rule) {
        Ok(Value::Object(fields)) => fields,
        _ => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::builtin;
    use serde_json::json;

    fn disk() -> Rule {
        builtin::find("disk").unwrap()
    }

    #[test]
    fn warning_beyond_the_critical_threshold_of_the_builtin_rule_replaces_it() {
        assert_eq!((disk().warning, disk().critical), (Some(0.9), Some(0.95)));
        for (changes, expected) in [
            (json!({ "warning": 0.93 }), (Some(0.93), Some(0.95))),
            (json!({ "warning": 0.99 }), (Some(0.99), None)),
            (json!({ "warning": 0.99, "critical": 0.995 }), (Some(0.99), Some(0.995))),
            // A mistake of the same override: checking the rule reports it.
            (json!({ "warning": 0.99, "critical": 0.95 }), (Some(0.99), Some(0.95))),
        ] {
            let changes = changes.as_object().unwrap().clone();
            let merged = merge_fields("disk", changes.clone()).unwrap();
            assert_eq!((merged.warning, merged.critical), expected, "{changes:?}");
            let stored = RuleOverride { id: "disk".to_owned(), set: changes, unset: Vec::new() };
            assert_eq!(stored.apply().ok(), merged.check().is_ok().then_some(merged));
        }
    }

    #[test]
    fn override_has_only_changed_fields() {
        let changed = |rule: Rule| serde_json::to_value(RuleOverride::of(&rule).unwrap()).unwrap();
        assert_eq!(changed(disk()), json!({ "id": "disk" }));
        let off = Rule { enabled: false, ..disk() };
        assert_eq!(changed(off), json!({ "id": "disk", "set": { "enabled": false } }));
        let plain = Rule { recovery: None, for_seconds: 0, critical: Some(0.97), ..disk() };
        let expected =
            json!({ "id": "disk", "set": { "critical": 0.97 }, "unset": ["for_seconds", "recovery"] });
        assert_eq!(changed(plain), expected);
        assert_eq!(RuleOverride::of(&Rule { id: "own".to_owned(), ..disk() }), None);
    }

    #[test]
    fn override_round_trips_for_every_rule() {
        for rule in builtin::rules() {
            for changed in [
                rule.clone(),
                Rule { enabled: false, ..rule.clone() },
                Rule { summary: String::new(), next_steps: "Run.".to_owned(), ..rule.clone() },
                Rule {
                    matchers: Vec::new(),
                    labels: Default::default(),
                    subject_label: None,
                    ..rule.clone()
                },
                Rule { for_seconds: 0, keep_firing_seconds: 7, recovery: None, ..rule.clone() },
                Rule { resolve_when_gone: false, message: None, no_data_seconds: Some(30), ..rule.clone() },
            ] {
                let text = serde_json::to_string(&RuleOverride::of(&changed).unwrap()).unwrap();
                let read: RuleOverride = serde_json::from_str(&text).unwrap();
                assert_eq!(read.apply().unwrap(), changed, "{text}");
            }
        }
    }

    #[test]
    fn invalid_overrides_are_explained() {
        for (text, expected) in [
            (json!({ "id": "other" }), "unknown built-in rule \"other\""),
            (json!({ "id": "disk", "set": { "for": 3 } }), "invalid rule: unknown field for: known are"),
            (json!({ "id": "disk", "unset": ["metric"] }), "invalid rule: metric is missing"),
            (
                json!({ "id": "disk", "set": { "recovery": 0.99 } }),
                "rule \"disk\": recovery: 0.99 must not be",
            ),
        ] {
            let rule_override: RuleOverride = serde_json::from_value(text.clone()).unwrap();
            let error = rule_override.apply().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn submitted_fields_extend_builtin_rules_only() {
        let Value::Object(fields) = json!({ "warning": 0.8, "recovery": null }) else { unreachable!() };
        let rule = merge_fields("disk", fields.clone()).unwrap();
        assert_eq!(rule, Rule { warning: Some(0.8), recovery: None, ..disk() });
        let error = merge_fields("own", fields).unwrap_err().to_string();
        assert!(error.contains("name is missing"), "{error}");
    }
}
