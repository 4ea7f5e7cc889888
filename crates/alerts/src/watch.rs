//! The series that rules are about, and the values that they ask for, made once however many rules ask.

use crate::window::{Aggregation, Window};
use crate::{Measured, Point};
use std::collections::HashMap;
use watchglass_model::{Kind, Labels, Series, SeriesId, Timestamp};

/// All series that some rule is about.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    series: Vec<Watched>,
    by_key: HashMap<String, u32>,
    slots: Vec<Slot>,
    by_slot: HashMap<(u32, Aggregation, u32), u32>,
    /// The value of each slot; NaN when there is none. Every rule reads them at every tick: they lie close together.
    values: Vec<f64>,
    /// The absence of each series, for the same reason.
    absences: Vec<(i64, bool)>,
}

/// One series.
#[derive(Debug)]
struct Watched {
    labels: Labels,
    metric: String,
    /// Its number in this run; `None` until it is met, when all that is known of it is that it was there before.
    id: Option<SeriesId>,
    kind: Kind,
    /// Its newest reading; NaN when there is none.
    newest: f64,
    /// Time of its newest point.
    time: Option<Timestamp>,
    /// What came in this tick, with the growth of a counter.
    fresh: Option<(Point, Option<f64>)>,
    /// For how many milliseconds it has given no data; 0 while it does.
    absent: i64,
    /// Whether it would be missed: not when somebody has said that it will not come back.
    is_missed: bool,
}

/// Where a value that rules ask for comes from.
#[derive(Debug)]
struct Slot {
    series: u32,
    /// `None` for the newest reading.
    window: Option<Window>,
}

impl Watch {
    /// Notices a series by its name, which may not have been met in this run; gives its place.
    pub(crate) fn notice(&mut self, metric: &str, labels: &Labels, kind: Kind) -> Option<u32> {
        let key = format!("{metric}{labels}");
        if let Some(place) = self.by_key.get(&key) {
            return Some(*place);
        }
        let place = u32::try_from(self.series.len()).ok()?;
        self.series.push(Watched {
            labels: labels.clone(),
            metric: metric.to_owned(),
            id: None,
            kind,
            newest: f64::NAN,
            time: None,
            fresh: None,
            absent: 0,
            is_missed: true,
        });
        self.absences.push((0, false));
        self.by_key.insert(key, place);
        Some(place)
    }

    /// Notices a series that is met; gives its place. `None` for a second series of the same name.
    pub(crate) fn meet(&mut self, series: &Series, kind: Kind) -> Option<u32> {
        let place = self.notice(&series.metric, &series.labels, kind)?;
        let watched = self.series.get_mut(place as usize)?;
        watched.kind = kind;
        (*watched.id.get_or_insert(series.id) == series.id).then_some(place)
    }

    /// How many series there are.
    pub(crate) fn size(&self) -> usize {
        self.series.len()
    }

    /// The place of a value of the series at `series`: the same for all rules that ask the same.
    pub(crate) fn slot(&mut self, series: u32, aggregation: Aggregation, seconds: u32) -> Option<u32> {
        if let Some(place) = self.by_slot.get(&(series, aggregation, seconds)) {
            return Some(*place);
        }
        let place = u32::try_from(self.slots.len()).ok()?;
        let window = (aggregation != Aggregation::Last).then(|| Window::new(aggregation, seconds));
        self.slots.push(Slot { series, window });
        self.values.push(f64::NAN);
        self.by_slot.insert((series, aggregation, seconds), place);
        Some(place)
    }

    /// Takes over what `former` has gathered of the series and values that are still watched.
    pub(crate) fn inherit(&mut self, mut former: Self) {
        for (key, place) in &self.by_key {
            let before = former.by_key.get(key).and_then(|before| former.series.get(*before as usize));
            if let (Some(watched), Some(before)) = (self.series.get_mut(*place as usize), before) {
                (watched.newest, watched.time) = (before.newest, before.time);
                (watched.absent, watched.is_missed) = (before.absent, before.is_missed);
            }
        }
        for ((series, aggregation, seconds), place) in &self.by_slot {
            let Some(watched) = self.series.get(*series as usize) else { continue };
            let key = format!("{}{}", watched.metric, watched.labels);
            let before = former.by_key.get(&key);
            let before = before.and_then(|before| former.by_slot.get(&(*before, *aggregation, *seconds)));
            let before = before.and_then(|before| former.slots.get_mut(*before as usize));
            if let (Some(slot), Some(before)) = (self.slots.get_mut(*place as usize), before) {
                std::mem::swap(slot, before);
                slot.series = *series;
            }
        }
    }

    /// Takes in what is measured at `now`, `elapsed` milliseconds after the last time, and makes all values anew.
    pub(crate) fn tick<M: Measured + ?Sized>(&mut self, now: Timestamp, elapsed: i64, measured: &M) {
        for (watched, absence) in self.series.iter_mut().zip(&mut self.absences) {
            watched.take_in(watched.id.and_then(|id| measured.newest(id)), elapsed);
            *absence = (watched.absent, watched.id.is_some() && watched.absent > 0);
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
                    // A window of old readings is no news of now; but none at all is what a count counts.
                    let is_told = watched.absent == 0 || window.counts();
                    window.value(now).filter(|_| is_told).unwrap_or(f64::NAN)
                }
            };
        }
    }

    /// The value at a slot; NaN when there is none.
    pub(crate) fn value(&self, slot: u32) -> f64 {
        self.values.get(slot as usize).copied().unwrap_or(f64::NAN)
    }

    /// For how many milliseconds the series at `series` has given no data, and whether it gives none but did in this run.
    pub(crate) fn absence(&self, series: u32) -> (i64, bool) {
        self.absences.get(series as usize).copied().unwrap_or_default()
    }

    /// For how many milliseconds the series at `series` has given no data; `None` when it is not missed.
    pub(crate) fn missed(&self, series: u32) -> Option<i64> {
        let watched = self.series.get(series as usize)?;
        watched.is_missed.then_some(watched.absent)
    }

    /// Misses the series at `series` no longer, until it has given data again.
    pub(crate) fn forget(&mut self, series: u32) {
        if let Some(watched) = self.series.get_mut(series as usize) {
            (watched.absent, watched.is_missed) = (0, false);
        }
    }

    /// Remembers for how long a series had given no data before this run.
    pub(crate) fn set_absent(&mut self, series: u32, millis: i64) {
        if let Some(watched) = self.series.get_mut(series as usize) {
            watched.absent = watched.absent.max(millis);
        }
    }

    /// The labels of the series at `series`.
    pub(crate) fn labels(&self, series: u32) -> Option<&Labels> {
        self.series.get(series as usize).map(|watched| &watched.labels)
    }
}

impl Watched {
    fn take_in(&mut self, point: Option<Point>, elapsed: i64) {
        self.fresh = None;
        let Some(point) = point else {
            self.newest = f64::NAN;
            if self.is_missed {
                // At least something: the clock may have stepped back.
                self.absent = self.absent.saturating_add(elapsed.max(1));
            }
            return;
        };
        (self.absent, self.is_missed) = (0, true);
        self.newest = point.mean().unwrap_or(f64::NAN);
        if self.time == Some(point.time) {
            return;
        }
        if point.count > 0 {
            self.fresh = Some((point, self.growth(&point)));
        }
        self.time = Some(point.time);
    }

    /// By how much a counter grew since the point before: its reading is the rate since then.
    fn growth(&self, point: &Point) -> Option<f64> {
        if self.kind != Kind::Counter {
            return None;
        }
        point.increase.or_else(|| {
            let millis = point.time.millis_since(self.time?);
            (millis > 0).then(|| point.sum * millis as f64 / 1e3)
        })
    }
}
