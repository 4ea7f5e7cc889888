//! Line-based text parser whose errors name line and field.

use crate::reading::{self, ReadingError};
use std::borrow::Cow;
use std::str::SplitAsciiWhitespace;
use watchglass_model::{SampleBuffer, SkipReason, escape_controls};

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
        /// Text of the field; empty if it is missing.
        found: String,
        /// Reason in one word.
        reason: SkipReason,
    },
}

impl ReadingError for TextError {
    fn skip(&self, samples: &mut SampleBuffer) {
        let Self::Field { field, found, reason, .. } = self;
        samples.skip(field, found, *reason);
    }
}

/// The lines of `text`.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> + Clone {
    text.lines().zip(1..).map(|(text, number)| Line::new(number, text))
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
        self.words.next().ok_or_else(|| self.error(field, "a word", "", SkipReason::MissingSeparator))
    }

    /// The next word as a non-negative integer; `field` is its name in errors.
    pub(crate) fn integer(&mut self, field: &'static str) -> Result<u64, TextError> {
        self.parsed(field, "a whole number", reading::integer)
    }

    /// The next word as a whole number from 0 to below 2⁶³; `field` is its name in errors. Drivers that count below zero, or
    /// report that they do not know, write numbers from 2⁶³ on.
    pub(crate) fn quantity(&mut self, field: &'static str) -> Result<u64, TextError> {
        let is_possible = |number: &u64| i64::try_from(*number).is_ok();
        self.parsed(field, "a whole number below 2⁶³", |text| {
            reading::integer(text)
                .and_then(|number| Some(number).filter(is_possible).ok_or(SkipReason::OutOfRange))
        })
    }

    /// The next word as a non-negative finite number; `field` is its name in errors.
    pub(crate) fn decimal(&mut self, field: &'static str) -> Result<f64, TextError> {
        self.parsed(field, "a number of zero or more", reading::number)
    }

    fn parsed<T>(
        &mut self,
        field: &'static str,
        expected: &'static str,
        parse: impl FnOnce(&str) -> Result<T, SkipReason>,
    ) -> Result<T, TextError> {
        let word = self.words.next();
        let outcome = word.map_or(Err(SkipReason::MissingSeparator), parse);
        outcome.map_err(|reason| self.error(field, expected, word.unwrap_or_default(), reason))
    }

    /// Error for an invalid `field` of this line.
    pub(crate) fn invalid(&self, field: &'static str, expected: &'static str) -> TextError {
        self.error(field, expected, self.text, SkipReason::MissingSeparator)
    }

    /// Error for a `field` of this line with the text `found`.
    pub(crate) fn error(
        &self,
        field: &'static str,
        expected: &'static str,
        found: &str,
        reason: SkipReason,
    ) -> TextError {
        TextError::Field { line: self.number, field, expected, found: escape_controls(found, 100), reason }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_parsed_in_order_and_errors_name_line_and_field() {
        let mut large = lines("9223372036854775807 9223372036854775808 18446744073709551615").next().unwrap();
        assert_eq!(large.quantity("bytes").unwrap(), 9_223_372_036_854_775_807);
        assert!(large.quantity("bytes").is_err() && large.quantity("bytes").is_err());
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
}
