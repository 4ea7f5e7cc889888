//! Readings that may fail by themselves: a value that cannot be used is skipped with a note, and its source keeps all
//! others.
//!
//! Parsers return a [`Result`] for each value; [`OrSkip::or_skip`] turns an error into a note and a missing value. A source
//! is down only if it cannot be reached, refuses the request, or has no readable value at all.

use watchglass_model::{SampleBuffer, SkipReason};

/// Error of one reading.
pub(crate) trait ReadingError {
    /// Notes the reading as skipped.
    fn skip(&self, samples: &mut SampleBuffer);
}

/// Conversion of a failed reading into a note.
pub(crate) trait OrSkip<T> {
    /// The value; `None` and a note if the reading failed.
    fn or_skip(self, samples: &mut SampleBuffer) -> Option<T>;
}

impl<T, E: ReadingError> OrSkip<T> for Result<T, E> {
    fn or_skip(self, samples: &mut SampleBuffer) -> Option<T> {
        self.map_err(|error| error.skip(samples)).ok()
    }
}

/// Numbers from here on are negative ones that wrapped around, or no quantity of a computer: 2⁶³.
const MAX_NUMBER: f64 = 9_223_372_036_854_775_808.0;

/// A non-negative finite number below 2⁶³.
pub(crate) fn number(text: &str) -> Result<f64, SkipReason> {
    let number: f64 = text.parse().map_err(|_no_number| SkipReason::NotANumber)?;
    // The standard library parses "nan" and "inf", which charts cannot show.
    if number.is_nan() {
        return Err(SkipReason::NotANumber);
    }
    if (0.0..MAX_NUMBER).contains(&number) { Ok(number.abs()) } else { Err(SkipReason::OutOfRange) }
}

/// A non-negative integer.
pub(crate) fn integer(text: &str) -> Result<u64, SkipReason> {
    text.parse().map_err(|_no_integer| {
        let digits = text.strip_prefix('-').unwrap_or(text);
        let is_integer = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        if is_integer { SkipReason::OutOfRange } else { SkipReason::NotANumber }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_parsed_or_have_a_reason() {
        use SkipReason::{NotANumber, OutOfRange};
        for (text, expected) in [
            ("1.5", Ok(1.5)),
            ("0", Ok(0.0)),
            ("-0", Ok(0.0)),
            ("nan", Err(NotANumber)),
            ("-nan", Err(NotANumber)),
            ("inf", Err(OutOfRange)),
            ("-inf", Err(OutOfRange)),
            ("1e400", Err(OutOfRange)),
            ("-1", Err(OutOfRange)),
            ("18446744073709551615", Err(OutOfRange)),
            ("", Err(NotANumber)),
            ("many", Err(NotANumber)),
            ("1,5", Err(NotANumber)),
        ] {
            assert_eq!(number(text), expected, "{text:?}");
        }
        for (text, expected) in [
            ("7", Ok(7)),
            ("-7", Err(OutOfRange)),
            ("18446744073709551616", Err(OutOfRange)),
            ("", Err(NotANumber)),
            ("-", Err(NotANumber)),
            ("1.5", Err(NotANumber)),
        ] {
            assert_eq!(integer(text), expected, "{text:?}");
        }
    }
}
