//! The one query: which series, which range, how coarse; columns come back.

use thiserror::Error;
use watchglass_model::{Kind, Series, SeriesId, TimeRange, Timestamp};

/// Which series: those of a metric that carry all the labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selector {
    /// The metric's name; `None` for every metric.
    pub metric: Option<String>,
    /// Label names and the values they must have.
    pub labels: Vec<(String, String)>,
}

impl Selector {
    /// All series of a metric.
    pub fn metric(name: &str) -> Self {
        Self { metric: Some(name.to_owned()), labels: Vec::new() }
    }

    /// Whether `series` is one of them.
    pub fn matches(&self, series: &Series) -> bool {
        self.metric.as_ref().is_none_or(|name| *name == series.metric)
            && self.labels.iter().all(|(name, value)| series.labels.get(name) == Some(value))
    }
}

/// A question to the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which series.
    pub selector: Selector,
    /// Which stretch of time. Its start is rounded down to a multiple of the step.
    pub range: TimeRange,
    /// Milliseconds from one row of the answer to the next.
    pub step_millis: i64,
    /// How the values become readings: a counter's are rates per second.
    pub kind: Kind,
}

/// The most rows that one answer has.
const MOST_ROWS: i64 = 100_000;

impl Query {
    /// The times of the rows: the first one, and how many there are.
    ///
    /// # Errors
    /// A step below one millisecond, a range that ends before it starts, or more rows than 100,000.
    pub(crate) fn rows(&self) -> Result<(Timestamp, usize), QueryError> {
        if self.step_millis < 1 {
            return Err(QueryError::Step(self.step_millis));
        }
        if self.range.end < self.range.start {
            return Err(QueryError::Range(self.range.start.millis(), self.range.end.millis()));
        }
        let start = self.range.start.floor(self.step_millis);
        let length = self.range.end.millis_since(start);
        let rows = length / self.step_millis + i64::from(length % self.step_millis != 0);
        match usize::try_from(rows) {
            Ok(count) if rows <= MOST_ROWS => Ok((start, count)),
            _ => Err(QueryError::TooLong(rows)),
        }
    }
}

/// A question that cannot be answered.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum QueryError {
    /// The step is not a stretch of time.
    #[error("the step is {0} ms: it must be at least 1 ms")]
    Step(i64),
    /// The range runs backwards.
    #[error("the range starts at {0} and ends at {1}: it must not end before it starts")]
    Range(i64, i64),
    /// The answer would be too long.
    #[error("the range and step give {0} rows: at most 100000; take a longer step or a shorter range")]
    TooLong(i64),
}

/// The answer: rows at regular times, a column for each series that has any reading in the range.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Time of the first row. Row `i` covers `step_millis` from `start + i × step_millis` on.
    pub start: Timestamp,
    /// Milliseconds from one row to the next.
    pub step_millis: i64,
    /// Number of rows.
    pub rows: usize,
    /// The series, in the order of their numbers.
    pub columns: Vec<Column>,
}

/// The readings of one series. A row without one holds NaN: a gap stays a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The series.
    pub series: SeriesId,
    /// The smallest reading of each row.
    pub low: Vec<f64>,
    /// The largest reading of each row.
    pub high: Vec<f64>,
    /// The mean of the readings of each row.
    pub mean: Vec<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(start: i64, end: i64, step_millis: i64) -> Result<(i64, usize), QueryError> {
        let range = TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) };
        let query = Query { selector: Selector::default(), range, step_millis, kind: Kind::Gauge };
        query.rows().map(|(start, count)| (start.millis(), count))
    }

    #[test]
    fn rows_cover_the_range() {
        assert_eq!(rows(1000, 4000, 1000), Ok((1000, 3)));
        assert_eq!(rows(1500, 4001, 1000), Ok((1000, 4)));
        assert_eq!(rows(1000, 1000, 1000), Ok((1000, 0)));
    }

    #[test]
    fn impossible_questions_are_refused() {
        assert_eq!(rows(0, 1, 0), Err(QueryError::Step(0)));
        assert_eq!(rows(2, 1, 1), Err(QueryError::Range(2, 1)));
        assert_eq!(rows(0, 1_000_000, 1), Err(QueryError::TooLong(1_000_000)));
        assert_eq!(rows(i64::MIN, i64::MAX, 1), Err(QueryError::TooLong(i64::MAX)));
    }
}
