//! Line-based text parser whose errors name line and field.

use std::borrow::Cow;
use std::str::SplitAsciiWhitespace;

/// Parse error.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// Missing or invalid field.
    #[error("line {line}: {field} should be {expected}")]
    Field {
        /// Line number, from 1.
        line: usize,
        /// Field name.
        field: &'static str,
        /// Expected value.
        expected: &'static str,
    },
    /// The text ends without a required element.
    #[error("line {line}: unexpected end, {what} is missing")]
    Missing {
        /// Last line number, from 1.
        line: usize,
        /// Missing element.
        what: &'static str,
    },
}

/// The lines of `text`.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().zip(1..).map(|(text, number)| Line::new(number, text))
}

/// Error for a `text` without `what`.
pub(crate) fn missing(text: &str, what: &'static str) -> TextError {
    TextError::Missing { line: text.lines().count().max(1), what }
}

/// The first `max_chars` characters of `text` with U+FFFD for control characters, safe as a label value.
pub(crate) fn readable(text: &str, max_chars: usize) -> Cow<'_, str> {
    if text.len() <= max_chars && !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let shown = |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    Cow::Owned(text.chars().take(max_chars).map(shown).collect())
}

/// Line, parsed word by word.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    /// Line number, from 1.
    pub(crate) number: usize,
    /// The whole line.
    pub(crate) text: &'a str,
    words: SplitAsciiWhitespace<'a>,
}

impl<'a> Line<'a> {
    /// A line, or the rest of one, with its line number.
    pub(crate) fn new(number: usize, text: &'a str) -> Self {
        Self { number, text, words: text.split_ascii_whitespace() }
    }

    /// Skips `count` words.
    pub(crate) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.words.next();
        }
    }

    /// The next word; `field` is its name in errors.
    pub(crate) fn word(&mut self, field: &'static str) -> Result<&'a str, TextError> {
        self.words.next().ok_or(self.invalid(field, "a word"))
    }

    /// The next word as a non-negative integer; `field` is its name in errors.
    pub(crate) fn integer(&mut self, field: &'static str) -> Result<u64, TextError> {
        let number = self.words.next().and_then(|word| word.parse().ok());
        number.ok_or(self.invalid(field, "a whole number"))
    }

    /// The next word as a non-negative finite number; `field` is its name in errors.
    pub(crate) fn decimal(&mut self, field: &'static str) -> Result<f64, TextError> {
        let number = self.words.next().and_then(|word| word.parse().ok());
        // The standard library parses "nan" and "inf", which charts cannot show.
        number
            .filter(|number: &f64| number.is_finite() && *number >= 0.0)
            .ok_or(self.invalid(field, "a number of zero or more"))
    }

    /// Error for an invalid `field` of this line.
    pub(crate) fn invalid(&self, field: &'static str, expected: &'static str) -> TextError {
        TextError::Field { line: self.number, field, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parsed_in_order_and_errors_name_line_and_field() {
        let mut line = lines("first\n vda 12  0.5 x nan 3 -1\n").nth(1).unwrap();
        assert_eq!(line.word("name").unwrap(), "vda");
        assert_eq!(line.integer("reads").unwrap(), 12);
        assert_eq!(line.decimal("load").unwrap(), 0.5);
        let error = line.integer("writes").unwrap_err();
        assert_eq!(error.to_string(), "line 2: writes should be a whole number");
        assert!(line.decimal("load").is_err(), "nan");
        line.skip(1);
        assert!(line.decimal("load").is_err(), "negative");
        assert_eq!(line.word("end").unwrap_err().to_string(), "line 2: end should be a word");
    }

    #[test]
    fn missing_elements_are_reported_at_the_last_line() {
        for (text, line) in [("", 1), ("a", 1), ("a\nb\n", 2)] {
            assert_eq!(missing(text, "MemTotal"), TextError::Missing { line, what: "MemTotal" });
        }
    }
}
