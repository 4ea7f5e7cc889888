//! Samples of one series in the head.

use super::hour_of;
use super::late::Late;
use super::pages::{Pages, join};
use super::rows::Rows;
use super::times::RowTime;
use crate::StoredSeries;
use crate::samples::{Samples, merge};
use std::ops::Range;
use std::sync::Arc;
use watchglass_model::SeriesId;

/// Number of values of an open page. It has eight bytes per value.
const OPEN_VALUES: usize = 64;
/// Growth of an open page in values.
const GROWTH: usize = 16;
/// Number of samples from another group, without one of its own group in between, after which a series is moved.
const MOVE_SAMPLES: u32 = 32;

/// Series with its samples.
#[derive(Debug)]
pub(super) struct HeadColumn {
    pub(super) series: Arc<StoredSeries>,
    pub(super) id: Option<SeriesId>,
    /// Unique and never reused, unlike the index in the head.
    pub(super) number: u32,
    /// Index of its group.
    pub(super) group: u32,
    /// The first row that can be added to the open page.
    next_row: u32,
    /// Hour of the last row of the open page.
    hour: i64,
    pages: Pages,
    open_rows: Rows,
    open_values: Vec<f64>,
    /// Number of values of the open page that are of the hour before: they are in a page of their own later, so that not
    /// all series have their pages closed at the first row of an hour.
    before_hour: usize,
    late: Option<Box<Late>>,
}

impl HeadColumn {
    pub(super) fn new(series: Arc<StoredSeries>, number: u32, group: u32) -> Self {
        Self {
            series,
            id: None,
            number,
            group,
            next_row: 0,
            hour: 0,
            pages: Pages::default(),
            open_rows: Rows::default(),
            open_values: Vec::new(),
            before_hour: 0,
            late: None,
        }
    }

    /// Sets a sample of its group. `row` is the row of the time, if the group has one.
    pub(super) fn put(&mut self, row: Option<u32>, time: i64, value: f64) {
        let is_behind_late = self.late.as_mut().is_none_or(|late| {
            late.foreign = 0;
            late.last_time().is_none_or(|last| last < time)
        });
        let row = row.filter(|_| is_behind_late);
        match (row, self.open_values.last_mut()) {
            (Some(row), _) if row >= self.next_row => self.push(row, time, value),
            (Some(row), Some(last)) if self.open_rows.last() == Some(row) => *last = value,
            _ => self.late.get_or_insert_default().put(time, value),
        }
    }

    /// Sets a sample of another group. Returns whether the series should be moved there.
    pub(super) fn put_foreign(&mut self, time: i64, value: f64) -> bool {
        let late = self.late.get_or_insert_default();
        late.put(time, value);
        late.foreign += 1;
        late.foreign >= MOVE_SAMPLES
    }

    fn push(&mut self, row: u32, time: i64, value: f64) {
        let hour = hour_of(time);
        if hour != self.hour {
            if self.before_hour > 0 || self.open_values.is_empty() {
                self.close();
                self.pages.end_hour();
            } else {
                self.before_hour = self.open_values.len();
            }
            self.hour = hour;
        }
        if self.open_values.len() == self.open_values.capacity() {
            self.open_values.reserve_exact(GROWTH);
        }
        self.open_rows.push(row);
        self.open_values.push(value);
        self.next_row = row.saturating_add(1);
        // Not all series of a group at the same row.
        let first = OPEN_VALUES / 2 + self.number as usize % (OPEN_VALUES / 2);
        if self.open_values.len() >= if self.pages.is_empty() { first } else { OPEN_VALUES } {
            self.close();
        }
    }

    fn close(&mut self) {
        let (rows, values) = (std::mem::take(&mut self.open_rows), std::mem::take(&mut self.open_values));
        let split = std::mem::take(&mut self.before_hour);
        let (Some((before, values)), true) = (values.split_at_checked(split), !values.is_empty()) else {
            return;
        };
        if split == 0 {
            self.pages.push(&rows, values);
            return;
        }
        self.pages.push(&rows.iter().take(split).collect(), before);
        self.pages.end_hour();
        self.pages.push(&rows.iter().skip(split).collect(), values);
    }

    /// Moves the series to another group. `rows` are all of its group so far.
    pub(super) fn move_to(&mut self, group: u32, rows: &[RowTime]) {
        let samples = self.own_samples(rows);
        let mut late = self.late.take().unwrap_or_default();
        if !samples.is_empty() {
            // The late samples win.
            let newer = late.within(&(i64::MIN..i64::MAX));
            *late = Late::default();
            late.add(merge(samples, newer));
        }
        late.foreign = 0;
        self.late = Some(late).filter(|late| !late.is_empty());
        (self.group, self.next_row) = (group, 0);
        (self.pages, self.open_rows, self.open_values) = (Pages::default(), Rows::default(), Vec::new());
        self.before_hour = 0;
    }

    /// The samples of some rows of its group.
    fn own_samples(&self, rows: &[RowTime]) -> Samples {
        let mut found = Samples::with_capacity(rows.len());
        self.pages.samples(rows, &mut found);
        join(rows, &self.open_rows, &self.open_values, &mut found);
        found
    }

    /// The samples within a range of times, which has these rows.
    pub(super) fn samples(&self, rows: &[RowTime], times: &Range<i64>) -> Samples {
        let own = self.own_samples(rows);
        merge(own, self.late_samples(times))
    }

    /// The newest sample within a range of times, which has these rows.
    pub(super) fn last_sample(&self, rows: &[RowTime], times: &Range<i64>) -> Option<(i64, f64)> {
        let mut open = Vec::new();
        join(rows, &self.open_rows, &self.open_values, &mut open);
        let own = open.pop().or_else(|| self.pages.last_sample(rows));
        let late = self.late.as_ref().and_then(|late| late.within(times).pop());
        // The late one wins for equal times.
        late.into_iter().chain(own).reduce(|late, own| if own.0 > late.0 { own } else { late })
    }

    /// The late samples within a range of times.
    pub(super) fn late_samples(&self, times: &Range<i64>) -> Samples {
        self.late.as_ref().map_or_else(Vec::new, |late| late.within(times))
    }

    /// Smallest and largest time of late samples.
    pub(super) fn late_times(&self) -> Option<(i64, i64)> {
        let late = self.late.as_ref()?;
        Some((late.first_time()?, late.last_time()?))
    }

    /// Removes the late samples within a range of times, and those of some rows of its group.
    pub(super) fn forget(&mut self, times: &Range<i64>, rows: &Range<u32>) {
        if let Some(late) = &mut self.late {
            late.forget(times);
        }
        if self.late.as_ref().is_some_and(|late| late.is_empty()) {
            self.late = None;
        }
        self.pages.forget(rows);
        if !self.open_rows.iter().any(|row| rows.contains(&row)) {
            return;
        }
        let is_left = |row: &u32| !rows.contains(row);
        self.before_hour = self.open_rows.iter().take(self.before_hour).filter(is_left).count();
        let left =
            self.open_rows.iter().zip(self.open_values.iter().copied()).filter(|(row, _)| is_left(row));
        let (rows, values): (Vec<u32>, Vec<f64>) = left.unzip();
        (self.open_rows, self.open_values) = (rows.into_iter().collect(), values);
    }

    /// Number of samples. One that was replaced late counts twice.
    pub(super) fn len(&self) -> usize {
        self.pages.len() + self.open_values.len() + self.late.as_ref().map_or(0, |late| late.len())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.open_values.is_empty() && self.late.is_none()
    }

    /// Allocated bytes, without the series.
    pub(super) fn bytes(&self) -> usize {
        let late = self.late.as_ref().map_or(0, |late| late.bytes());
        size_of::<Self>() + self.pages.bytes() + self.open_values.capacity() * 8 + late
    }
}
