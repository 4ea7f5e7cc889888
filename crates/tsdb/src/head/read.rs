//! Reads of the head block.

use super::{Entry, Head, HourState};
use crate::StoredSeries;
use crate::selector::CompiledSelector;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use watchglass_model::{SeriesId, Timestamp};

impl Head {
    /// Time of the last batch.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.newest.map(Timestamp::from_millis)
    }

    /// Sets the time of the last batch after a restart, from the newest stored sample.
    pub(crate) fn set_newest(&mut self, millis: i64) {
        self.newest = Some(millis);
    }

    /// Largest time.
    pub(crate) fn last_time(&self) -> Option<i64> {
        self.times.back().copied()
    }

    /// Smallest time.
    pub(crate) fn first_time(&self) -> Option<i64> {
        self.times.front().copied()
    }

    /// Number of batches.
    pub(crate) fn batches(&self) -> u64 {
        self.batches
    }

    /// Number of dropped samples.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    /// Number of allocated value cells.
    pub(crate) fn cells(&self) -> usize {
        self.times.len().saturating_mul(self.columns.len())
    }

    /// Number of samples.
    pub(crate) fn samples(&self) -> u64 {
        self.columns.iter().flat_map(|column| &column.values).filter(|value| !value.is_nan()).count() as u64
    }

    /// Number of columns.
    #[cfg(test)]
    pub(crate) fn column_count(&self) -> usize {
        self.columns.len()
    }

    /// Number of series with samples.
    pub(crate) fn active(&self) -> usize {
        self.columns.iter().filter(|column| !column.values.is_empty()).count()
    }

    /// Hours with samples.
    pub(crate) fn hours(&self) -> &BTreeMap<i64, HourState> {
        &self.hours
    }

    /// The selected series with their ids of this run.
    pub(crate) fn select(&self, test: &CompiledSelector) -> Vec<(Arc<StoredSeries>, Option<SeriesId>)> {
        let columns = self.columns.iter().filter(|column| test.matches(&column.series));
        columns.map(|column| (Arc::clone(&column.series), column.id)).collect()
    }

    /// All series with samples.
    pub(crate) fn all(&self) -> Vec<Arc<StoredSeries>> {
        let columns = self.columns.iter().filter(|column| !column.values.is_empty());
        columns.map(|column| Arc::clone(&column.series)).collect()
    }

    /// The series of a head number.
    pub(crate) fn numbered(&self, number: u32) -> Option<Arc<StoredSeries>> {
        // Numbers ascend with the columns.
        let place = self.columns.partition_point(|column| column.number < number);
        self.columns
            .get(place)
            .filter(|column| column.number == number)
            .map(|column| Arc::clone(&column.series))
    }

    pub(super) fn rows(&self, times: &Range<i64>) -> Range<usize> {
        let row = |time: i64| self.times.partition_point(|&earlier| earlier < time);
        let start = row(times.start);
        start..row(times.end).max(start)
    }

    /// The times within a range.
    pub(crate) fn times_in(&self, times: Range<i64>) -> Vec<i64> {
        self.times.range(self.rows(&times)).copied().collect()
    }

    /// The samples of a series within a range of times.
    pub(crate) fn samples_of(&self, series: &StoredSeries, times: Range<i64>) -> Vec<(i64, f64)> {
        let Some(column) = self.by_series.get(series).and_then(|&place| self.columns.get(place)) else {
            return Vec::new();
        };
        let rows = self.rows(&times);
        let end = rows.end.min(column.values.len());
        let start = rows.start.min(end);
        let times = self.times.range(start..end).copied();
        times.zip(column.values.range(start..end).copied()).filter(|(_, value)| !value.is_nan()).collect()
    }

    /// The newest sample of a series within a range of times.
    pub(crate) fn last_of(&self, series: &StoredSeries, times: Range<i64>) -> Option<(i64, f64)> {
        let column = self.columns.get(*self.by_series.get(series)?)?;
        let rows = self.rows(&times);
        let end = rows.end.min(column.values.len());
        let start = rows.start.min(end);
        let times = self.times.range(start..end).copied();
        times.zip(column.values.range(start..end).copied()).rev().find(|(_, value)| !value.is_nan())
    }

    /// At most `count` batches from `from` on.
    pub(crate) fn entries(&self, from: i64, count: usize) -> Vec<Entry> {
        let first = self.times.partition_point(|&time| time < from);
        let times = self.times.iter().enumerate().skip(first).take(count);
        times
            .map(|(row, &time)| {
                let values = self.columns.iter().filter_map(|column| {
                    let value = *column.values.get(row)?;
                    (!value.is_nan()).then_some((column.number, value))
                });
                Entry { time, samples: values.collect() }
            })
            .collect()
    }
}
