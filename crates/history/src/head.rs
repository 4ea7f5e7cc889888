//! The newest samples, in memory: how they come and go. `head/read.rs` is how they are asked for.
//!
//! All series share one column of times, because all samples of a tick share its time; each series then costs
//! eight bytes a tick. A missing value is NaN, which no sample can be.

mod read;

use crate::StoredSeries;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;
use watchglass_model::{Batch, Catalogue, Series, SeriesId};

/// Milliseconds of the stretches that samples are stored in.
pub(crate) const HOUR: i64 = 3_600_000;
/// The latest and the earliest moment that a calendar need know: what JavaScript's `Date` can hold.
const MOST_MILLIS: u64 = 8_640_000_000_000_000;

/// Values that a series has room for: an hour of them at one a second, and what comes until that is sealed.
const ROOM: usize = 4096;

/// The stretch that a moment lies in: hours since the Unix epoch.
pub(crate) fn hour_of(millis: i64) -> i64 {
    millis.div_euclid(HOUR)
}

/// The newest samples of all series.
#[derive(Debug)]
pub(crate) struct Head {
    times: VecDeque<i64>,
    columns: Vec<HeadColumn>,
    by_series: HashMap<Arc<StoredSeries>, usize>,
    /// For each number of a series in this run, its place in `columns`.
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
    /// Never used twice, unlike the place in `columns`.
    number: u32,
    values: VecDeque<f64>,
}

/// What happened to the samples of an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HourState {
    /// Grows with every change.
    pub(crate) version: u64,
    /// The number of the batch that changed it last.
    pub(crate) touched: u64,
}

/// A batch as it is written down: numbers that the head gave to the series, and values.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Entry {
    pub(crate) time: i64,
    pub(crate) samples: Vec<(u32, f64)>,
}

impl Head {
    /// An empty head that takes no more than `limit` series at a time.
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

    /// Sets how many series it takes at a time.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes over a batch; see [`History::append`](crate::History::append). What it took is returned.
    pub(crate) fn append(&mut self, batch: &Batch, series: &[Series], catalogue: &Catalogue) -> Entry {
        let time = batch.time.millis();
        let mut entry = Entry { time, samples: Vec::with_capacity(batch.samples.len()) };
        if time.unsigned_abs() > MOST_MILLIS {
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

    /// Takes over samples that were stored before: places of series as [`register`](Self::register) gave them.
    pub(crate) fn restore(&mut self, time: i64, samples: impl Iterator<Item = (usize, f64)>) {
        if time.unsigned_abs() > MOST_MILLIS {
            return;
        }
        let row = self.row(time);
        for (place, value) in samples.filter(|(_, value)| value.is_finite()) {
            self.set(place, row, value);
        }
        self.note(time);
    }

    /// The place of a series among the columns, if there is room for it.
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

    /// Gives up the series without samples.
    fn prune(&mut self) {
        if !std::mem::take(&mut self.may_prune) {
            return;
        }
        self.columns.retain(|column| !column.values.is_empty());
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

    /// The row of a time, which is made if need be.
    fn row(&mut self, time: i64) -> usize {
        let row = self.times.partition_point(|&earlier| earlier < time);
        if self.times.get(row) != Some(&time) {
            self.times.insert(row, time);
            for column in &mut self.columns {
                // A column that ends early is filled up only when something comes behind its end.
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

    /// Forgets the samples of an hour.
    pub(crate) fn forget_hour(&mut self, hour: i64) {
        let start = hour.saturating_mul(HOUR);
        let rows = self.rows(&(start..start.saturating_add(HOUR)));
        self.times.drain(rows.clone());
        for column in &mut self.columns {
            let end = rows.end.min(column.values.len());
            column.values.drain(rows.start.min(end)..end);
            // A series that ended must be seen to be empty.
            if column.values.iter().all(|value| value.is_nan()) {
                column.values.clear();
            }
            // Room for another hour stays, so that memory is not given back and taken again every hour.
            let room = if column.values.is_empty() { 0 } else { ROOM };
            column.values.shrink_to(room);
        }
        self.hours.remove(&hour);
        self.may_prune = true;
    }

    /// Forgets the oldest samples, if there are more than `most` places for values; says whether it did.
    pub(crate) fn shrink(&mut self, most: usize) -> bool {
        let rows = most / self.columns.len().max(1);
        let limit = self.times.len().checked_sub(rows).filter(|&excess| excess > 0);
        let limit = limit.and_then(|excess| self.times.get(excess).copied());
        if let Some(limit) = limit {
            self.forget_before(limit);
        }
        limit.is_some()
    }

    /// Forgets what is older than `limit`.
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
