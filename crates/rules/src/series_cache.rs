//! Cache of the selected series and their window values; each value is computed once however many rules use it.

use crate::window::{Aggregation, Window};
use crate::{EvalInput, Point};
use std::collections::{HashMap, HashSet};
use watchglass_model::{Kind, Labels, Series, SeriesId, Timestamp};

/// All series selected by some rule.
#[derive(Debug, Default)]
pub(crate) struct WindowCache {
    series: Vec<CachedSeries>,
    by_key: HashMap<String, u32>,
    slots: Vec<Slot>,
    by_slot: HashMap<(u32, Aggregation, u32), u32>,
    /// Value of each slot; NaN when there is none. Stored contiguously, because every rule reads them at every tick.
    values: Vec<f64>,
    /// Absence of each series, contiguous for the same reason.
    absences: Vec<(i64, bool)>,
}

/// One series.
#[derive(Debug)]
struct CachedSeries {
    labels: Labels,
    metric: String,
    /// Number in this run; `None` until it is seen in this run, and after it has ended.
    id: Option<SeriesId>,
    kind: Kind,
    /// Newest reading; NaN when there is none.
    newest: f64,
    /// Time of the newest point; `None` until there is one in this run.
    time: Option<Timestamp>,
    /// Point of this tick, with the increase of a counter.
    fresh: Option<(Point, Option<f64>)>,
    /// Milliseconds without data; 0 while there is data.
    absent: i64,
    /// Whether data is expected: not after its alert was dismissed.
    is_expected: bool,
}

/// Source of a cached value.
#[derive(Debug)]
struct Slot {
    series: u32,
    /// `None` for the newest reading.
    window: Option<Window>,
}

impl WindowCache {
    /// Adds a series by name if it is new, even if it was not seen in this run; returns its index.
    pub(crate) fn intern(&mut self, metric: &str, labels: &Labels, kind: Kind) -> Option<u32> {
        let key = format!("{metric}{labels}");
        if let Some(index) = self.by_key.get(&key) {
            return Some(*index);
        }
        let index = u32::try_from(self.series.len()).ok()?;
        self.series.push(CachedSeries {
            labels: labels.clone(),
            metric: metric.to_owned(),
            id: None,
            kind,
            newest: f64::NAN,
            time: None,
            fresh: None,
            absent: 0,
            is_expected: true,
        });
        self.absences.push((0, false));
        self.by_key.insert(key, index);
        Some(index)
    }

    /// Adds a series seen in this run; returns its index, and whether it was known before. `None` for a duplicate.
    pub(crate) fn register(&mut self, series: &Series, kind: Kind) -> Option<(u32, bool)> {
        let count = self.series.len();
        let index = self.intern(&series.metric, &series.labels, kind)?;
        let watched = self.series.get_mut(index as usize)?;
        watched.kind = kind;
        let is_known = (index as usize) < count;
        (*watched.id.get_or_insert(series.id) == series.id).then_some((index, is_known))
    }

    /// Forgets the numbers of ended series; returns how many of them were selected by some rule.
    pub(crate) fn end_series(&mut self, ended: &HashSet<SeriesId>) -> usize {
        let is_over = |watched: &&mut CachedSeries| watched.id.is_some_and(|id| ended.contains(&id));
        let over = self.series.iter_mut().filter(is_over);
        over.map(|watched| watched.id = None).count()
    }

    /// Number of series.
    pub(crate) fn series_count(&self) -> usize {
        self.series.len()
    }

    /// Index of a value of a series; shared by all rules with the same aggregation and window.
    pub(crate) fn slot(&mut self, series: u32, aggregation: Aggregation, seconds: u32) -> Option<u32> {
        if let Some(index) = self.by_slot.get(&(series, aggregation, seconds)) {
            return Some(*index);
        }
        let index = u32::try_from(self.slots.len()).ok()?;
        let window = (aggregation != Aggregation::Last).then(|| Window::new(aggregation, seconds));
        self.slots.push(Slot { series, window });
        self.values.push(f64::NAN);
        self.by_slot.insert((series, aggregation, seconds), index);
        Some(index)
    }

    /// Takes over the data that `previous` gathered for series and values that are still used.
    pub(crate) fn inherit(&mut self, mut previous: Self) {
        for (key, index) in &self.by_key {
            let before = previous.by_key.get(key).and_then(|before| previous.series.get(*before as usize));
            if let (Some(watched), Some(before)) = (self.series.get_mut(*index as usize), before) {
                (watched.newest, watched.time) = (before.newest, before.time);
                (watched.absent, watched.is_expected) = (before.absent, before.is_expected);
            }
        }
        for ((series, aggregation, seconds), index) in &self.by_slot {
            let Some(watched) = self.series.get(*series as usize) else { continue };
            let key = format!("{}{}", watched.metric, watched.labels);
            let before = previous.by_key.get(&key);
            let before = before.and_then(|before| previous.by_slot.get(&(*before, *aggregation, *seconds)));
            let before = before.and_then(|before| previous.slots.get_mut(*before as usize));
            if let (Some(slot), Some(before)) = (self.slots.get_mut(*index as usize), before) {
                std::mem::swap(slot, before);
                slot.series = *series;
            }
        }
    }

    /// Reads the input at `now`, `elapsed` milliseconds after the last tick, and recomputes all values.
    pub(crate) fn tick<M: EvalInput + ?Sized>(&mut self, now: Timestamp, elapsed: i64, measured: &M) {
        for (watched, absence) in self.series.iter_mut().zip(&mut self.absences) {
            watched.update(watched.id.and_then(|id| measured.newest(id)), elapsed);
            // A known series has its first value late after a start: that does not say that it is gone.
            *absence = (watched.absent, watched.time.is_some() && watched.absent > 0);
        }
        let now = now.millis();
        for (slot, value) in self.slots.iter_mut().zip(&mut self.values) {
            let Some(watched) = self.series.get(slot.series as usize) else { continue };
            *value = match &mut slot.window {
                None => watched.newest,
                Some(window) => {
                    window.advance(now);
                    if let Some((point, increase)) = &watched.fresh {
                        window.add(now, point, *increase);
                    }
                    // A window of old readings says nothing about now; but an empty one is what a count counts.
                    let has_news = watched.absent == 0 || window.is_count();
                    window.value(now).filter(|_| has_news).unwrap_or(f64::NAN)
                }
            };
        }
    }

    /// Value of a slot; NaN when there is none.
    pub(crate) fn value(&self, slot: u32) -> f64 {
        self.values.get(slot as usize).copied().unwrap_or(f64::NAN)
    }

    /// Milliseconds without data, and whether the series gives none but did in this run.
    pub(crate) fn absence(&self, series: u32) -> (i64, bool) {
        self.absences.get(series as usize).copied().unwrap_or_default()
    }

    /// Milliseconds without data; `None` when data is not expected.
    pub(crate) fn expected_absence(&self, series: u32) -> Option<i64> {
        let watched = self.series.get(series as usize)?;
        watched.is_expected.then_some(watched.absent)
    }

    /// Time of the last value of a series in this run.
    pub(crate) fn last_value(&self, series: u32) -> Option<Timestamp> {
        self.series.get(series as usize)?.time
    }

    /// Stops expecting data of a series until it gives data again.
    pub(crate) fn stop_expecting(&mut self, series: u32) {
        if let Some(watched) = self.series.get_mut(series as usize) {
            (watched.absent, watched.is_expected) = (0, false);
        }
    }

    /// Sets how long a series had given no data before this run.
    pub(crate) fn set_absent(&mut self, series: u32, millis: i64) {
        if let Some(watched) = self.series.get_mut(series as usize) {
            watched.absent = watched.absent.max(millis);
        }
    }

    /// Labels of a series.
    pub(crate) fn labels(&self, series: u32) -> Option<&Labels> {
        self.series.get(series as usize).map(|watched| &watched.labels)
    }
}

impl CachedSeries {
    fn update(&mut self, point: Option<Point>, elapsed: i64) {
        self.fresh = None;
        let Some(point) = point else {
            self.newest = f64::NAN;
            if self.is_expected {
                // At least 1: the clock may have been set back.
                self.absent = self.absent.saturating_add(elapsed.max(1));
            }
            return;
        };
        (self.absent, self.is_expected) = (0, true);
        self.newest = point.mean().unwrap_or(f64::NAN);
        if self.time == Some(point.time) {
            return;
        }
        if point.count > 0 {
            self.fresh = Some((point, self.counter_increase(&point)));
        }
        self.time = Some(point.time);
    }

    /// Increase of a counter since the point before: its reading is the rate since then.
    fn counter_increase(&self, point: &Point) -> Option<f64> {
        if self.kind != Kind::Counter {
            return None;
        }
        point.increase.or_else(|| {
            let millis = point.time.millis_since(self.time?);
            (millis > 0).then(|| point.sum * millis as f64 / 1e3)
        })
    }
}
