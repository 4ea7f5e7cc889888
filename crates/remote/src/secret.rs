//! A password: it can be used, and cannot be shown.

use crate::one_line;
use std::fmt;

/// The most characters of a server's words that are passed on.
const MOST_WORDS: usize = 200;

/// A password, or that there is none.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Secret(Option<String>);

impl Secret {
    /// A password; an empty one is none.
    pub fn new(password: Option<&str>) -> Self {
        Self(password.filter(|password| !password.is_empty()).map(str::to_owned))
    }

    /// The password itself, for the server it belongs to and for nobody else.
    pub fn reveal(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// The words of a server, on one line, not too many, and without this password should they contain it.
    pub fn scrub(&self, words: &str) -> String {
        match &self.0 {
            Some(password) => one_line(&words.replace(password, "…"), MOST_WORDS),
            None => one_line(words, MOST_WORDS),
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
    fn without_a_password_words_stay() {
        assert_eq!(Secret::new(None).scrub("no\nentry"), "no entry");
        assert_eq!(Secret::new(Some("")).scrub("no entry"), "no entry");
    }

    proptest! {
        #[test]
        fn a_password_is_never_shown(
            password in "[a-zA-Z0-9!@:/?#]{3,20}",
            before in "[ -~]{0,150}",
            after in "[ -~]{0,150}",
        ) {
            let secret = Secret::new(Some(&password));
            let shown = secret.scrub(&format!("{before}{password}{after}"));
            prop_assert!(!shown.contains(&password), "{shown}");
            let debug = format!("{secret:?}");
            prop_assert_eq!(debug, "Secret(…)");
        }
    }
}
