//! Structured sections of the TOML file: `[[rules]]`, custom rules and overrides of built-in rules; `[notifications]`,
//! notification routing; `[channels.NAME]`, notification channels; `[[heartbeats]]`, expected heartbeats.

use super::Settings;
use super::file::FileProblem;
use super::key_offset::{key_offset, segments};
use crate::heartbeats::{MAX_HEARTBEATS, NewHeartbeat};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use toml::Spanned;
use toml::de::{DeTable, DeValue};
use watchglass_dispatch::DispatchSettings;
use watchglass_json::PathSegment;
use watchglass_notify::{ChannelSettings, SettingsError, check_name};
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
            notifications.check().map_err(|error| {
                let at = key_offset(value.get_ref(), segments(&error.field));
                (at.or(Some(value.span().start)), format!("{NOTIFICATIONS}.{error}"))
            })?;
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
        let wrong = |error: SettingsError| {
            let at = field_offset(value, error.field);
            (at, format!("{CHANNELS}.{name}: {error}"))
        };
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
        let new: NewHeartbeat = structured(HEARTBEATS, item)?;
        new.check().map_err(|error| (field_offset(item, error.field), format!("{HEARTBEATS}.{error}")))?;
        if heartbeats.iter().any(|other| other.name == new.name) {
            return Err((
                field_offset(item, "name"),
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
        .map_err(|error| (key_offset(value.get_ref(), error.location()).or(at), format!("{name}: {error}")))
}

/// Offset of a field of a table, or of the table if it has no such field.
fn field_offset(table: &Spanned<DeValue<'_>>, field: &str) -> Option<usize> {
    key_offset(table.get_ref(), [PathSegment::Field(field)]).or(Some(table.span().start))
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
            let message = format!("{RULES}: the id {:?} is used twice: ids must be unique", rule.id);
            return Err((field_offset(item, "id"), message));
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
        (key_offset(value, error.location()), format!("{RULES}: rule {id:?}: {error}{hint}"))
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
#[path = "sections_tests.rs"]
mod tests;
