//! What people and tokens may be called.

use thiserror::Error;

/// The longest name, in bytes.
const LONGEST: usize = 64;

/// A name that cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NameError {
    /// Of a user.
    #[error("{0:?} cannot be the name of a user: it must be 1 to 64 letters a to z, digits and any of .-_@")]
    User(String),
    /// Of a token.
    #[error(
        "{0:?} cannot be the name of a token: it must be 1 to 64 bytes, without control characters and spaces at its ends"
    )]
    Token(String),
}

/// The name of a user as it is kept: in lower case, so that nobody is two people.
///
/// # Errors
/// It is empty, longer than 64 bytes, or has other characters than letters a to z, digits and `.-_@`.
pub fn user_name(text: &str) -> Result<String, NameError> {
    let fits = (1..=LONGEST).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_@".contains(&byte));
    if fits { Ok(text.to_ascii_lowercase()) } else { Err(NameError::User(shown(text))) }
}

/// Looks at the name of a token.
///
/// # Errors
/// It is empty, longer than 64 bytes, has control characters, or spaces at its ends.
pub fn check_token_name(text: &str) -> Result<(), NameError> {
    let fits =
        (1..=LONGEST).contains(&text.len()) && text.trim() == text && !text.chars().any(char::is_control);
    if fits { Ok(()) } else { Err(NameError::Token(shown(text))) }
}

fn shown(text: &str) -> String {
    text.chars().take(LONGEST + 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_users_are_few_and_in_lower_case() {
        for (text, name) in
            [("admin", "admin"), ("Ada", "ada"), ("a.b-c_d@e.org", "a.b-c_d@e.org"), ("7", "7")]
        {
            assert_eq!(user_name(text).as_deref(), Ok(name));
        }
        let long = "a".repeat(65);
        for text in ["", " ", "a b", "ä", "a/b", "a\n", "<a>", &long] {
            let error = user_name(text).unwrap_err().to_string();
            assert!(error.contains("1 to 64"), "{error}");
        }
    }

    #[test]
    fn names_of_tokens_are_texts_of_one_line() {
        for text in ["ci", "The shop's reports", "über", &"a".repeat(64)] {
            assert_eq!(check_token_name(text), Ok(()));
        }
        for text in ["", " a", "a ", "a\nb", "\u{7f}", &"a".repeat(65)] {
            assert!(check_token_name(text).is_err(), "{text:?}");
        }
    }
}
