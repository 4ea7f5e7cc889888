//! Rows of PostgreSQL's answers, read value by value.

use std::slice::Iter;
use watchglass_remote::one_line;

/// The most characters of a name that becomes a label. PostgreSQL's own limit is 63 bytes.
const MOST_OF_NAME: usize = 100;

/// What is wrong with a row.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{field} should be {expected}")]
pub(super) struct RowError {
    /// Name of the value.
    pub(super) field: &'static str,
    /// What would be right.
    pub(super) expected: &'static str,
}

/// A row: texts, as the protocol has them, or NULL.
#[derive(Clone, Debug, Default)]
pub(super) struct Row(Vec<Option<String>>);

impl Row {
    pub(super) fn new(values: Vec<Option<String>>) -> Self {
        Self(values)
    }

    /// Its values, to be read from the first on.
    pub(super) fn values(&self) -> Values<'_> {
        Values(self.0.iter())
    }
}

/// The values of a row that are still to be read.
#[derive(Clone, Debug)]
pub(super) struct Values<'a>(Iter<'a, Option<String>>);

impl<'a> Values<'a> {
    /// The next value, which is `field`. `None` where it is NULL.
    pub(super) fn text(&mut self, field: &'static str) -> Result<Option<&'a str>, RowError> {
        let value = self.0.next().ok_or(RowError { field, expected: "there" })?;
        Ok(value.as_deref())
    }

    /// The next value as a name that is fit for a label; empty where it is NULL.
    pub(super) fn name(&mut self, field: &'static str) -> Result<String, RowError> {
        Ok(one_line(self.text(field)?.unwrap_or_default(), MOST_OF_NAME))
    }

    /// The next value as a number, which is `field`. `None` where it is NULL.
    pub(super) fn number(&mut self, field: &'static str) -> Result<Option<f64>, RowError> {
        let Some(text) = self.text(field)? else {
            return Ok(None);
        };
        let number: Option<f64> = text.parse().ok();
        // "nan" and "inf" are numbers to the standard library and none to a chart.
        let number = number.filter(|number| number.is_finite() && *number >= 0.0);
        number.map(Some).ok_or(RowError { field, expected: "a number of zero or more" })
    }

    /// The next value as a whole number, which is `field`.
    pub(super) fn whole(&mut self, field: &'static str) -> Result<u64, RowError> {
        let number = self.text(field)?.and_then(|text| text.parse().ok());
        number.ok_or(RowError { field, expected: "a whole number" })
    }
}

/// Rows for tests: values with `|` between, `-` for NULL.
#[cfg(test)]
pub(super) fn rows(lines: &[&str]) -> Vec<Row> {
    let value = |text: &str| (text != "-").then(|| text.to_owned());
    lines.iter().map(|line| Row::new(line.split('|').map(value).collect())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_in_turn_and_errors_name_the_field() {
        let rows = rows(&["app|-|1.5|-|7|-1|nan|x|-"]);
        let mut values = rows[0].values();
        assert_eq!(values.name("database"), Ok("app".to_owned()));
        assert_eq!(values.text("query"), Ok(None));
        assert_eq!(values.number("size"), Ok(Some(1.5)));
        assert_eq!(values.number("size"), Ok(None));
        assert_eq!(values.whole("calls"), Ok(7));
        assert_eq!(values.number("age").unwrap_err().to_string(), "age should be a number of zero or more");
        assert!(values.number("age").is_err(), "nan");
        assert_eq!(values.whole("calls").unwrap_err().to_string(), "calls should be a whole number");
        assert!(values.whole("calls").is_err(), "NULL");
        assert_eq!(values.text("end").unwrap_err().to_string(), "end should be there");
    }
}
