//! What an alert says.

use crate::machine::State;
use crate::{Phase, Rule};
use watchglass_model::{Unit, format};

/// What is said of an alert of `rule` in that state, about one `subject` of several (empty where there is one). `level` and
/// the value are in `unit`.
pub(crate) fn message(
    rule: &Rule,
    subject: &str,
    state: &State,
    level: Option<f64>,
    unit: Unit,
    reason: Option<&str>,
) -> String {
    let is_over = state.phase == Some(Phase::Resolved);
    let mut text = match (&rule.phrase, level, state.value) {
        _ if is_over && state.silent => format!("{} gives no data any more", topic(rule, subject)),
        (Some(phrase), _, _) if state.missing.is_none() => {
            let again = if is_over { " no longer" } else { "" };
            format!("{} {phrase}{again}", if subject.is_empty() { &rule.name } else { subject })
        }
        (_, Some(level), Some(value)) => {
            let was = if rule.comparison.is_beyond(value, level) { "" } else { "was " };
            let (what, word) = (topic(rule, subject), rule.comparison.word());
            let (value, level) = (unit.text(value), unit.text(level));
            match state.missing {
                None => format!("{what} is {value}, {was}{word} {level}"),
                Some(_) if !state.silent => {
                    format!("{what} is not known yet; it was {value}, {was}{word} {level}")
                }
                Some(missing) => {
                    let age = format::age(missing);
                    format!("{what} has given no data for {age}; it was {value}, {was}{word} {level}")
                }
            }
        }
        _ => match state.missing {
            Some(missing) => {
                format!("{} has given no data for {}", topic(rule, subject), format::age(missing))
            }
            None => format!("{} gives data{}", topic(rule, subject), if is_over { " again" } else { "" }),
        },
    };
    if let Some(reason) = reason.filter(|_| !is_over) {
        text.push_str(": ");
        text.push_str(reason);
    }
    text
}

fn topic(rule: &Rule, subject: &str) -> String {
    if subject.is_empty() { rule.name.clone() } else { format!("{} of {subject}", rule.name) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Comparison;

    #[test]
    fn says_what_where_how_much_and_from_where_on() {
        let level = Rule { warning: Some(0.9), ..Rule::new("disk", "Use of the file system", "m", "disk") };
        let below = Rule { comparison: Comparison::Below, ..level.clone() };
        let phrase = Rule { phrase: Some("is down".to_owned()), ..level.clone() };
        let absence = Rule { warning: None, ..level.clone() };
        let state = |phase, value, missing| {
            let mut state = State::default();
            (state.phase, state.value, state.missing) = (Some(phase), value, missing);
            state.silent = missing.is_some();
            state
        };
        let firing = |value, missing| state(Phase::Firing, value, missing);
        let over = |value| state(Phase::Resolved, value, None);
        let mut filling = firing(Some(0.93), Some(300_000));
        filling.silent = false;
        for (rule, subject, state, reason, expected) in [
            (
                &level,
                "/",
                firing(Some(0.93), None),
                None,
                "Use of the file system of / is 93.0 %, above 90.0 %",
            ),
            (&level, "", over(Some(0.5)), Some("x"), "Use of the file system is 50.0 %, was above 90.0 %"),
            (
                &level,
                "/",
                firing(Some(0.93), Some(300_000)),
                None,
                "Use of the file system of / has given no data for 5 min; it was 93.0 %, above 90.0 %",
            ),
            (
                &level,
                "",
                filling,
                None,
                "Use of the file system is not known yet; it was 93.0 %, above 90.0 %",
            ),
            (&below, "", firing(Some(0.5), None), None, "Use of the file system is 50.0 %, below 90.0 %"),
            (&phrase, "redis:a", firing(Some(0.0), None), Some("refused"), "redis:a is down: refused"),
            (&phrase, "redis:a", over(Some(1.0)), None, "redis:a is down no longer"),
            (
                &absence,
                "/",
                firing(None, Some(9000)),
                None,
                "Use of the file system of / has given no data for 9 s",
            ),
            (
                &phrase,
                "app:shop",
                state(Phase::Resolved, Some(0.0), Some(0)),
                None,
                "Use of the file system of app:shop gives no data any more",
            ),
            (&absence, "/", over(Some(0.5)), None, "Use of the file system of / gives data again"),
        ] {
            let text = message(rule, subject, &state, rule.warning, Unit::Ratio, reason);
            assert_eq!(text.replace('\u{a0}', " "), expected);
        }
    }
}
