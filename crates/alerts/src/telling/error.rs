//! What is wrong with a field, where it is, and what would be right; and the checks that several fields share.

use std::fmt::Display;

/// A field that can't be used. Reads `routes[1].matchers[0].value: "(" is no regular expression (unclosed group); …`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {wrong}; {right}")]
pub struct FieldError {
    /// Where: the path to the field.
    pub field: String,
    /// What was wrong.
    pub wrong: String,
    /// What would be right.
    pub right: String,
}

impl FieldError {
    pub(super) fn new(field: impl Display, wrong: impl Display, right: impl Display) -> Self {
        Self { field: field.to_string(), wrong: wrong.to_string(), right: right.to_string() }
    }

    /// The same error, seen from one level higher.
    pub(super) fn within(mut self, parent: impl Display) -> Self {
        self.field = format!("{parent}.{}", self.field);
        self
    }
}

/// A text of `least` to `most` characters on one line.
pub(super) fn text(field: &str, value: &str, least: usize, most: usize) -> Result<(), FieldError> {
    let right = || format!("{least} to {most} characters on one line are right");
    let count = value.chars().count();
    if value.chars().any(char::is_control) {
        return Err(FieldError::new(field, "it has a line break or another control character", right()));
    }
    if count < least || count > most || (least > 0 && value.trim().is_empty()) {
        return Err(FieldError::new(field, format!("it has {count} characters"), right()));
    }
    Ok(())
}

/// The name of a thing that others refer to: 1 to 64 letters, digits, `-`, `_` and `.`.
pub(super) fn name(field: &str, value: &str) -> Result<(), FieldError> {
    let sign = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=64).contains(&value.len()) && value.bytes().all(sign) {
        return Ok(());
    }
    let shown: String = value.chars().take(80).collect();
    Err(FieldError::new(
        field,
        format!("{shown:?} is no name"),
        "1 to 64 letters, digits, -, _ and . are one",
    ))
}

/// No more than `most` of them.
pub(super) fn count(field: &str, there_are: usize, most: usize) -> Result<(), FieldError> {
    if there_are <= most {
        return Ok(());
    }
    Err(FieldError::new(field, format!("there are {there_are}"), format!("at most {most} can be")))
}

/// A duration of `least` to `most` seconds.
pub(super) fn seconds(field: &str, value: u32, least: u32, most: u32) -> Result<(), FieldError> {
    if (least..=most).contains(&value) {
        return Ok(());
    }
    let right = format!("{least} to {most} seconds are right");
    Err(FieldError::new(field, format!("it is {value} seconds"), right))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_the_field_what_was_wrong_and_what_would_be_right() {
        for (result, expected) in [
            (text("who", "", 1, 100), "who: it has 0 characters; 1 to 100 characters on one line are right"),
            (
                text("who", "  ", 1, 100),
                "who: it has 2 characters; 1 to 100 characters on one line are right",
            ),
            (
                text("why", "a\nb", 0, 9),
                "why: it has a line break or another control character; 0 to 9 characters on one line are right",
            ),
            (name("id", "a b"), "id: \"a b\" is no name; 1 to 64 letters, digits, -, _ and . are one"),
            (count("matchers", 11, 10), "matchers: there are 11; at most 10 can be"),
            (
                seconds("group_wait_seconds", 99, 0, 60),
                "group_wait_seconds: it is 99 seconds; 0 to 60 seconds are right",
            ),
        ] {
            assert_eq!(result.unwrap_err().to_string(), expected);
        }
        let nested = name("value", "").unwrap_err().within("matchers[0]").within("routes[1]");
        assert_eq!(nested.field, "routes[1].matchers[0].value");
        assert_eq!((text("who", "Ann", 1, 100), name("id", "night-2.a_B")), (Ok(()), Ok(())));
    }
}
