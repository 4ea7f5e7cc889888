//! Readings gathered into the rows of an answer.

use crate::Column;
use watchglass_model::SeriesId;

/// Fills one column. Readings may come in any order.
#[derive(Debug)]
pub(crate) struct Gatherer {
    column: Column,
    counts: Vec<u32>,
}

impl Gatherer {
    pub(crate) fn new(series: SeriesId, rows: usize) -> Self {
        let empty = || vec![f64::NAN; rows];
        Self { column: Column { series, low: empty(), high: empty(), mean: empty() }, counts: vec![0; rows] }
    }

    /// Adds a reading to a row; one outside the answer is left out.
    pub(crate) fn add(&mut self, row: usize, reading: f64) {
        let Column { low, high, mean, .. } = &mut self.column;
        if let (Some(low), Some(high), Some(mean), Some(count)) =
            (low.get_mut(row), high.get_mut(row), mean.get_mut(row), self.counts.get_mut(row))
        {
            *count += 1;
            // The minimum of NaN and a number is the number.
            *low = low.min(reading);
            *high = high.max(reading);
            *mean = if *count == 1 { reading } else { *mean + (reading - *mean) / f64::from(*count) };
        }
    }

    /// The column, if any row of it has a reading.
    pub(crate) fn finish(self) -> Option<Column> {
        self.counts.iter().any(|&count| count > 0).then_some(self.column)
    }
}
