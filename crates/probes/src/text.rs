//! Reading numbers from the lines of a text, with errors that name line and field.

use std::borrow::Cow;
use std::str::SplitAsciiWhitespace;

/// What is wrong with a text.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TextError {
    /// A field is not there, or not what it should be.
    #[error("line {line}: {field} should be {expected}")]
    Field {
        /// Number of the line, from 1.
        line: usize,
        /// Name of the field.
        field: &'static str,
        /// What would be right.
        expected: &'static str,
    },
    /// The text ends without something that it must have.
    #[error("line {line} is the last, and {what} is missing")]
    Missing {
        /// Number of the last line, from 1.
        line: usize,
        /// What should be there.
        what: &'static str,
    },
}

/// The lines of `text`, to be read word by word.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    text.lines().zip(1..).map(|(text, number)| Line::new(number, text))
}

/// The error for a `text` that ends without `what`.
pub(crate) fn missing(text: &str, what: &'static str) -> TextError {
    TextError::Missing { line: text.lines().count().max(1), what }
}

/// The first `longest` characters of `text`, with U+FFFD for control characters: fit for a label value.
pub(crate) fn readable(text: &str, longest: usize) -> Cow<'_, str> {
    if text.len() <= longest && !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let shown = |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    Cow::Owned(text.chars().take(longest).map(shown).collect())
}

/// A line, read word by word from its start.
#[derive(Clone, Debug)]
pub(crate) struct Line<'a> {
    /// Number of the line, from 1.
    pub(crate) number: usize,
    /// All of it.
    pub(crate) text: &'a str,
    words: SplitAsciiWhitespace<'a>,
}

impl<'a> Line<'a> {
    /// The line `number` of a text, or the end of one, to be read from the start of `text`.
    pub(crate) fn new(number: usize, text: &'a str) -> Self {
        Self { number, text, words: text.split_ascii_whitespace() }
    }

    /// Passes over `count` words that are of no interest.
    pub(crate) fn skip(&mut self, count: usize) {
        for _ in 0..count {
            self.words.next();
        }
    }

    /// The next word, which is `field`.
    pub(crate) fn word(&mut self, field: &'static str) -> Result<&'a str, TextError> {
        self.words.next().ok_or(self.wrong(field, "a word"))
    }

    /// The next word as a whole number, which is `field`.
    pub(crate) fn whole(&mut self, field: &'static str) -> Result<u64, TextError> {
        let number = self.words.next().and_then(|word| word.parse().ok());
        number.ok_or(self.wrong(field, "a whole number"))
    }

    /// The next word as a number of zero or more, which is `field`.
    pub(crate) fn decimal(&mut self, field: &'static str) -> Result<f64, TextError> {
        let number = self.words.next().and_then(|word| word.parse().ok());
        // "nan" and "inf" are numbers to the standard library and none to a chart.
        number
            .filter(|number: &f64| number.is_finite() && *number >= 0.0)
            .ok_or(self.wrong(field, "a number of zero or more"))
    }

    /// The error for a `field` of this line that is not what was `expected`.
    pub(crate) fn wrong(&self, field: &'static str, expected: &'static str) -> TextError {
        TextError::Field { line: self.number, field, expected }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_turn_and_errors_name_line_and_field() {
        let mut line = lines("first\n vda 12  0.5 x nan 3 -1\n").nth(1).unwrap();
        assert_eq!(line.word("name").unwrap(), "vda");
        assert_eq!(line.whole("reads").unwrap(), 12);
        assert_eq!(line.decimal("load").unwrap(), 0.5);
        let error = line.whole("writes").unwrap_err();
        assert_eq!(error.to_string(), "line 2: writes should be a whole number");
        assert!(line.decimal("load").is_err(), "nan");
        line.skip(1);
        assert!(line.decimal("load").is_err(), "negative");
        assert_eq!(line.word("end").unwrap_err().to_string(), "line 2: end should be a word");
    }

    #[test]
    fn a_missing_thing_is_missed_at_the_last_line() {
        for (text, line) in [("", 1), ("a", 1), ("a\nb\n", 2)] {
            assert_eq!(missing(text, "MemTotal"), TextError::Missing { line, what: "MemTotal" });
        }
    }
}
