//! Message text of an alert.

use crate::alert_state::AlertState;
use crate::{Comparison, Phase, Rule};
use watchglass_model::{Unit, format, visible};

/// Message of an alert of `rule` in `state` about `subject` (empty if the rule has none). `level` and the value are in
/// `unit`. Example: `Disk almost full on /: 93.0 % (limit 90.0 %)`.
pub(crate) fn message(
    rule: &Rule,
    subject: &str,
    state: &AlertState,
    level: Option<f64>,
    unit: Unit,
    reason: Option<&str>,
) -> String {
    let is_resolved = state.phase == Some(Phase::Resolved);
    let mut text = match (&rule.message, level, state.value) {
        _ if is_resolved && state.removed => format!("{}: no longer exists", topic(rule, subject)),
        _ if is_resolved && state.silent => format!("{}: no longer reported", topic(rule, subject)),
        (Some(message), _, _) if state.missing.is_none() => {
            let end = if is_resolved { " (resolved)" } else { "" };
            format!("{} {message}{end}", if subject.is_empty() { &rule.name } else { subject })
        }
        (_, Some(level), Some(value)) => {
            // A resolved alert can still be beyond the threshold that it passed, if that has changed since.
            let is_beyond = !is_resolved && rule.comparison.is_beyond(value, level);
            let word = match (is_beyond, rule.comparison) {
                (true, Comparison::Above) => "limit",
                (true, Comparison::Below) => "minimum",
                (false, Comparison::Above) => "was above",
                (false, Comparison::Below) => "was below",
            };
            let what = topic(rule, subject);
            let (value, level) = (unit.format(value), unit.format(level));
            match state.missing {
                None => format!("{what}: {value} ({word} {level})"),
                Some(_) if !state.silent => {
                    format!("{what}: no value yet (last {value}, {word} {level})")
                }
                Some(missing) => {
                    let age = format::age(missing);
                    format!("{what}: no data for {age} (last {value}, {word} {level})")
                }
            }
        }
        _ => match state.missing {
            Some(missing) => {
                format!("{}: no data for {}", topic(rule, subject), format::age(missing))
            }
            None if is_resolved => format!("{}: data received again", topic(rule, subject)),
            None => format!("{}: data received", topic(rule, subject)),
        },
    };
    if let Some(reason) = reason.filter(|_| !is_resolved) {
        text.push_str(": ");
        text.push_str(reason);
    }
    // Names of rules and subjects come from outside.
    visible(&text).into_owned()
}

fn topic(rule: &Rule, subject: &str) -> String {
    if subject.is_empty() { rule.name.clone() } else { format!("{} on {subject}", rule.name) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_characters_are_escaped() {
        let rule = Rule { warning: Some(0.9), ..Rule::new("disk", "Disk\u{202e} full", "m", "disk") };
        let mut state = AlertState::default();
        (state.phase, state.value) = (Some(Phase::Firing), Some(0.93));
        let text = message(&rule, "/u\u{202e}d", &state, rule.warning, Unit::Ratio, None);
        assert!(text.starts_with("Disk\\u{202e} full on /u\\u{202e}d: 93.0"), "{text}");
    }

    #[test]
    fn message_has_name_subject_value_and_threshold() {
        let level = Rule { warning: Some(0.9), ..Rule::new("disk", "Disk almost full", "m", "disk") };
        let below = Rule { comparison: Comparison::Below, ..level.clone() };
        let with_message = Rule { message: Some("is down".to_owned()), ..level.clone() };
        let absence = Rule { warning: None, ..level.clone() };
        let state = |phase, value, missing| {
            let mut state = AlertState::default();
            (state.phase, state.value, state.missing) = (Some(phase), value, missing);
            state.silent = missing.is_some();
            state
        };
        let firing = |value, missing| state(Phase::Firing, value, missing);
        let resolved = |value| state(Phase::Resolved, value, None);
        let mut filling = firing(Some(0.93), Some(300_000));
        filling.silent = false;
        for (rule, subject, state, reason, expected) in [
            (&level, "/", firing(Some(0.93), None), None, "Disk almost full on /: 93.0 % (limit 90.0 %)"),
            (&level, "", resolved(Some(0.5)), Some("x"), "Disk almost full: 50.0 % (was above 90.0 %)"),
            (
                &level,
                "/",
                firing(Some(0.93), Some(300_000)),
                None,
                "Disk almost full on /: no data for 5 min (last 93.0 %, limit 90.0 %)",
            ),
            (&level, "", filling, None, "Disk almost full: no value yet (last 93.0 %, limit 90.0 %)"),
            (&below, "", firing(Some(0.5), None), None, "Disk almost full: 50.0 % (minimum 90.0 %)"),
            (&with_message, "redis:a", firing(Some(0.0), None), Some("refused"), "redis:a is down: refused"),
            (&with_message, "redis:a", resolved(Some(1.0)), None, "redis:a is down (resolved)"),
            (&absence, "/", firing(None, Some(9000)), None, "Disk almost full on /: no data for 9 s"),
            (
                &with_message,
                "app:shop",
                state(Phase::Resolved, Some(0.0), Some(0)),
                None,
                "Disk almost full on app:shop: no longer reported",
            ),
            (&absence, "/", resolved(Some(0.5)), None, "Disk almost full on /: data received again"),
        ] {
            let text = message(rule, subject, &state, rule.warning, Unit::Ratio, reason);
            assert_eq!(text.replace('\u{a0}', " "), expected);
        }
    }
}
