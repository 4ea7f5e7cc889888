//! Aggregation of values into result rows.

use crate::row::Row;
use crate::{Column, StoredSeries};
use std::sync::Arc;
use watchglass_model::{Kind, SeriesId};

/// Fills one result column. Values may arrive in any order.
#[derive(Debug)]
pub(crate) struct RowAggregator {
    rows: Vec<Option<Row>>,
}

impl RowAggregator {
    pub(crate) fn new(rows: usize) -> Self {
        Self { rows: vec![None; rows] }
    }

    /// Adds values to a row; rows outside the result are ignored.
    #[inline]
    pub(crate) fn add(&mut self, row: usize, readings: &Row) {
        match self.rows.get_mut(row) {
            Some(Some(row)) => row.add(readings),
            Some(empty) => *empty = Some(*readings),
            None => {}
        }
    }

    /// The column, if any row has a value.
    pub(crate) fn finish(self, series: Arc<StoredSeries>, id: Option<SeriesId>) -> Option<Column> {
        if self.rows.iter().all(Option::is_none) {
            return None;
        }
        let column = |value: fn(&Row) -> f64| {
            self.rows.iter().map(|row| row.as_ref().map_or(f64::NAN, value)).collect()
        };
        Some(Column {
            low: column(|row| row.low),
            high: column(|row| row.high),
            mean: column(Row::mean),
            count: self.rows.iter().map(|row| row.map_or(0, |row| row.count)).collect(),
            increase: if series.kind == Kind::Counter { column(|row| row.increase) } else { Vec::new() },
            series,
            id,
        })
    }
}
