//! Names of users and tokens.

use thiserror::Error;

/// Maximum bytes of a name.
const MAX_NAME: usize = 64;

/// Invalid name.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Invalid user name.
    #[error("invalid user name {0:?}: use 1 to 64 letters a to z, digits and any of .-_@")]
    User(String),
    /// Invalid token name.
    #[error(
        "invalid token name {0:?}: use 1 to 64 bytes, without control characters and without spaces at the ends"
    )]
    Token(String),
}

/// Normalises a user name to lower case, so that names are unique regardless of case.
///
/// # Errors
/// The name is empty, longer than 64 bytes, or has other characters than letters a to z, digits and `.-_@`.
pub fn normalise_user_name(text: &str) -> Result<String, NameError> {
    let is_valid = (1..=MAX_NAME).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_@".contains(&byte));
    if is_valid { Ok(text.to_ascii_lowercase()) } else { Err(NameError::User(truncated(text))) }
}

/// Validates a token name.
///
/// # Errors
/// The name is empty, longer than 64 bytes, or has control characters or spaces at its ends.
pub fn check_token_name(text: &str) -> Result<(), NameError> {
    let is_valid =
        (1..=MAX_NAME).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control);
    if is_valid { Ok(()) } else { Err(NameError::Token(truncated(text))) }
}

fn truncated(text: &str) -> String {
    text.chars().take(MAX_NAME + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn user_names_are_restricted_and_lower_case() {
        for (text, name) in
            [("admin", "admin"), ("Ada", "ada"), ("a.b-c_d@e.org", "a.b-c_d@e.org"), ("7", "7")]
        {
            assert_eq!(normalise_user_name(text).as_deref(), Ok(name));
        }
        let long = "a".repeat(65);
        for text in ["", " ", "a b", "ä", "a/b", "a\n", "<a>", &long] {
            let error = normalise_user_name(text).unwrap_err().to_string();
            assert!(error.contains("1 to 64"), "{error}");
        }
    }

    #[test]
    fn token_names_are_single_line() {
        for text in ["ci", "The shop's reports", "über", &"a".repeat(64)] {
            assert_eq!(check_token_name(text), Ok(()));
        }
        for text in ["", " a", "a ", "a\nb", "\u{7f}", &"a".repeat(65)] {
            assert!(check_token_name(text).is_err(), "{text:?}");
        }
    }
}
