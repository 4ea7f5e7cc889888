//! Field errors of settings and silences, and shared checks.

use std::fmt::Display;

/// An invalid field, displayed like `routes[1].matchers[0].value: invalid regular expression "(" (unclosed group);
/// expected …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}; {expected}")]
pub struct FieldError {
    /// Path of the field.
    pub field: String,
    /// What is invalid.
    pub problem: String,
    /// The accepted form.
    pub expected: String,
}

impl FieldError {
    pub(super) fn new(field: impl Display, problem: impl Display, expected: impl Display) -> Self {
        Self { field: field.to_string(), problem: problem.to_string(), expected: expected.to_string() }
    }

    /// The same error with a parent path.
    pub(super) fn within(mut self, parent: impl Display) -> Self {
        self.field = format!("{parent}.{}", self.field);
        self
    }
}

/// A text of `least` to `most` characters on one line.
pub(super) fn text(field: &str, value: &str, least: usize, most: usize) -> Result<(), FieldError> {
    let expected = || format!("expected {least} to {most} characters on one line");
    let count = value.chars().count();
    if value.chars().any(char::is_control) {
        return Err(FieldError::new(field, "contains a line break or another control character", expected()));
    }
    if count < least || count > most || (least > 0 && value.trim().is_empty()) {
        return Err(FieldError::new(field, format!("{count} characters"), expected()));
    }
    Ok(())
}

/// An identifier: 1 to 64 letters, digits, `-`, `_` and `.`.
pub(super) fn name(field: &str, value: &str) -> Result<(), FieldError> {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=64).contains(&value.len()) && value.bytes().all(sign) {
        return Ok(());
    }
    let shown: String = value.chars().take(80).collect();
    Err(FieldError::new(
        field,
        format!("invalid name {shown:?}"),
        "expected 1 to 64 letters, digits, -, _ or .",
    ))
}

/// At most `most` entries.
pub(super) fn count(field: &str, length: usize, most: usize) -> Result<(), FieldError> {
    if length <= most {
        return Ok(());
    }
    Err(FieldError::new(field, format!("too many: {length}"), format!("maximum {most}")))
}

/// A duration of `least` to `most` seconds.
pub(super) fn seconds(field: &str, value: u32, least: u32, most: u32) -> Result<(), FieldError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let expected = format!("expected {least} to {most} s");
    Err(FieldError::new(field, format!("{value} s"), expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_field_problem_and_accepted_form() {
        for (result, expected) in [
            (text("who", "", 1, 100), "who: 0 characters; expected 1 to 100 characters on one line"),
            (text("who", "  ", 1, 100), "who: 2 characters; expected 1 to 100 characters on one line"),
            (
                text("why", "a\nb", 0, 9),
                "why: contains a line break or another control character; expected 0 to 9 characters on one line",
            ),
            (name("id", "a b"), "id: invalid name \"a b\"; expected 1 to 64 letters, digits, -, _ or ."),
            (count("matchers", 11, 10), "matchers: too many: 11; maximum 10"),
            (seconds("group_wait_seconds", 99, 0, 60), "group_wait_seconds: 99 s; expected 0 to 60 s"),
        ] {
            assert_eq!(result.unwrap_err().to_string(), expected);
        }
        let nested = name("value", "").unwrap_err().within("matchers[0]").within("routes[1]");
        assert_eq!(nested.field, "routes[1].matchers[0].value");
        assert_eq!((text("who", "Ann", 1, 100), name("id", "night-2.a_B")), (Ok(()), Ok(())));
    }
}
