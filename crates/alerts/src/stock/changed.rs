//! A stock rule that somebody has changed, written as what differs from how it comes with the program: what was not
//! touched follows the program when a later version brings other levels or sentences.

use crate::{Rule, RuleError};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use thiserror::Error;

/// What differs from the stock rule with the same id.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Differences {
    /// Id of the rule.
    pub id: String,
    /// The fields that have other values, as a rule is written.
    #[serde(default, skip_serializing_if = "Map::is_empty")]
    pub set: Map<String, Value>,
    /// The fields that are as if nothing was said of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unset: Vec<String>,
}

/// Why there is no rule with these differences.
#[derive(Debug, Error)]
pub enum DifferencesError {
    /// There is no stock rule with this id.
    #[error("the program comes with no rule {0:?}")]
    NotStock(String),
    /// With them it is no rule.
    #[error("it is no rule: {0}")]
    Json(#[from] serde_json::Error),
    /// With them it cannot be judged.
    #[error(transparent)]
    Rule(#[from] RuleError),
}

impl Differences {
    /// What differs between `rule` and the stock rule with its id; `None` when there is no such stock rule.
    pub fn of(rule: &Rule) -> Option<Self> {
        let mut stock = fields(rule.id.as_str())?;
        let changed = fields_of(rule);
        let unset = stock.keys().filter(|field| !changed.contains_key(field.as_str())).cloned().collect();
        let set = changed.into_iter().filter(|(field, value)| stock.remove(field).as_ref() != Some(value));
        Some(Self { id: rule.id.clone(), set: set.collect(), unset })
    }

    /// The stock rule with these differences.
    ///
    /// # Errors
    /// There is no such stock rule, or what comes out is none that can be judged.
    pub fn apply(self) -> Result<Rule, DifferencesError> {
        let mut fields = fields(&self.id).ok_or_else(|| DifferencesError::NotStock(self.id.clone()))?;
        fields.retain(|field, _| !self.unset.contains(field));
        fields.extend(self.set);
        fields.insert("id".to_owned(), self.id.into());
        let rule: Rule = serde_json::from_value(Value::Object(fields))?;
        rule.check()?;
        Ok(rule)
    }
}

/// The rule `id` of the fields that somebody wrote, whatever id these have. Where there is a stock rule with that id, they
/// need to have only what differs from it; `null` takes away a level or another field that may be missing.
///
/// # Errors
/// A field that is missing, not known or of another type. [`Rule::check`] is still to be asked.
pub fn with_fields(id: &str, written: Map<String, Value>) -> serde_json::Result<Rule> {
    let mut whole = fields(id).unwrap_or_default();
    whole.extend(written);
    whole.insert("id".to_owned(), id.into());
    serde_json::from_value(Value::Object(whole))
}

/// The fields of a stock rule, as it is written.
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
    use crate::stock;
    use serde_json::json;

    fn disk() -> Rule {
        stock::find("disk").unwrap()
    }

    #[test]
    fn only_what_differs_is_written() {
        let changed = |rule: Rule| serde_json::to_value(Differences::of(&rule).unwrap()).unwrap();
        assert_eq!(changed(disk()), json!({ "id": "disk" }));
        let off = Rule { enabled: false, ..disk() };
        assert_eq!(changed(off), json!({ "id": "disk", "set": { "enabled": false } }));
        let plain = Rule { recovery: None, for_seconds: 0, critical: Some(0.95), ..disk() };
        let expected =
            json!({ "id": "disk", "set": { "critical": 0.95 }, "unset": ["for_seconds", "recovery"] });
        assert_eq!(changed(plain), expected);
        assert_eq!(Differences::of(&Rule { id: "own".to_owned(), ..disk() }), None);
    }

    #[test]
    fn every_change_of_every_rule_comes_back() {
        for rule in stock::rules() {
            for changed in [
                rule.clone(),
                Rule { enabled: false, ..rule.clone() },
                Rule { summary: String::new(), action: "Run.".to_owned(), ..rule.clone() },
                Rule {
                    matchers: Vec::new(),
                    labels: Default::default(),
                    subject_label: None,
                    ..rule.clone()
                },
                Rule { for_seconds: 0, keep_firing_seconds: 7, recovery: None, ..rule.clone() },
                Rule { ends_when_gone: false, phrase: None, absent_seconds: Some(30), ..rule.clone() },
            ] {
                let text = serde_json::to_string(&Differences::of(&changed).unwrap()).unwrap();
                let read: Differences = serde_json::from_str(&text).unwrap();
                assert_eq!(read.apply().unwrap(), changed, "{text}");
            }
        }
    }

    #[test]
    fn what_cannot_be_a_rule_says_why() {
        for (text, expected) in [
            (json!({ "id": "other" }), "the program comes with no rule \"other\""),
            (json!({ "id": "disk", "set": { "for": 3 } }), "it is no rule: unknown field `for`"),
            (json!({ "id": "disk", "unset": ["metric"] }), "it is no rule: missing field `metric`"),
            (json!({ "id": "disk", "set": { "recovery": 0.99 } }), "rule \"disk\": recovery: it is 0.99"),
        ] {
            let differences: Differences = serde_json::from_value(text.clone()).unwrap();
            let error = differences.apply().unwrap_err().to_string();
            assert!(error.starts_with(expected), "{text}: {error}");
        }
    }

    #[test]
    fn what_somebody_writes_of_a_stock_rule_is_what_differs_and_of_others_all() {
        let Value::Object(fields) = json!({ "warning": 0.8, "recovery": null }) else { unreachable!() };
        let rule = with_fields("disk", fields.clone()).unwrap();
        assert_eq!(rule, Rule { warning: Some(0.8), recovery: None, ..disk() });
        let error = with_fields("own", fields).unwrap_err().to_string();
        assert!(error.contains("missing field `name`"), "{error}");
    }
}
