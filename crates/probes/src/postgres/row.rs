//! PostgreSQL result rows with typed access.

use std::slice::Iter;
use watchglass_remote::one_line;

/// Maximum length of a name used as a label. PostgreSQL's own limit is 63 bytes.
const MAX_NAME_CHARS: usize = 100;

/// Invalid value in a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} should be {expected}")]
pub(super) struct RowError {
    /// Field name.
    pub(super) field: &'static str,
    /// Expected value.
    pub(super) expected: &'static str,
}

/// Result row: texts or NULL.
#[derive(Clone, Debug, Default)]
pub(super) struct Row(Vec<Option<String>>);

impl Row {
    pub(super) fn new(values: Vec<Option<String>>) -> Self {
        Self(values)
    }

    /// Iterates over the values from the first.
    pub(super) fn values(&self) -> Values<'_> {
        Values(self.0.iter())
    }
}

/// Remaining values of a row.
#[derive(Clone, Debug)]
pub(super) struct Values<'a>(Iter<'a, Option<String>>);

impl<'a> Values<'a> {
    /// The next value; `None` for NULL. `field` is its name in errors.
    pub(super) fn text(&mut self, field: &'static str) -> Result<Option<&'a str>, RowError> {
        let value = self.0.next().ok_or(RowError { field, expected: "present" })?;
        Ok(value.as_deref())
    }

    /// The next value as a label value; empty for NULL.
    pub(super) fn name(&mut self, field: &'static str) -> Result<String, RowError> {
        Ok(one_line(self.text(field)?.unwrap_or_default(), MAX_NAME_CHARS))
    }

    /// The next value as a non-negative finite number; `None` for NULL.
    pub(super) fn number(&mut self, field: &'static str) -> Result<Option<f64>, RowError> {
        let Some(text) = self.text(field)? else {
            return Ok(None);
        };
        let number: Option<f64> = text.parse().ok();
        // The standard library parses "nan" and "inf", which charts cannot show.
        let number = number.filter(|number| number.is_finite() && *number >= 0.0);
        number.map(Some).ok_or(RowError { field, expected: "a number of zero or more" })
    }

    /// The next value as a non-negative integer.
    pub(super) fn integer(&mut self, field: &'static str) -> Result<u64, RowError> {
        let number = self.text(field)?.and_then(|text| text.parse().ok());
        number.ok_or(RowError { field, expected: "a whole number" })
    }
}

/// Rows for tests: values separated by `|`, `-` for NULL.
#[cfg(test)]
pub(super) fn rows(lines: &[&str]) -> Vec<Row> {
    let value = |text: &str| (text != "-").then(|| text.to_owned());
    lines.iter().map(|line| Row::new(line.split('|').map(value).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_order_and_errors_name_the_field() {
        let rows = rows(&["app|-|1.5|-|7|-1|nan|x|-"]);
        let mut values = rows[0].values();
        assert_eq!(values.name("database"), Ok("app".to_owned()));
        assert_eq!(values.text("query"), Ok(None));
        assert_eq!(values.number("size"), Ok(Some(1.5)));
        assert_eq!(values.number("size"), Ok(None));
        assert_eq!(values.integer("calls"), Ok(7));
        assert_eq!(values.number("age").unwrap_err().to_string(), "age should be a number of zero or more");
        assert!(values.number("age").is_err(), "nan");
        assert_eq!(values.integer("calls").unwrap_err().to_string(), "calls should be a whole number");
        assert!(values.integer("calls").is_err(), "NULL");
        assert_eq!(values.text("end").unwrap_err().to_string(), "end should be present");
    }
}
