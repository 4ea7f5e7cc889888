//! Head block: the newest samples in memory. This file has writes, `head/forget.rs` removals, `head/read.rs` reads.
//!
//! All series share one column of times, because all samples of a tick have the same time; each series then costs
//! eight bytes per tick. A missing value is NaN, which no sample can be.

mod forget;
mod read;

use crate::StoredSeries;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use watchglass_model::{Batch, Catalogue, Series, SeriesId};

/// Milliseconds per hour: samples are stored in blocks of one hour.
pub(crate) const HOUR: i64 = 3_600_000;
/// Maximum absolute timestamp: the range of JavaScript's `Date`.
const MAX_ABS_MILLIS: u64 = 8_640_000_000_000_000;

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
    /// Newest time, in milliseconds.
    last: i64,
    /// Number of batches that were not newer than `last`.
    late: u64,
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
        let first = HourState { last: i64::MIN, ..HourState::default() };
        let hour = self.hours.entry(hour_of(time)).or_insert(first);
        *hour = HourState {
            version: hour.version + 1,
            touched: self.batches,
            last: hour.last.max(time),
            late: hour.late + u64::from(time <= hour.last),
        };
    }
}
