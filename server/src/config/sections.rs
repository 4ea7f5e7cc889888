//! Structured sections of the TOML file: `[[rules]]`, custom rules and overrides of built-in rules; `[notifications]`,
//! notification routing; `[channels.NAME]`, notification channels; `[[heartbeats]]`, expected heartbeats.

use super::Settings;
use super::file::FileProblem;
use crate::heartbeats::{MAX_HEARTBEATS, NewHeartbeat};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use watchglass_dispatch::DispatchSettings;
use watchglass_json::JsonError;
use watchglass_notify::{ChannelSettings, check_name};
use watchglass_rules::{Rule, builtin};

/// Alert rules.
const RULES: &str = "rules";
/// Notification routing.
const NOTIFICATIONS: &str = "notifications";
/// Notification channels.
const CHANNELS: &str = "channels";
/// Expected heartbeats.
const HEARTBEATS: &str = "heartbeats";
/// The names of these sections.
pub(super) const SECTIONS: [&str; 4] = [CHANNELS, RULES, NOTIFICATIONS, HEARTBEATS];
/// The most channels in a file.
const MAX_CHANNELS: usize = 50;
/// The most rules in a file.
const MAX_RULES: usize = 500;
/// Maximum nesting depth: a list of routes, a route, its matchers, a matcher.
const MAX_DEPTH: u32 = 8;

/// Applies the section `name`.
///
/// # Errors
/// Offset of the error, and the accepted form.
pub(super) fn apply(
    name: &str,
    value: &Spanned<DeValue<'_>>,
    settings: &mut Settings,
) -> Result<(), FileProblem> {
    match name {
        RULES => settings.rules = read(value)?,
        HEARTBEATS => settings.heartbeats = heartbeats(value)?,
        NOTIFICATIONS => {
            let notifications: DispatchSettings = structured(NOTIFICATIONS, value)?;
            notifications
                .check()
                .map_err(|error| (Some(value.span().start), format!("{NOTIFICATIONS}.{error}")))?;
            settings.notifications = notifications;
        }
        _ => settings.channels = channels(value)?,
    }
    Ok(())
}

fn channels(value: &Spanned<DeValue<'_>>) -> Result<BTreeMap<String, ChannelSettings>, FileProblem> {
    let DeValue::Table(table) = value.get_ref() else {
        let message = format!("{CHANNELS} must be tables: write [{CHANNELS}.NAME] before each");
        return Err((Some(value.span().start), message));
    };
    if table.len() > MAX_CHANNELS {
        let message = format!("there are {} {CHANNELS}: at most {MAX_CHANNELS} are allowed", table.len());
        return Err((Some(value.span().start), message));
    }
    let channel = |(name, value): (&Spanned<_>, &Spanned<DeValue<'_>>)| {
        let name: &std::borrow::Cow<'_, str> = name.get_ref();
        let wrong = |error| (Some(value.span().start), format!("{CHANNELS}.{name}: {error}"));
        check_name(name).map_err(wrong)?;
        let settings: ChannelSettings = structured(&format!("{CHANNELS}.{name}"), value)?;
        settings.check().map_err(wrong)?;
        Ok((name.to_string(), settings))
    };
    table.iter().map(channel).collect()
}

fn heartbeats(value: &Spanned<DeValue<'_>>) -> Result<Vec<NewHeartbeat>, FileProblem> {
    let mut heartbeats: Vec<NewHeartbeat> = Vec::new();
    for item in tables(HEARTBEATS, MAX_HEARTBEATS, value)? {
        let at = Some(item.span().start);
        let new: NewHeartbeat = structured(HEARTBEATS, item)?;
        new.check().map_err(|error| (at, format!("{HEARTBEATS}.{error}")))?;
        if heartbeats.iter().any(|other| other.name == new.name) {
            return Err((
                at,
                format!("{HEARTBEATS}: the name {:?} is used twice: names must be unique", new.name),
            ));
        }
        heartbeats.push(new);
    }
    Ok(heartbeats)
}

/// Items of a list of at most `limit` tables.
fn tables<'v, 'a>(
    name: &str,
    limit: usize,
    value: &'v Spanned<DeValue<'a>>,
) -> Result<&'v [Spanned<DeValue<'a>>], FileProblem> {
    let error = |message: String| (Some(value.span().start), message);
    let DeValue::Array(items) = value.get_ref() else {
        return Err(error(format!("{name} must be a list of tables: write [[{name}]] before each")));
    };
    if items.len() > limit {
        return Err(error(format!("there are {} {name}: at most {limit} are allowed", items.len())));
    }
    match items.iter().find(|item| !item.get_ref().is_table()) {
        Some(item) => {
            Err((Some(item.span().start), format!("{name} must be tables: write [[{name}]] before each")))
        }
        None => Ok(items),
    }
}

fn structured<T: DeserializeOwned>(name: &str, value: &Spanned<DeValue<'_>>) -> Result<T, FileProblem> {
    let at = Some(value.span().start);
    let json = to_json(value.get_ref(), MAX_DEPTH).map_err(|what| (at, format!("{name}: {what}")))?;
    watchglass_json::from_value(&json)
        .map_err(|error| (invalid_key(value.get_ref(), &error).or(at), format!("{name}: {error}")))
}

/// Offset of the key that a deserialization error is about: the error itself has no position, because the value was
/// converted to JSON first.
fn invalid_key(value: &DeValue<'_>, error: &JsonError) -> Option<usize> {
    find_key(value, error.unknown_field().or_else(|| error.outermost_field())?)
}

fn find_key(value: &DeValue<'_>, name: &str) -> Option<usize> {
    match value {
        DeValue::Table(table) => {
            let own = table.iter().find(|(key, _)| &**key.get_ref() == name).map(|(key, _)| key.span().start);
            own.or_else(|| table.iter().find_map(|(_, value)| find_key(value.get_ref(), name)))
        }
        DeValue::Array(items) => items.iter().find_map(|item| find_key(item.get_ref(), name)),
        _ => None,
    }
}

/// Parses the rules of a file. A rule with the id of a built-in rule needs only the fields that differ.
///
/// # Errors
/// Offset of the error, and the accepted form.
fn read(value: &Spanned<DeValue<'_>>) -> Result<Vec<Rule>, FileProblem> {
    let mut rules: Vec<Rule> = Vec::new();
    for item in tables(RULES, MAX_RULES, value)? {
        let at = Some(item.span().start);
        let DeValue::Table(table) = item.get_ref() else { continue };
        let rule = read_one(item.get_ref(), table).map_err(|(inner, message)| (inner.or(at), message))?;
        if rules.iter().any(|other| other.id == rule.id) {
            return Err((at, format!("{RULES}: the id {:?} is used twice: ids must be unique", rule.id)));
        }
        rules.push(rule);
    }
    Ok(rules)
}

fn read_one(value: &DeValue<'_>, table: &DeTable<'_>) -> Result<Rule, FileProblem> {
    let Some(id) = table.get("id").and_then(|id| id.get_ref().as_str()) else {
        return Err((None, format!("{RULES}: a rule needs an id, a string such as \"disk\"")));
    };
    let mut fields = Map::new();
    for (key, value) in table {
        let at = Some(value.span().start);
        let value = to_json(value.get_ref(), MAX_DEPTH)
            .map_err(|what| (at, format!("{RULES}.{}: {what}", key.get_ref())))?;
        fields.insert(key.get_ref().to_string(), value);
    }
    let rule = builtin::merge_fields(id, fields).map_err(|error| {
        let is_custom = error.is_missing_field() && builtin::find(id).is_none();
        let hint = if is_custom { "; it is not the id of a built-in rule" } else { "" };
        (invalid_key(value, &error), format!("{RULES}: rule {id:?}: {error}{hint}"))
    })?;
    rule.check().map_err(|error| {
        let at = table.get(error.field).map(|value| value.span().start);
        (at, format!("{RULES}.{}: {error}", error.field))
    })?;
    Ok(rule)
}

fn to_json(value: &DeValue<'_>, depth: u32) -> Result<Value, String> {
    let Some(depth) = depth.checked_sub(1) else { return Err("it is nested too deeply".to_owned()) };
    Ok(match value {
        DeValue::String(text) => Value::String(text.to_string()),
        DeValue::Boolean(value) => Value::Bool(*value),
        DeValue::Integer(number) => {
            let number: i64 = number.to_string().parse().map_err(|_| "the number is too large".to_owned())?;
            number.into()
        }
        DeValue::Float(number) => {
            let number: f64 = number.to_string().parse().map_err(|_| "it is not a number".to_owned())?;
            serde_json::Number::from_f64(number).ok_or("the number must be finite")?.into()
        }
        DeValue::Array(items) => {
            let items = items.iter().map(|item| to_json(item.get_ref(), depth));
            Value::Array(items.collect::<Result<_, _>>()?)
        }
        DeValue::Table(table) => {
            let fields = table
                .iter()
                .map(|(key, value)| Ok((key.get_ref().to_string(), to_json(value.get_ref(), depth)?)));
            Value::Object(fields.collect::<Result<_, String>>()?)
        }
        DeValue::Datetime(_) => return Err("dates are not supported".to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_rules::Severity;

    fn rules(text: &str) -> Result<Vec<Rule>, FileProblem> {
        let table = DeTable::parse(text).unwrap();
        read(table.get_ref().get(RULES).unwrap())
    }

    #[test]
    fn built_in_rules_need_only_the_fields_that_differ() {
        let rules =
            rules("[[rules]]\nid = 'disk'\nwarning = 0.8\nrecovery = 0.75\n[rules.labels]\nteam = 'ops'")
                .unwrap();
        let builtin = builtin::rules().into_iter().find(|rule| rule.id == "disk").unwrap();
        assert_eq!(rules[0].labels.get("team"), Some("ops"));
        let expected =
            Rule { warning: Some(0.8), recovery: Some(0.75), labels: rules[0].labels.clone(), ..builtin };
        assert_eq!(rules, [expected]);
    }

    #[test]
    fn custom_rules_have_all_fields() {
        let text = "[[rules]]\nid = 'queue'\nname = 'The queue'\nmetric = 'queue_length'\ncomponent = 'queue'\ncritical = 100\n\
                    for_seconds = 60\n[[rules.matchers]]\nlabel = 'queue'\noperator = '='\nvalue = 'mail'";
        let [rule] = &rules(text).unwrap()[..] else { panic!() };
        assert_eq!((rule.threshold(Severity::Critical), rule.for_seconds), (Some(100.0), 60));
        assert_eq!(rule.matchers[0].value, "mail");
    }

    #[test]
    fn errors_have_their_line() {
        for (text, line, expected) in [
            ("rules = 3", 1, "must be a list of tables"),
            ("rules = [3]", 1, "must be tables"),
            ("[[rules]]\nname = 'x'", 1, "needs an id"),
            ("[[rules]]\nid = 'x'", 1, "name is missing; it is not the id of a built-in rule"),
            ("[[rules]]\nid = 'disk'\nfor = 3", 3, "unknown field for: known are id, name"),
            (
                "[[rules]]\nid = 'disk'\n[[rules.matchers]]\nlabel = 'a'\nequal = 'b'",
                5,
                "unknown field matchers[0].equal: known are label",
            ),
            ("[[rules]]\nid = 'disk'\nwarning = 'a'", 3, "warning is \"a\": must be a number"),
            ("[[rules]]\nid = 'disk'\n\nwarning = inf", 4, "rules.warning: the number must be finite"),
            ("[[rules]]\nid = 'disk'\n\nfor_seconds = 100000", 4, "rules.for_seconds: rule \"disk\""),
            ("[[rules]]\nid = 'disk'\n[[rules]]\nid = 'disk'", 3, "is used twice"),
            ("[[rules]]\nid = 'disk'\nlabels = [[[[[[[[1]]]]]]]]", 3, "nested too deeply"),
        ] {
            let (at, message) = rules(text).unwrap_err();
            let found = at.map(|at| text[..at].matches('\n').count() + 1);
            assert!(message.contains(expected), "{text:?}: {message}");
            assert_eq!(found, Some(line), "{text:?}: {message}");
        }
    }

    #[test]
    fn heartbeats_have_a_name_and_a_schedule() {
        let read = |text: &str| {
            let table = DeTable::parse(text).unwrap();
            heartbeats(table.get_ref().get(HEARTBEATS).unwrap())
                .map_err(|(at, message)| (at.map(|at| text[..at].matches('\n').count() + 1), message))
        };
        let text = "[[heartbeats]]\nname = 'backup'\nperiod = '1d'\ngrace = '1h'\n\
                    [[heartbeats]]\nname = 'cron'\nperiod = 60";
        assert_eq!(read(text).unwrap().len(), 2);
        for (text, line, expected) in [
            ("heartbeats = 3", 1, "must be a list of tables"),
            ("heartbeats = [3]", 1, "must be tables"),
            ("[[heartbeats]]\nperiod = 60", 1, "heartbeats: name is missing"),
            ("[[heartbeats]]\nname = 'a'\nperiod = 1.5", 3, "use a duration such as"),
            (
                "[[heartbeats]]\nname = 'a'\nperiod = 60\ngraze = 1",
                4,
                "unknown field graze: known are name, period or grace",
            ),
            ("[[heartbeats]]\nname = 'A'\nperiod = 60", 1, "heartbeats.name: \"A\" must be 1 to 64"),
            ("[[heartbeats]]\nname = 'a'\nperiod = 'x'", 1, "heartbeats.period: \"x\" must be"),
            (
                "[[heartbeats]]\nname = 'a'\nperiod = 1\n[[heartbeats]]\nname = 'a'\nperiod = 1",
                4,
                "used twice",
            ),
        ] {
            let (found, message) = read(text).unwrap_err();
            assert!(message.contains(expected), "{text:?}: {message}");
            assert_eq!(found, Some(line), "{text:?}: {message}");
        }
        let many = "[[heartbeats]]\nname = 'a'\nperiod = 1\n".repeat(101);
        assert!(read(&many).unwrap_err().1.contains("there are 101 heartbeats: at most 100"));
    }
}
