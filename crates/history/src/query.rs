//! The one query: which series, which range, how coarse; columns come back.

use crate::{Selector, StoredSeries};
use std::sync::Arc;
use thiserror::Error;
use watchglass_model::{SeriesId, TimeRange, Timestamp};

/// A question to the history.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Which series.
    pub selector: Selector,
    /// Which stretch of time. It is widened at both ends to multiples of the step, so that every row is whole.
    pub range: TimeRange,
    /// Milliseconds from one row of the answer to the next.
    pub step_millis: i64,
}

/// The most rows that one answer has.
const MOST_ROWS: i64 = 100_000;
/// The most rows of all its columns together: some 200 MB.
const MOST_CELLS: usize = 4_000_000;

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

    /// The end of the last row.
    pub(crate) fn end(&self, start: Timestamp, rows: usize) -> Timestamp {
        let length = i64::try_from(rows).unwrap_or(i64::MAX).saturating_mul(self.step_millis);
        Timestamp::from_millis(start.millis().saturating_add(length))
    }

    /// The row that a time belongs to, if it is not before the first.
    #[inline]
    pub(crate) fn row(&self, start: Timestamp, millis: i64) -> Option<usize> {
        usize::try_from(millis.saturating_sub(start.millis()).checked_div_euclid(self.step_millis)?).ok()
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
    /// The answer would be too wide.
    #[error(
        "{series} series of {rows} rows each: at most {MOST_CELLS} rows in all, which is {fit} of each; ask for fewer \
         series, a longer step or a shorter range",
        fit = MOST_CELLS / series.max(&1)
    )]
    TooWide {
        /// Series that are selected.
        series: usize,
        /// Rows of each.
        rows: usize,
    },
    /// A matcher's regular expression.
    #[error("the regular expression {pattern:?} cannot be used: {reason}")]
    Regex {
        /// The expression, or its beginning.
        pattern: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Refuses an answer that would take too much memory: more than 4,000,000 rows of all series together.
///
/// # Errors
/// [`QueryError::TooWide`].
pub fn check_size(series: usize, rows: usize) -> Result<(), QueryError> {
    let cells = series.saturating_mul(rows);
    if cells > MOST_CELLS { Err(QueryError::TooWide { series, rows }) } else { Ok(()) }
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
    /// The series: those of this run in the order of their numbers, then the others by name and labels.
    pub columns: Vec<Column>,
}

/// The readings of one series: a gauge's values, a counter's rates per second. A row without one holds NaN: a gap stays
/// a gap.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The series.
    pub series: Arc<StoredSeries>,
    /// Its number in this run; `None` if it was not measured in this run.
    pub id: Option<SeriesId>,
    /// The smallest reading of each row.
    pub low: Vec<f64>,
    /// The largest reading of each row.
    pub high: Vec<f64>,
    /// The mean of the readings of each row.
    pub mean: Vec<f64>,
    /// The number of readings of each row.
    pub count: Vec<u32>,
    /// By how much a counter grew in each row, restarts left out; empty for a gauge.
    pub increase: Vec<f64>,
}

impl Column {
    /// The mean of all readings: each row counts as much as the readings that it has. `None` where there is none.
    pub fn average(&self) -> Option<f64> {
        let rows = self.mean.iter().zip(&self.count).filter(|(mean, _)| mean.is_finite());
        let (sum, count) = rows.fold((0.0, 0.0), |(sum, count), (mean, &readings)| {
            (sum + mean * f64::from(readings), count + f64::from(readings))
        });
        (count > 0.0).then(|| sum / count)
    }
}

/// Puts columns into the order that [`Columns::columns`] promises.
pub(crate) fn sort(columns: &mut [Column]) {
    let rank = |column: &Column| column.id.map_or(u64::MAX, |id| u64::from(id.0));
    columns.sort_by(|a, b| rank(a).cmp(&rank(b)).then_with(|| a.series.order(&b.series)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::Kind;

    fn rows(start: i64, end: i64, step_millis: i64) -> Result<(i64, usize), QueryError> {
        let range = TimeRange { start: Timestamp::from_millis(start), end: Timestamp::from_millis(end) };
        let query = Query { selector: Selector::default(), range, step_millis };
        query.rows().map(|(start, count)| (start.millis(), count))
    }

    #[test]
    fn rows_cover_the_range() {
        assert_eq!(rows(1000, 4000, 1000), Ok((1000, 3)));
        assert_eq!(rows(1500, 4001, 1000), Ok((1000, 4)));
        assert_eq!(rows(1000, 1000, 1000), Ok((1000, 0)));
    }

    #[test]
    fn each_row_counts_as_much_as_its_readings() {
        let column = |mean: &[f64], count: &[u32]| Column {
            series: Arc::new(StoredSeries {
                metric: "m".to_owned(),
                labels: Default::default(),
                kind: Kind::Gauge,
            }),
            id: None,
            low: mean.to_vec(),
            high: mean.to_vec(),
            mean: mean.to_vec(),
            count: count.to_vec(),
            increase: Vec::new(),
        };
        for (mean, count, expected) in [
            (&[1.0, 5.0][..], &[3, 1][..], Some(2.0)),
            (&[1.0, f64::NAN], &[3, 0], Some(1.0)),
            (&[f64::NAN], &[0], None),
            (&[], &[], None),
        ] {
            assert_eq!(column(mean, count).average(), expected);
        }
    }

    #[test]
    fn impossible_questions_are_refused() {
        assert_eq!(rows(0, 1, 0), Err(QueryError::Step(0)));
        assert_eq!(rows(2, 1, 1), Err(QueryError::Range(2, 1)));
        assert_eq!(rows(0, 1_000_000, 1), Err(QueryError::TooLong(1_000_000)));
        assert_eq!(rows(i64::MIN, i64::MAX, 1), Err(QueryError::TooLong(i64::MAX)));
    }

    #[test]
    fn what_is_too_wide_is_told_with_what_would_pass() {
        for (series, rows, fits) in [
            (0, usize::MAX, true),
            (1, 4_000_000, true),
            (40, 100_000, true),
            (41, 100_000, false),
            (10_000, 400, true),
            (10_000, 401, false),
            (usize::MAX, 2, false),
        ] {
            assert_eq!(check_size(series, rows).is_ok(), fits, "{series} {rows}");
        }
        assert_eq!(
            check_size(10_000, 1000).unwrap_err().to_string(),
            "10000 series of 1000 rows each: at most 4000000 rows in all, which is 400 of each; ask for fewer series, a \
             longer step or a shorter range"
        );
    }
}
