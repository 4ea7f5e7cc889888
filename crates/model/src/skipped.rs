//! Readings that a probe skipped, with the reason of each.

use crate::{Timestamp, escape_controls};
use std::collections::BTreeMap;

/// Sources that leave values out, each with the time since when it leaves out no more than it did then. A series that has
/// had a value at that time or later is not among what is left out.
pub type IncompleteSources = BTreeMap<String, Timestamp>;

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
    fn texts_are_truncated() {
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
