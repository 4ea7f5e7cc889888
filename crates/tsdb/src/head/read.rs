//! Reads of the head block.

use super::times::RowTime;
use super::{Head, HeadColumn, HourState, TICK};
use crate::StoredSeries;
use crate::samples::Samples;
use crate::selector::CompiledSelector;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;
use watchglass_model::{SeriesId, Timestamp};

impl Head {
    /// Time of the last batch of the tick; of the newest batch if there was none.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.newest.map(Timestamp::from_millis)
    }

    /// Sets the time of the last batch after a restart, from the newest stored sample.
    pub(crate) fn set_newest(&mut self, millis: i64) {
        self.newest = Some(millis);
    }

    /// Largest time of the tick; of all groups if there was none.
    pub(crate) fn last_time(&self) -> Option<i64> {
        let tick = self.by_key.get(TICK).and_then(|&group| self.groups.get(group as usize));
        let last = tick.and_then(|tick| tick.times.last());
        last.or_else(|| {
            let late = self.columns.iter().filter_map(HeadColumn::late_times).map(|times| times.1);
            self.groups.iter().filter_map(|group| group.times.last()).chain(late).max()
        })
    }

    /// Smallest time.
    pub(crate) fn first_time(&self) -> Option<i64> {
        let late = self.columns.iter().filter_map(HeadColumn::late_times).map(|times| times.0);
        self.groups.iter().filter_map(|group| group.times.first()).chain(late).min()
    }

    /// Number of batches.
    pub(crate) fn batches(&self) -> u64 {
        self.batches
    }

    /// Number of groups.
    pub(crate) fn group_count(&self) -> usize {
        self.by_key.len()
    }

    /// Number of dropped samples.
    pub(crate) fn refused(&self) -> u64 {
        self.refused
    }

    /// Allocated bytes of samples, without series.
    pub(crate) fn bytes(&self) -> usize {
        let groups: usize = self.groups.iter().map(|group| group.times.bytes()).sum();
        groups + self.columns.iter().map(HeadColumn::bytes).sum::<usize>()
    }

    /// Number of samples.
    pub(crate) fn samples(&self) -> u64 {
        self.columns.iter().map(|column| column.len() as u64).sum()
    }

    /// Number of columns.
    #[cfg(test)]
    pub(crate) fn column_count(&self) -> usize {
        self.columns.len()
    }

    /// Number of series with samples.
    pub(crate) fn active(&self) -> usize {
        self.columns.iter().filter(|column| !column.is_empty()).count()
    }

    /// Hours with samples.
    pub(crate) fn hours(&self) -> &BTreeMap<i64, HourState> {
        &self.hours
    }

    /// The selected series with their ids of this run.
    pub(crate) fn select(&self, test: &CompiledSelector) -> Vec<(Arc<StoredSeries>, Option<SeriesId>)> {
        let columns = self.selected(test).into_iter();
        columns.map(|column| (Arc::clone(&column.series), column.id)).collect()
    }

    /// The selected series with samples.
    pub(crate) fn select_sampled(&self, test: &CompiledSelector) -> Vec<Arc<StoredSeries>> {
        let columns = self.selected(test).into_iter().filter(|column| !column.is_empty());
        columns.map(|column| Arc::clone(&column.series)).collect()
    }

    /// Most selectors name one metric of many: only its series are looked at.
    fn selected(&self, test: &CompiledSelector) -> Vec<&HeadColumn> {
        let matches = |column: &&HeadColumn| test.matches(&column.series);
        let Some(metric) = test.metric() else { return self.columns.iter().filter(matches).collect() };
        let places = self.by_metric.get(metric).into_iter().flatten();
        places.filter_map(|&place| self.columns.get(place as usize)).filter(matches).collect()
    }

    /// All series with samples, and the numbers of their groups.
    pub(crate) fn grouped(&self) -> impl Iterator<Item = (&Arc<StoredSeries>, u32)> {
        let columns = self.columns.iter().filter(|column| !column.is_empty());
        columns.map(|column| (&column.series, column.group))
    }

    /// The times of a group within a range, without those of late samples.
    pub(crate) fn group_times(&self, group: u32, times: &Range<i64>) -> Vec<i64> {
        let group = self.groups.get(group as usize);
        group.map_or_else(Vec::new, |group| group.times.within(times).into_iter().map(|row| row.1).collect())
    }

    /// Times of late samples within a range, with the numbers of the groups of their series.
    pub(crate) fn late_times(&self, times: &Range<i64>) -> Vec<(u32, i64)> {
        let late = |column: &HeadColumn| {
            let group = column.group;
            column.late_samples(times).into_iter().map(move |(time, _)| (group, time))
        };
        self.columns.iter().flat_map(late).collect()
    }

    /// The series of a head number.
    pub(crate) fn numbered(&self, number: u32) -> Option<Arc<StoredSeries>> {
        // Numbers ascend with the columns.
        let place = self.columns.partition_point(|column| column.number < number);
        let column = self.columns.get(place).filter(|column| column.number == number)?;
        Some(Arc::clone(&column.series))
    }

    fn column(&self, series: &StoredSeries) -> Option<&HeadColumn> {
        self.columns.get(*self.by_series.get(series)? as usize)
    }

    pub(super) fn rows_of(&self, column: &HeadColumn, times: &Range<i64>) -> Vec<RowTime> {
        let group = self.groups.get(column.group as usize);
        group.map_or_else(Vec::new, |group| group.times.within(times))
    }

    /// The samples of a series within a range of times.
    pub(crate) fn samples_of(&self, series: &StoredSeries, times: Range<i64>) -> Samples {
        let column = self.column(series).filter(|column| !column.is_empty());
        column.map_or_else(Vec::new, |column| column.samples(&self.rows_of(column, &times), &times))
    }

    /// The newest sample of a series within a range of times.
    pub(crate) fn last_of(&self, series: &StoredSeries, times: Range<i64>) -> Option<(i64, f64)> {
        let column = self.column(series).filter(|column| !column.is_empty())?;
        column.last_sample(&self.rows_of(column, &times), &times)
    }
}
