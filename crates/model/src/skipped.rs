//! Readings that a probe skipped, with the reason of each.

use std::fmt::Write;

/// Why a reading was skipped: the values of the label `reason`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SkipReason {
    /// Text where a number is expected, also `nan`.
    NotANumber,
    /// A number that the quantity cannot have: negative, infinite, wrapped around or beyond its bounds.
    OutOfRange,
    /// No separator between name and value, or too few values.
    MissingSeparator,
    /// Longer than the limit; the rest is not read.
    TooLong,
    /// A counter that is smaller than before although its source was not restarted.
    Decreased,
    /// Text that is not valid in its encoding.
    Encoding,
    /// A value that the source should have.
    Missing,
    /// The source reported an error, or did not respond, when this value was read.
    Unreadable,
    /// The source rejected the request for this value.
    Rejected,
    /// A value whose meaning or unit is unknown.
    Unsupported,
}

impl SkipReason {
    /// All reasons.
    pub const ALL: [Self; 10] = [
        Self::NotANumber,
        Self::OutOfRange,
        Self::MissingSeparator,
        Self::TooLong,
        Self::Decreased,
        Self::Encoding,
        Self::Missing,
        Self::Unreadable,
        Self::Rejected,
        Self::Unsupported,
    ];

    /// Value of the label `reason`: `not_a_number`.
    pub fn label(self) -> &'static str {
        match self {
            Self::NotANumber => "not_a_number",
            Self::OutOfRange => "out_of_range",
            Self::MissingSeparator => "missing_separator",
            Self::TooLong => "too_long",
            Self::Decreased => "decreased",
            Self::Encoding => "encoding",
            Self::Missing => "missing",
            Self::Unreadable => "unreadable",
            Self::Rejected => "rejected",
            Self::Unsupported => "unsupported",
        }
    }

    /// The reason in words: `not a number`.
    pub fn text(self) -> &'static str {
        match self {
            Self::NotANumber => "not a number",
            Self::OutOfRange => "out of range",
            Self::MissingSeparator => "incomplete",
            Self::TooLong => "too long",
            Self::Decreased => "decreased",
            Self::Encoding => "invalid encoding",
            Self::Missing => "missing",
            Self::Unreadable => "not readable",
            Self::Rejected => "rejected",
            Self::Unsupported => "not supported",
        }
    }
}

/// Skipped reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SkippedReading {
    /// Name of the reading, at most 80 characters without control characters.
    pub field: String,
    /// Start of the text that was read, at most 100 characters without control characters; empty if there is none.
    pub text: String,
    /// Reason.
    pub reason: SkipReason,
}

/// Maximum length of [`SkippedReading::field`] in characters.
const MAX_FIELD_CHARS: usize = 80;
/// Maximum length of [`SkippedReading::text`] in characters.
const MAX_TEXT_CHARS: usize = 100;

/// Readings that one run of a probe skipped: the first eight, and the number of all by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SkippedReadings {
    listed: Vec<SkippedReading>,
    counts: [u64; SkipReason::ALL.len()],
}

impl SkippedReadings {
    /// Maximum number of readings that are listed.
    pub const MAX_LISTED: usize = 8;

    /// Adds a reading. `text` is what was read; it is truncated, and control characters are escaped.
    pub fn add(&mut self, field: &str, text: &str, reason: SkipReason) {
        if let Some(count) = self.counts.get_mut(reason as usize) {
            *count += 1;
        }
        if self.listed.len() < Self::MAX_LISTED {
            let field = escape_controls(field, MAX_FIELD_CHARS);
            self.listed.push(SkippedReading { field, text: escape_controls(text, MAX_TEXT_CHARS), reason });
        }
    }

    /// The first readings, at most [`MAX_LISTED`](Self::MAX_LISTED).
    pub fn listed(&self) -> &[SkippedReading] {
        &self.listed
    }

    /// Number of readings of each reason.
    pub fn counts(&self) -> impl Iterator<Item = (SkipReason, u64)> {
        SkipReason::ALL.into_iter().zip(self.counts)
    }

    /// Number of all readings.
    pub fn total(&self) -> u64 {
        self.counts.iter().sum()
    }

    /// Whether no reading was skipped.
    pub fn is_empty(&self) -> bool {
        self.total() == 0
    }

    /// Removes all readings.
    pub fn clear(&mut self) {
        self.listed.clear();
        self.counts = Default::default();
    }
}

/// The first `max_chars` characters of `text`, followed by an ellipsis if there are more. Control characters, and those
/// that change the direction of text, are escaped: `\n`, `\u{7}`.
pub fn escape_controls(text: &str, max_chars: usize) -> String {
    let mut shown = String::new();
    let mut rest = text.chars();
    for letter in rest.by_ref().take(max_chars) {
        match letter {
            '\n' => shown.push_str("\\n"),
            '\r' => shown.push_str("\\r"),
            '\t' => shown.push_str("\\t"),
            other if other.is_control() || is_directional(other) => {
                // Writing to a string cannot fail.
                let _ = write!(shown, "\\u{{{:x}}}", u32::from(other));
            }
            other => shown.push(other),
        }
    }
    if rest.next().is_some() {
        shown.push('…');
    }
    shown
}

/// Whether `letter` changes the direction of the following text
/// ([UAX 9](https://www.unicode.org/reports/tr9/#Directional_Formatting_Characters)).
fn is_directional(letter: char) -> bool {
    matches!(letter, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_readings_are_listed_and_all_are_counted() {
        let mut skipped = SkippedReadings::default();
        assert!(skipped.is_empty());
        for number in 0..20 {
            skipped.add(&format!("field{number}"), "x", SkipReason::NotANumber);
        }
        skipped.add("last", "-1", SkipReason::OutOfRange);
        assert_eq!(skipped.listed().len(), SkippedReadings::MAX_LISTED);
        assert_eq!(skipped.total(), 21);
        let counts: Vec<_> = skipped.counts().filter(|(_, count)| *count > 0).collect();
        assert_eq!(counts, [(SkipReason::NotANumber, 20), (SkipReason::OutOfRange, 1)]);
        skipped.clear();
        assert_eq!(skipped, SkippedReadings::default());
    }

    #[test]
    fn texts_are_truncated_and_escaped() {
        for (text, expected) in [
            ("12 é", "12 é"),
            ("a\nb\t\u{7}\0", "a\\nb\\t\\u{7}\\u{0}"),
            ("a\u{202e}b", "a\\u{202e}b"),
            ("12345678", "12345678"),
            ("123456789", "12345678…"),
        ] {
            assert_eq!(escape_controls(text, 8), expected);
        }
        let mut skipped = SkippedReadings::default();
        skipped.add(&"f".repeat(1000), &"x".repeat(1000), SkipReason::TooLong);
        let [reading] = skipped.listed() else { panic!("{skipped:?}") };
        assert_eq!((reading.field.chars().count(), reading.text.chars().count()), (81, 101));
    }

    #[test]
    fn labels_are_distinct_snake_case() {
        let mut labels = SkipReason::ALL.map(SkipReason::label).to_vec();
        assert!(
            labels.iter().all(|label| label.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'))
        );
        for (index, reason) in SkipReason::ALL.into_iter().enumerate() {
            assert_eq!(reason as usize, index);
        }
        labels.sort_unstable();
        labels.dedup();
        assert_eq!(labels.len(), SkipReason::ALL.len());
    }
}
