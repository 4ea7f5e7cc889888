//! Renamed fields of a rule. JSON that is written keeps the stored names, because files, other servers and API clients
//! know them; JSON that is read may have either.

use serde_json::{Map, Value};
use watchglass_json::JsonError;

/// Fields by their name in the configuration file, with the name in stored JSON, which is also their former name in the
/// configuration file.
pub const RENAMED_FIELDS: [(&str, &str); 5] = [
    ("no_data_seconds", "absent_seconds"),
    ("no_data_severity", "absent_severity"),
    ("resolve_when_gone", "ends_when_gone"),
    ("message", "phrase"),
    ("next_steps", "action"),
];

/// The name of a field in stored JSON.
pub(crate) fn stored_name(name: &str) -> &str {
    RENAMED_FIELDS.iter().find(|(current, _)| *current == name).map_or(name, |(_, stored)| stored)
}

/// The fields by their stored names, so that they can be merged with those of another rule.
///
/// # Errors
/// A field is there under both of its names.
pub(crate) fn by_stored_name(fields: Map<String, Value>) -> Result<Map<String, Value>, JsonError> {
    if let Some((current, stored)) = RENAMED_FIELDS
        .iter()
        .find(|(current, stored)| fields.contains_key(*current) && fields.contains_key(*stored))
    {
        let message =
            format!("`{current}` and its former name `{stored}` are both set: set only `{current}`");
        return Err(serde::de::Error::custom(message));
    }
    Ok(fields.into_iter().map(|(name, value)| (stored_name(&name).to_owned(), value)).collect())
}

/// The names of `fields` that [`by_stored_name`] replaces, each with the stored name.
pub(crate) fn renamed(fields: &Map<String, Value>) -> Vec<(&'static str, &'static str)> {
    RENAMED_FIELDS.into_iter().filter(|(current, _)| fields.contains_key(*current)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Rule;
    use crate::builtin::{RuleOverride, merge_fields};
    use serde_json::json;

    fn object(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    fn changes() -> [Map<String, Value>; 2] {
        [
            object(
                json!({ "absent_seconds": 30, "absent_severity": "critical", "phrase": "is low", "action": "Run." }),
            ),
            object(
                json!({ "no_data_seconds": 30, "no_data_severity": "critical", "message": "is low", "next_steps": "Run." }),
            ),
        ]
    }

    #[test]
    fn both_names_of_a_field_are_read_and_the_stored_name_is_written() {
        let whole = json!({ "id": "own", "name": "Own", "metric": "m", "component": "c", "warning": 1.0 });
        let gone = [("ends_when_gone", "up"), ("resolve_when_gone", "up")].map(|(name, metric)| {
            let mut fields = object(whole.clone());
            fields.insert("metric".to_owned(), metric.into());
            fields.insert(name.to_owned(), true.into());
            fields
        });
        let rest = changes().map(|changes| object(whole.clone()).into_iter().chain(changes).collect());
        for [former, current] in [gone, rest] {
            let rules = [former.clone(), current].map(|fields| {
                let read: Rule = serde_json::from_value(Value::Object(fields.clone())).unwrap();
                assert_eq!(merge_fields("own", fields).unwrap(), read);
                read
            });
            assert_eq!(rules[0], rules[1]);
            let written = object(serde_json::to_value(&rules[1]).unwrap());
            assert!(former.iter().all(|(name, value)| written.get(name) == Some(value)), "{written:?}");
            assert!(!written.keys().any(|name| stored_name(name) != name), "{written:?}");
        }
    }

    #[test]
    fn builtin_rules_are_changed_by_either_name() {
        let [former, current] = changes();
        let rule = merge_fields("disk", former.clone()).unwrap();
        assert_eq!((rule.no_data_seconds, rule.message.as_deref()), (Some(30), Some("is low")));
        assert_eq!(merge_fields("disk", current.clone()).unwrap(), rule);
        for set in [former, current] {
            let read = RuleOverride { id: "disk".to_owned(), set, unset: Vec::new() };
            assert_eq!(read.apply().unwrap(), rule);
        }
        for unset in ["action", "next_steps"] {
            let read = RuleOverride { id: "disk".to_owned(), set: Map::new(), unset: vec![unset.to_owned()] };
            assert_eq!(read.apply().unwrap().next_steps, "");
        }
    }

    #[test]
    fn errors_have_the_name_that_was_used() {
        for (name, expected) in [
            ("no_data_severity", "no_data_severity is \"page\": must be info, warning or critical"),
            ("absent_severity", "absent_severity is \"page\": must be info, warning or critical"),
        ] {
            let fields = object(json!({ name: "page", "next_steps": "Run." }));
            assert_eq!(merge_fields("disk", fields).unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn both_names_at_once_are_rejected() {
        for (current, stored) in RENAMED_FIELDS {
            let fields: Map<String, Value> =
                [current, stored].map(|name| (name.to_owned(), Value::Null)).into_iter().collect();
            let expected =
                format!("`{current}` and its former name `{stored}` are both set: set only `{current}`");
            assert_eq!(merge_fields("disk", fields.clone()).unwrap_err().to_string(), expected);
            let read = RuleOverride { id: "disk".to_owned(), set: fields.clone(), unset: Vec::new() };
            assert_eq!(read.apply().unwrap_err().to_string(), format!("invalid rule: {expected}"));
            assert!(serde_json::from_value::<Rule>(Value::Object(fields)).is_err());
        }
    }
}
