//! Range query and its result.

use crate::{Selector, StoredSeries};
use std::sync::Arc;
use thiserror::Error;
use watchglass_model::{SeriesId, TimeRange, Timestamp};

/// Range query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Selected series.
    pub selector: Selector,
    /// Time range. Both ends are widened to multiples of the step, so that every row is complete.
    pub range: TimeRange,
    /// Step between result rows in milliseconds.
    pub step_millis: i64,
}

/// Maximum number of result rows.
const MAX_ROWS: i64 = 100_000;
/// Maximum number of cells over all columns: some 200 MB.
const MAX_CELLS: usize = 4_000_000;

impl Query {
    /// Time of the first row, and number of rows.
    ///
    /// # Errors
    /// A step below 1 ms, a range that ends before it starts, or more than 100,000 rows.
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
            Ok(count) if rows <= MAX_ROWS => Ok((start, count)),
            _ => Err(QueryError::TooLong(rows)),
        }
    }

    /// End of the last row.
    pub(crate) fn end(&self, start: Timestamp, rows: usize) -> Timestamp {
        let length = i64::try_from(rows).unwrap_or(i64::MAX).saturating_mul(self.step_millis);
        Timestamp::from_millis(start.millis().saturating_add(length))
    }

    /// The row of a time, unless it is before the first.
    #[inline]
    pub(crate) fn row(&self, start: Timestamp, millis: i64) -> Option<usize> {
        usize::try_from(millis.saturating_sub(start.millis()).checked_div_euclid(self.step_millis)?).ok()
    }
}

/// Invalid query.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum QueryError {
    /// Step below 1 ms.
    #[error("the step is {0} ms: it must be at least 1 ms")]
    Step(i64),
    /// The range ends before it starts.
    #[error("the range starts at {0} and ends at {1}: it must not end before it starts")]
    Range(i64, i64),
    /// Too many rows.
    #[error("the range and step give {0} rows: at most 100000; take a longer step or a shorter range")]
    TooLong(i64),
    /// Too many cells.
    #[error(
        "{series} series of {rows} rows each: at most {MAX_CELLS} rows in all, which is {fit} of each; ask for fewer \
         series, a longer step or a shorter range",
        fit = MAX_CELLS / series.max(&1)
    )]
    TooWide {
        /// Number of selected series.
        series: usize,
        /// Rows per series.
        rows: usize,
    },
    /// Invalid regular expression.
    #[error("invalid regular expression {pattern:?}: {reason}")]
    Regex {
        /// The expression, possibly truncated.
        pattern: String,
        /// What is invalid.
        reason: String,
    },
}

/// Rejects a result with more than 4,000,000 cells.
///
/// # Errors
/// [`QueryError::TooWide`].
pub(crate) fn check_size(series: usize, rows: usize) -> Result<(), QueryError> {
    let cells = series.saturating_mul(rows);
    if cells > MAX_CELLS { Err(QueryError::TooWide { series, rows }) } else { Ok(()) }
}

/// Query result: rows at regular times, and one column per series with values in the range.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    /// Time of the first row. Row `i` covers `step_millis` from `start + i × step_millis` on.
    pub start: Timestamp,
    /// Step between rows in milliseconds.
    pub step_millis: i64,
    /// Number of rows.
    pub rows: usize,
    /// Columns: series of this run by id, then the others by name and labels.
    pub columns: Vec<Column>,
}

impl Columns {
    /// Times of the rows.
    pub fn times(&self) -> impl Iterator<Item = Timestamp> {
        let (start, step) = (self.start.millis(), self.step_millis);
        (0_i64..)
            .take(self.rows)
            .map(move |row| Timestamp::from_millis(start.saturating_add(row.saturating_mul(step))))
    }
}

/// Values of one series: those of a gauge, or per-second rates of a counter. Rows without a value are NaN, so that gaps
/// remain.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// The series.
    pub series: Arc<StoredSeries>,
    /// Series id in this run; `None` if it was not measured in this run.
    pub id: Option<SeriesId>,
    /// Minimum of each row.
    pub low: Vec<f64>,
    /// Maximum of each row.
    pub high: Vec<f64>,
    /// Mean of each row.
    pub mean: Vec<f64>,
    /// Number of values of each row.
    pub count: Vec<u32>,
    /// Increase of a counter in each row, without resets; empty for a gauge.
    pub increase: Vec<f64>,
}

impl Column {
    /// Mean of all values, weighted by the number of values per row. `None` without values.
    pub fn average(&self) -> Option<f64> {
        let rows = self.mean.iter().zip(&self.count).filter(|(mean, _)| mean.is_finite());
        let (sum, count) = rows.fold((0.0, 0.0), |(sum, count), (mean, &readings)| {
            (sum + mean * f64::from(readings), count + f64::from(readings))
        });
        (count > 0.0).then(|| sum / count)
    }
}

/// Sorts columns into the order documented in [`Columns::columns`].
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
    fn average_is_weighted_by_row_counts() {
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
    fn invalid_queries_are_rejected() {
        assert_eq!(rows(0, 1, 0), Err(QueryError::Step(0)));
        assert_eq!(rows(2, 1, 1), Err(QueryError::Range(2, 1)));
        assert_eq!(rows(0, 1_000_000, 1), Err(QueryError::TooLong(1_000_000)));
        assert_eq!(rows(i64::MIN, i64::MAX, 1), Err(QueryError::TooLong(i64::MAX)));
    }

    #[test]
    fn too_many_cells_are_rejected_with_the_limit() {
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
