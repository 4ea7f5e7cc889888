//! Head block: the newest samples in memory. This file has writes and removals, `head/read.rs` has reads.
//!
//! All series share one column of times, because all samples of a tick have the same time; each series then costs
//! eight bytes per tick. A missing value is NaN, which no sample can be.

mod read;

use crate::StoredSeries;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use watchglass_model::{Batch, Catalogue, Series, SeriesId};

/// Milliseconds per hour: samples are stored in blocks of one hour.
pub(crate) const HOUR: i64 = 3_600_000;
/// Maximum absolute timestamp: the range of JavaScript's `Date`.
const MAX_ABS_MILLIS: u64 = 8_640_000_000_000_000;

/// Initial capacity per series: one hour at one value per second, plus the values until its block is written.
const INITIAL_CAPACITY: usize = 4096;

/// Hours since the Unix epoch.
pub(crate) fn hour_of(millis: i64) -> i64 {
    millis.div_euclid(HOUR)
}

/// The newest samples of all series.
#[derive(Debug)]
pub(crate) struct Head {
    times: VecDeque<i64>,
    columns: Vec<HeadColumn>,
    by_series: HashMap<Arc<StoredSeries>, usize>,
    /// Index in `columns` by series id of this run.
    places: Vec<Option<usize>>,
    limit: usize,
    next_number: u32,
    may_prune: bool,
    hours: BTreeMap<i64, HourState>,
    batches: u64,
    newest: Option<i64>,
    refused: u64,
}

#[derive(Debug)]
struct HeadColumn {
    series: Arc<StoredSeries>,
    id: Option<SeriesId>,
    /// Unique and never reused, unlike the index in `columns`.
    number: u32,
    values: VecDeque<f64>,
}

/// Change tracking of an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HourState {
    /// Incremented with every change.
    pub(crate) version: u64,
    /// Number of the last batch that changed it.
    pub(crate) touched: u64,
}

/// Batch as written to the WAL: series numbers of the head, and values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Entry {
    pub(crate) time: i64,
    pub(crate) samples: Vec<(u32, f64)>,
}

impl Head {
    /// An empty head for at most `limit` series at a time.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            times: VecDeque::new(),
            columns: Vec::new(),
            by_series: HashMap::new(),
            places: Vec::new(),
            limit,
            next_number: 0,
            may_prune: false,
            hours: BTreeMap::new(),
            batches: 0,
            newest: None,
            refused: 0,
        }
    }

    /// Sets the series limit.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Appends a batch; see [`History::append`](crate::History::append). Returns the accepted part.
    pub(crate) fn append(&mut self, batch: &Batch, series: &[Series], catalogue: &Catalogue) -> Entry {
        let time = batch.time.millis();
        let mut entry = Entry { time, samples: Vec::with_capacity(batch.samples.len()) };
        if time.unsigned_abs() > MAX_ABS_MILLIS {
            self.refused = self.refused.saturating_add(batch.samples.len() as u64);
            return entry;
        }
        let row = self.row(time);
        for sample in &batch.samples {
            let Some(series) = series.get(sample.series.0 as usize) else { continue };
            if !sample.value.is_finite() {
                continue;
            }
            let Some(place) = self.place(series, catalogue) else {
                self.refused = self.refused.saturating_add(1);
                continue;
            };
            if let Some(number) = self.set(place, row, sample.value) {
                entry.samples.push((number, sample.value));
            }
        }
        self.note(time);
        entry
    }

    /// Restores stored samples; series are indices from [`register`](Self::register).
    pub(crate) fn restore(&mut self, time: i64, samples: impl Iterator<Item = (usize, f64)>) {
        if time.unsigned_abs() > MAX_ABS_MILLIS {
            return;
        }
        let row = self.row(time);
        for (place, value) in samples.filter(|(_, value)| value.is_finite()) {
            self.set(place, row, value);
        }
        self.note(time);
    }

    /// The column index of a series, if the limit allows it.
    pub(crate) fn register(&mut self, series: &Arc<StoredSeries>) -> Option<usize> {
        if let Some(&place) = self.by_series.get(series) {
            return Some(place);
        }
        if self.columns.len() >= self.limit {
            self.prune();
        }
        if self.columns.len() >= self.limit {
            return None;
        }
        let number = self.next_number;
        self.next_number = number.checked_add(1)?;
        let place = self.columns.len();
        self.columns.push(HeadColumn {
            series: Arc::clone(series),
            id: None,
            number,
            values: VecDeque::new(),
        });
        self.by_series.insert(Arc::clone(series), place);
        Some(place)
    }

    fn place(&mut self, series: &Series, catalogue: &Catalogue) -> Option<usize> {
        let id = series.id.0 as usize;
        if let Some(Some(place)) = self.places.get(id) {
            return Some(*place);
        }
        if self.columns.len() >= self.limit && !self.may_prune {
            let known = self.by_series.get(&StoredSeries::new(series, catalogue)).copied();
            return known.inspect(|&place| self.number_in_run(series.id, place));
        }
        let place = self.register(&Arc::new(StoredSeries::new(series, catalogue)))?;
        self.number_in_run(series.id, place);
        Some(place)
    }

    /// Forgets the ids of series that have ended. Their samples remain.
    pub(crate) fn end_series(&mut self, ended: &[SeriesId]) {
        for id in ended {
            let place = self.places.get_mut(id.0 as usize).and_then(Option::take);
            if let Some(column) = place.and_then(|place| self.columns.get_mut(place)) {
                column.id = None;
            }
        }
    }

    fn number_in_run(&mut self, id: SeriesId, place: usize) {
        let index = id.0 as usize;
        if self.places.len() <= index {
            self.places.resize(index + 1, None);
        }
        if let (Some(slot), Some(column)) = (self.places.get_mut(index), self.columns.get_mut(place)) {
            *slot = Some(place);
            column.id = Some(id);
        }
    }

    /// Removes series without samples.
    fn prune(&mut self) {
        if std::mem::take(&mut self.may_prune) {
            self.retain(|column| !column.values.is_empty());
        }
    }

    fn retain(&mut self, keep: impl Fn(&HeadColumn) -> bool) {
        if self.columns.iter().all(&keep) {
            return;
        }
        self.columns.retain(keep);
        self.by_series.clear();
        self.places.clear();
        for place in 0..self.columns.len() {
            let Some(column) = self.columns.get(place) else { continue };
            self.by_series.insert(Arc::clone(&column.series), place);
            if let Some(id) = column.id {
                self.number_in_run(id, place);
            }
        }
    }

    /// The row of a time, inserted if missing.
    fn row(&mut self, time: i64) -> usize {
        let row = self.times.partition_point(|&earlier| earlier < time);
        if self.times.get(row) != Some(&time) {
            self.times.insert(row, time);
            for column in &mut self.columns {
                // Short columns are filled up lazily, when a later value arrives.
                if row < column.values.len() {
                    column.values.insert(row, f64::NAN);
                }
            }
        }
        row
    }

    fn set(&mut self, place: usize, row: usize, value: f64) -> Option<u32> {
        let column = self.columns.get_mut(place)?;
        if column.values.len() <= row {
            if column.values.capacity() <= row {
                // As much as if the series had grown row by row: one that begins late in an hour would otherwise be
                // given twice the rows that it needs by its second sample.
                let room = (row + 1).next_power_of_two();
                column.values.reserve_exact(room - column.values.len());
            }
            column.values.resize(row + 1, f64::NAN);
        }
        *column.values.get_mut(row)? = value;
        Some(column.number)
    }

    fn note(&mut self, time: i64) {
        self.batches += 1;
        self.newest = Some(time);
        let hour = self.hours.entry(hour_of(time)).or_default();
        *hour = HourState { version: hour.version + 1, touched: self.batches };
    }

    /// Whether half of the room is used, and a quarter by series that have ended: it is returned when they are in a block.
    pub(crate) fn is_crowded(&self) -> bool {
        let has_ended = |column: &&HeadColumn| column.id.is_none() && !column.values.is_empty();
        self.columns.len() > self.limit / 2 && self.columns.iter().filter(has_ended).count() >= self.limit / 4
    }

    /// Removes the samples of an hour.
    pub(crate) fn forget_hour(&mut self, hour: i64) {
        let start = hour.saturating_mul(HOUR);
        let rows = self.rows(&(start..start.saturating_add(HOUR)));
        self.times.drain(rows.clone());
        for column in &mut self.columns {
            let end = rows.end.min(column.values.len());
            column.values.drain(rows.start.min(end)..end);
            // Series that ended must become empty.
            if column.values.iter().all(|value| value.is_nan()) {
                column.values.clear();
            }
            // Keeps capacity for another hour, to avoid reallocating every hour.
            let room = if column.values.is_empty() { 0 } else { INITIAL_CAPACITY };
            column.values.shrink_to(room);
        }
        self.hours.remove(&hour);
        self.may_prune = true;
        // Series that ended are never written again.
        self.retain(|column| column.id.is_some() || !column.values.is_empty());
    }

    /// Removes the oldest samples if there are more than `most` values; returns whether it did.
    pub(crate) fn shrink(&mut self, most: usize) -> bool {
        let rows = most / self.columns.len().max(1);
        let limit = self.times.len().checked_sub(rows).filter(|&excess| excess > 0);
        let limit = limit.and_then(|excess| self.times.get(excess).copied());
        if let Some(limit) = limit {
            self.forget_before(limit);
        }
        limit.is_some()
    }

    /// Removes samples older than `limit`.
    pub(crate) fn forget_before(&mut self, limit: i64) {
        let old = self.times.partition_point(|&time| time < limit);
        self.times.drain(..old);
        for column in &mut self.columns {
            column.values.drain(..old.min(column.values.len()));
        }
        let hour = hour_of(limit);
        self.hours.retain(|&earlier, _| earlier >= hour);
        self.may_prune |= old > 0;
    }
}
