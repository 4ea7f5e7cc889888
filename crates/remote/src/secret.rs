//! Password that is never displayed.

use crate::one_line;
use std::fmt;

/// Maximum length of a server message, in characters.
const MAX_MESSAGE_CHARS: usize = 200;

/// Optional password.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Option<String>);

impl Secret {
    /// Wraps a password; an empty one counts as none.
    pub fn new(password: Option<&str>) -> Self {
        Self(password.filter(|password| !password.is_empty()).map(str::to_owned))
    }

    /// The plain password, only for the server it belongs to.
    pub fn reveal(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// A server message on one line, truncated, with this password replaced by an ellipsis.
    pub fn redact(&self, message: &str) -> String {
        match &self.0 {
            Some(password) => one_line(&message.replace(password, "…"), MAX_MESSAGE_CHARS),
            None => one_line(message, MAX_MESSAGE_CHARS),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "Secret(…)" } else { "Secret(none)" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn messages_without_a_password_are_unchanged() {
        assert_eq!(Secret::new(None).redact("no\nentry"), "no entry");
        assert_eq!(Secret::new(Some("")).redact("no entry"), "no entry");
    }

    proptest! {
        #[test]
        fn a_password_is_never_shown(
            password in "[a-zA-Z0-9!@:/?#]{3,20}",
            before in "[ -~]{0,150}",
            after in "[ -~]{0,150}",
        ) {
            let secret = Secret::new(Some(&password));
            let shown = secret.redact(&format!("{before}{password}{after}"));
            prop_assert!(!shown.contains(&password), "{shown}");
            let debug = format!("{secret:?}");
            prop_assert_eq!(debug, "Secret(…)");
        }
    }
}
