//! PostgreSQL result rows with typed access.

use crate::reading::{self, OrSkip, ReadingError};
use std::fmt::Write;
use std::slice::Iter;
use watchglass_model::{SampleBuffer, SkipReason, escape_controls};

/// Maximum length of a name used as a label. PostgreSQL's own limit is 63 bytes, each of up to four characters if it is
/// escaped.
const MAX_NAME_CHARS: usize = 256;

/// Invalid value in a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} should be {expected}")]
pub(super) struct RowError {
    /// Field name.
    pub(super) field: &'static str,
    /// Expected value.
    pub(super) expected: &'static str,
    /// Start of the text.
    pub(super) found: String,
    /// Reason in one word.
    pub(super) reason: SkipReason,
}

impl RowError {
    /// Error for a missing value.
    pub(super) fn missing(field: &'static str) -> Self {
        Self { field, expected: "present", found: String::new(), reason: SkipReason::Missing }
    }

    fn invalid(field: &'static str, expected: &'static str, found: &str, reason: SkipReason) -> Self {
        Self { field, expected, found: escape_controls(found, 100), reason }
    }
}

impl ReadingError for RowError {
    fn skip(&self, samples: &mut SampleBuffer) {
        samples.skip(self.field, &self.found, self.reason);
    }
}

/// Value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Value {
    Null,
    Text(String),
    /// Text that is not UTF-8.
    Invalid,
}

/// Result row.
#[derive(Clone, Debug, Default)]
pub(super) struct Row(Vec<Value>);

impl Row {
    pub(super) fn new(values: Vec<Value>) -> Self {
        Self(values)
    }

    /// Iterates over the values from the first.
    pub(super) fn values(&self) -> Values<'_> {
        Values(self.0.iter())
    }
}

/// SQL expression for a `name` column as hexadecimal bytes, for [`Values::bytes_name`]. The bytes are not converted: names
/// of databases have the encoding of the database in which they were created, and may be invalid in any other.
pub(super) fn bytes_sql(column: &str) -> String {
    format!("encode(decode(replace({column}::text, chr(92), repeat(chr(92), 2)), 'escape'), 'hex')")
}

/// Remaining values of a row.
#[derive(Clone, Debug)]
pub(super) struct Values<'a>(Iter<'a, Value>);

impl<'a> Values<'a> {
    /// The next value; `None` for NULL. `field` is its name in errors.
    pub(super) fn text(&mut self, field: &'static str) -> Result<Option<&'a str>, RowError> {
        match self.0.next() {
            Some(Value::Text(text)) => Ok(Some(text)),
            Some(Value::Null) => Ok(None),
            Some(Value::Invalid) => Err(RowError::invalid(field, "UTF-8", "", SkipReason::Encoding)),
            None => Err(RowError::missing(field)),
        }
    }

    /// The next value as a label value; empty for NULL.
    pub(super) fn name(&mut self, field: &'static str) -> Result<String, RowError> {
        Ok(label(self.text(field)?.unwrap_or_default().as_bytes()))
    }

    /// The next value, of [`bytes_sql`], as a label value; empty for NULL.
    pub(super) fn bytes_name(&mut self, field: &'static str) -> Result<String, RowError> {
        let text = self.text(field)?.unwrap_or_default();
        let byte = |digits: &[u8]| u8::from_str_radix(str::from_utf8(digits).ok()?, 16).ok();
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(byte).collect();
        let bytes = bytes.filter(|_| text.len().is_multiple_of(2));
        let error = || RowError::invalid(field, "hexadecimal bytes", text, SkipReason::Encoding);
        bytes.map(|bytes| label(&bytes)).ok_or_else(error)
    }

    /// The next value as a non-negative finite number; `None` for NULL.
    pub(super) fn number(&mut self, field: &'static str) -> Result<Option<f64>, RowError> {
        let Some(text) = self.text(field)? else {
            return Ok(None);
        };
        let error = |reason| RowError::invalid(field, "a number of zero or more", text, reason);
        reading::number(text).map(Some).map_err(error)
    }

    /// [`Values::number`]; an invalid number is skipped, and missing like NULL.
    pub(super) fn take(&mut self, field: &'static str, samples: &mut SampleBuffer) -> Option<f64> {
        self.number(field).or_skip(samples).flatten()
    }

    /// The next value as an integer.
    pub(super) fn integer<T: std::str::FromStr>(&mut self, field: &'static str) -> Result<T, RowError> {
        let text = self.text(field)?.ok_or_else(|| RowError::missing(field))?;
        let error = |_| RowError::invalid(field, "a whole number", text, SkipReason::NotANumber);
        text.parse().map_err(error)
    }
}

/// Bytes as a label value: control characters, backslashes and bytes that are not UTF-8 are escaped, so that different
/// names have different labels.
pub(super) fn label(bytes: &[u8]) -> String {
    let mut label = String::new();
    for chunk in bytes.utf8_chunks() {
        label.push_str(&escape_controls(&chunk.valid().replace('\\', "\\\\"), MAX_NAME_CHARS));
        for byte in chunk.invalid() {
            // Writing to a string cannot fail.
            let _ = write!(label, "\\x{byte:02X}");
        }
    }
    escape_controls(&label, MAX_NAME_CHARS)
}

/// Rows for tests: values separated by `|`, `-` for NULL, `?` for text that is not UTF-8.
#[cfg(test)]
pub(super) fn rows(lines: &[&str]) -> Vec<Row> {
    let value = |text: &str| match text {
        "-" => Value::Null,
        "?" => Value::Invalid,
        text => Value::Text(text.to_owned()),
    };
    lines.iter().map(|line| Row::new(line.split('|').map(value).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn values_are_read_in_order_and_errors_name_the_field() {
        let rows = rows(&["app|-|1.5|-|7|-1|nan|x|-|?|6170|617"]);
        let mut values = rows[0].values();
        assert_eq!(values.name("database"), Ok("app".to_owned()));
        assert_eq!(values.text("query"), Ok(None));
        assert_eq!(values.number("size"), Ok(Some(1.5)));
        assert_eq!(values.number("size"), Ok(None));
        assert_eq!(values.integer::<u64>("calls"), Ok(7));
        assert_eq!(values.number("age").unwrap_err().reason, SkipReason::OutOfRange);
        assert_eq!(values.number("age").unwrap_err().reason, SkipReason::NotANumber);
        let error = values.integer::<u64>("calls").unwrap_err();
        assert_eq!(
            (error.to_string().as_str(), error.found.as_str()),
            ("calls should be a whole number", "x")
        );
        assert!(values.integer::<u64>("calls").is_err(), "NULL");
        assert_eq!(values.text("query").unwrap_err().reason, SkipReason::Encoding);
        assert_eq!(values.bytes_name("database"), Ok("ap".to_owned()));
        assert!(values.bytes_name("database").is_err(), "an odd number of digits");
        assert_eq!(values.text("end").unwrap_err().to_string(), "end should be present");
    }

    #[test]
    fn different_names_have_different_labels() {
        let names: [(&[u8], &str); 10] = [
            (b"app", "app"),
            (b"App", "App"),
            (b"a b", "a b"),
            (b"a  b", "a  b"),
            (b" a", " a"),
            (b"caf\xe9", "caf\\xE9"),
            (b"caf\xea", "caf\\xEA"),
            (b"caf\\xE9", "caf\\\\xE9"),
            ("caf\u{e9}".as_bytes(), "caf\u{e9}"),
            (b"new\nline", "new\\nline"),
        ];
        for (name, expected) in names {
            assert_eq!(label(name), expected);
        }
        assert_eq!(label("😀".repeat(15).as_bytes()), "😀".repeat(15));
    }

    proptest! {
        #[test]
        fn labels_are_distinct_and_printable(names in prop::collection::btree_set(prop::collection::vec(any::<u8>(), 0..63), 2)) {
            let labels: Vec<_> = names.iter().map(|name| label(name)).collect();
            prop_assert!(labels.iter().all(|label| !label.contains(char::is_control)));
            prop_assert_ne!(&labels[0], &labels[1]);
        }
    }
}
