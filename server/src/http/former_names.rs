//! Fields of request bodies that were renamed: both names are read.

use super::{ApiError, bad_request};

/// Value of a field by its name or its former name.
///
/// # Errors
/// Both are set.
pub(crate) fn optional(
    (name, value): (&str, Option<String>),
    (former, former_value): (&str, Option<String>),
) -> Result<Option<String>, ApiError> {
    if value.is_some() && former_value.is_some() {
        let message = format!("`{name}` and its former name `{former}` are both set: set only `{name}`");
        return Err(bad_request(message));
    }
    Ok(value.or(former_value))
}

/// Value of a required field by its name or its former name.
///
/// # Errors
/// None or both are set.
pub(crate) fn required(
    current: (&str, Option<String>),
    former: (&str, Option<String>),
) -> Result<String, ApiError> {
    let name = current.0;
    optional(current, former)?.ok_or_else(|| bad_request(format!("Missing field `{name}`")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn either_name_is_read_but_not_both() {
        let some = |text: &str| Some(text.to_owned());
        for (current, former, expected) in [
            (some("a"), None, Ok("a")),
            (None, some("b"), Ok("b")),
            (None, None, Err("Missing field `author`")),
            (some("a"), some("b"), Err("set only `author`")),
        ] {
            match (required(("author", current), ("who", former)), expected) {
                (Ok(found), Ok(expected)) => assert_eq!(found, expected),
                (Err(error), Err(expected)) => assert!(error.message().contains(expected), "{error:?}"),
                (found, expected) => panic!("{found:?}, not {expected:?}"),
            }
        }
    }
}
