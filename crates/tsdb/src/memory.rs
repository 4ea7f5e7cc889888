//! In-memory store of recent samples at full resolution.

use crate::head::Head;
use crate::query::{check_size, sort};
use crate::row::{LOOKBACK, readings};
use crate::row_aggregator::RowAggregator;
use crate::{Columns, History, Query, QueryError, Selector, Status, StoredSeries, Visit};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::Duration;
use watchglass_model::{Batch, Catalogue, Series, SeriesId, TimeRange, Timestamp};

/// In-memory store with a retention relative to the newest sample.
#[derive(Debug)]
pub struct MemoryHistory {
    length: Duration,
    head: RwLock<Head>,
}

impl MemoryHistory {
    /// An empty store with a retention of `length` before the newest sample, for at most `series_limit` series at a time.
    pub fn new(length: Duration, series_limit: usize) -> Self {
        Self { length, head: RwLock::new(Head::new(series_limit)) }
    }

    fn read(&self) -> RwLockReadGuard<'_, Head> {
        self.head.read().unwrap_or_else(PoisonError::into_inner)
    }
}

impl History for MemoryHistory {
    fn append(&self, batch: &Batch, series: &[Series], catalogue: &Catalogue) {
        let mut head = self.head.write().unwrap_or_else(PoisonError::into_inner);
        head.append(batch, series, catalogue);
        if let Some(newest) = head.last_time() {
            head.forget_before((Timestamp::from_millis(newest) - self.length).millis());
        }
    }

    fn end_series(&self, ended: &[SeriesId]) {
        self.head.write().unwrap_or_else(PoisonError::into_inner).end_series(ended);
    }

    fn query(&self, query: &Query) -> Result<Columns, QueryError> {
        let test = query.selector.compile()?;
        let (start, rows) = query.rows()?;
        let head = self.read();
        let selected = head.select(&test);
        check_size(selected.len(), rows)?;
        let end = query.end(start, rows);
        // The sample before the range gives the first rate inside it.
        let times = (start - LOOKBACK).millis()..end.millis();
        let mut columns: Vec<_> = selected
            .into_iter()
            .filter_map(|(series, id)| {
                let mut aggregator = RowAggregator::new(rows);
                for (time, reading) in readings(series.kind, None, &head.samples_of(&series, times.clone())) {
                    if let Some(row) = query.row(start, time) {
                        aggregator.add(row, &reading);
                    }
                }
                aggregator.finish(series, id)
            })
            .collect();
        sort(&mut columns);
        Ok(Columns { start, step_millis: query.step_millis, rows, columns })
    }

    fn raw(&self, selector: &Selector, range: TimeRange, visit: &mut Visit<'_>) -> Result<(), QueryError> {
        let test = selector.compile()?;
        let mut selected = self.read().select(&test);
        selected.sort_by(|(a, _), (b, _)| a.order(b));
        for (series, _) in selected {
            let samples = self.read().samples_of(&series, range.start.millis()..range.end.millis());
            let samples: Vec<_> =
                samples.into_iter().map(|(time, value)| (Timestamp::from_millis(time), value)).collect();
            if !samples.is_empty() {
                visit(&series, &samples);
            }
        }
        Ok(())
    }

    fn newest(&self) -> Option<Timestamp> {
        self.read().newest()
    }

    fn series(&self, selector: &Selector) -> Result<Vec<Arc<StoredSeries>>, QueryError> {
        let test = selector.compile()?;
        let mut series = self.read().select_sampled(&test);
        series.sort_by(|a, b| a.order(b));
        Ok(series)
    }

    fn status(&self) -> Status {
        let head = self.read();
        Status {
            stored_bytes: 0,
            samples: head.samples(),
            series: head.active(),
            refused: head.refused(),
            oldest: head.first_time().map(Timestamp::from_millis),
            unshared: None,
            conflicts: 0,
            unsaved_batches: 0,
            problems: Vec::new(),
        }
    }

    fn close(&self) {}
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance;

    #[test]
    fn conforms() {
        conformance::check(&|limit| Box::new(MemoryHistory::new(Duration::from_secs(1_000_000), limit)));
    }

    #[test]
    fn expired_samples_are_removed() {
        let history = MemoryHistory::new(Duration::from_secs(60), 10);
        let world = conformance::World::new();
        for (second, value) in [(1, 1.0), (2, 5.0), (4, 3.0), (63, 9.0)] {
            world.append(&history, second * 1000, &[(0, value)]);
        }
        assert_eq!(world.rows(&history, 0, (0, 64_000), 32_000), ["3..3 ~3", "9..9 ~9"]);
    }
}
