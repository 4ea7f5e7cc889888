//! Head block: the newest samples in memory. This file has writes, `head/series.rs` the series, `head/forget.rs` removals,
//! `head/read.rs` reads, `head/copy.rs` a copy of everything.
//!
//! Series that are measured together are a *group* and share their times (`times.rs`). A series is a column of its group
//! (`column.rs`): compressed pages of the values of its rows (`pages.rs`), an open page, and the samples that came out of
//! order, with times of their own (`late.rs`). A row without a value of a series is not in its pages, so that a value can be
//! any number.

mod codec;
mod column;
mod copy;
mod forget;
mod late;
mod pages;
mod read;
mod rows;
mod series;
mod times;

use crate::StoredSeries;
use column::HeadColumn;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use times::Times;
use watchglass_model::{Batch, Catalogue, Series};

/// Milliseconds per hour: samples are stored in blocks of one hour.
pub(crate) const HOUR: i64 = 3_600_000;
/// Maximum absolute timestamp: the range of JavaScript's `Date`.
const MAX_ABS_MILLIS: u64 = 8_640_000_000_000_000;
/// Key of the group of the tick.
pub(crate) const TICK: &str = "";
/// Maximum length of the key of a group in bytes.
pub(crate) const MAX_GROUP_BYTES: usize = 4096;

/// Hours since the Unix epoch.
pub(crate) fn hour_of(millis: i64) -> i64 {
    millis.div_euclid(HOUR)
}

/// The newest samples of all series.
#[derive(Debug)]
pub(crate) struct Head {
    groups: Vec<Group>,
    by_key: HashMap<Arc<str>, u32>,
    /// Indices in `groups` without a group.
    vacant: Vec<u32>,
    columns: Vec<HeadColumn>,
    by_series: HashMap<Arc<StoredSeries>, u32>,
    /// Indices in `columns` by metric name, ascending.
    by_metric: HashMap<Box<str>, Vec<u32>>,
    /// Index in `columns` by series id of this run.
    places: Vec<Option<u32>>,
    limit: usize,
    next_number: u32,
    may_prune: bool,
    hours: BTreeMap<i64, HourState>,
    batches: u64,
    newest: Option<i64>,
    has_ticked: bool,
    refused: u64,
}

/// Series that are measured together.
#[derive(Debug)]
struct Group {
    key: Arc<str>,
    times: Times,
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
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) group: Arc<str>,
    pub(crate) time: i64,
    pub(crate) samples: Vec<(u32, f64)>,
}

/// Row of a group. Without a number its samples are late.
#[derive(Clone, Copy, Debug)]
struct RowPlace {
    group: u32,
    row: Option<u32>,
    time: i64,
}

impl Head {
    /// An empty head for at most `limit` series at a time.
    pub(crate) fn new(limit: usize) -> Self {
        Self {
            groups: Vec::new(),
            by_key: HashMap::new(),
            vacant: Vec::new(),
            columns: Vec::new(),
            by_series: HashMap::new(),
            by_metric: HashMap::new(),
            places: Vec::new(),
            limit,
            next_number: 0,
            may_prune: false,
            hours: BTreeMap::new(),
            batches: 0,
            newest: None,
            has_ticked: false,
            refused: 0,
        }
    }

    /// Sets the series limit.
    pub(crate) fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Appends a batch of the tick; see [`History::append`](crate::History::append). Returns the accepted part, or `None` if
    /// its time is out of range.
    pub(crate) fn append(
        &mut self,
        batch: &Batch,
        series: &[Series],
        catalogue: &Catalogue,
    ) -> Option<Entry> {
        self.append_to(TICK, batch, series, catalogue, f64::is_finite)
    }

    /// Appends a batch of a group; see [`EmbeddedHistory::append_group`](crate::EmbeddedHistory::append_group). Returns the accepted part, or
    /// `None` if its time is out of range, or the group is empty or too long.
    pub(crate) fn append_group(
        &mut self,
        group: &str,
        batch: &Batch,
        series: &[Series],
        catalogue: &Catalogue,
    ) -> Option<Entry> {
        if group == TICK || group.len() > MAX_GROUP_BYTES {
            self.refused = self.refused.saturating_add(batch.samples.len() as u64);
            return None;
        }
        self.append_to(group, batch, series, catalogue, |_| true)
    }

    fn append_to(
        &mut self,
        group: &str,
        batch: &Batch,
        series: &[Series],
        catalogue: &Catalogue,
        is_stored: impl Fn(f64) -> bool,
    ) -> Option<Entry> {
        let time = batch.time.millis();
        if time.unsigned_abs() > MAX_ABS_MILLIS {
            self.refused = self.refused.saturating_add(batch.samples.len() as u64);
            return None;
        }
        let row = self.row(group, time)?;
        let key = Arc::clone(&self.groups.get(row.group as usize)?.key);
        let mut entry = Entry { group: key, time, samples: Vec::with_capacity(batch.samples.len()) };
        for sample in batch.samples.iter().filter(|sample| is_stored(sample.value)) {
            let Some(series) = series.get(sample.series.0 as usize) else { continue };
            let Some(place) = self.place(series, catalogue, row.group) else {
                self.refused = self.refused.saturating_add(1);
                continue;
            };
            if let Some(number) = self.put(place, row, sample.value) {
                entry.samples.push((number, sample.value));
            }
        }
        self.note(group, time);
        Some(entry)
    }

    /// Restores stored samples; series are indices from [`register`](Self::register).
    pub(crate) fn restore(&mut self, group: &str, time: i64, samples: impl Iterator<Item = (u32, f64)>) {
        if time.unsigned_abs() > MAX_ABS_MILLIS {
            return;
        }
        let Some(row) = self.row(group, time) else { return };
        for (place, value) in samples {
            self.put(place, row, value);
        }
        self.note(group, time);
    }

    /// The index of a group, which is new if there is none.
    fn group(&mut self, key: &str) -> Option<u32> {
        if let Some(&group) = self.by_key.get(key) {
            return Some(group);
        }
        let key: Arc<str> = key.into();
        let new = Group { key: Arc::clone(&key), times: Times::default() };
        let group = match self.vacant.pop() {
            Some(group) => {
                *self.groups.get_mut(group as usize)? = new;
                group
            }
            None => {
                self.groups.push(new);
                u32::try_from(self.groups.len() - 1).ok()?
            }
        };
        self.by_key.insert(key, group);
        Some(group)
    }

    fn row(&mut self, group: &str, time: i64) -> Option<RowPlace> {
        let group = self.group(group)?;
        let times = &mut self.groups.get_mut(group as usize)?.times;
        let row = times.push(time).or_else(|| times.row_of(time));
        Some(RowPlace { group, row, time })
    }

    fn put(&mut self, place: u32, RowPlace { group, row, time }: RowPlace, value: f64) -> Option<u32> {
        let column = self.columns.get_mut(place as usize)?;
        if column.group != group && column.is_empty() {
            column.move_to(group, &[]);
        }
        if column.group == group {
            column.put(row, time, value);
        } else if column.put_foreign(time, value) {
            let before = self.groups.get(column.group as usize)?;
            column.move_to(group, &before.times.within(&(i64::MIN..i64::MAX)));
        }
        Some(column.number)
    }

    fn note(&mut self, group: &str, time: i64) {
        self.batches += 1;
        if group == TICK {
            (self.newest, self.has_ticked) = (Some(time), true);
        } else if !self.has_ticked {
            self.newest = self.newest.max(Some(time));
        }
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
