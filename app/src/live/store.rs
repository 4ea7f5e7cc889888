//! What a page knows: the catalogue, the series, their newest readings, and their tracks over the window.

use crate::api::{Alerts, History, HostInfo, Mark, Snapshot};
use crate::live::{Asked, Track};
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_live::{Metrics, State};
use watchglass_model::{Catalogue, Kind, SeriesId, TimeRange, Timestamp};

/// Everything that a page shows is read from here, on the server and in the browser alike.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveStore {
    host: HostInfo,
    catalogue: Catalogue,
    paces: BTreeMap<String, u32>,
    interval: i64,
    state: State,
    window_seconds: u32,
    step: i64,
    newest: Option<Timestamp>,
    series: Vec<Known>,
    marks: Vec<Mark>,
    /// The stretch that charts show, where it does not move.
    fixed: Option<TimeRange>,
    /// Whether the tracks are of the past: then nothing new belongs to them.
    is_past: bool,
    /// Whether the reader has told the picture to stand still.
    is_held: bool,
    asked: Asked,
}

/// One series, by its number.
#[derive(Clone, Debug, Default)]
struct Known {
    kind: Option<Kind>,
    pace: i64,
    raw: Option<(i64, f64)>,
    reading: Option<(i64, f64)>,
    track: Track,
    /// The stretch before, moved to where it is compared.
    before: Track,
    /// What it was like over the stretch, as HTML.
    note: String,
}

impl LiveStore {
    /// Begins anew with what the server rendered.
    pub(crate) fn load(&mut self, snapshot: &Snapshot) {
        // The live connection may have been quicker.
        let state =
            if self.state.version > snapshot.state.version { &self.state } else { &snapshot.state }.clone();
        *self = Self {
            host: snapshot.host.clone(),
            catalogue: snapshot.catalogue.clone(),
            paces: snapshot.paces.clone(),
            interval: i64::from(snapshot.interval_ms).max(1),
            newest: snapshot.time,
            asked: std::mem::take(&mut self.asked),
            ..Self::default()
        };
        self.set_state(state);
        for reading in &snapshot.readings {
            if let Some(known) = self.series.get_mut(reading.series.0 as usize) {
                known.reading = Some((reading.time.millis(), reading.value));
            }
        }
        self.set_history(&snapshot.history);
        self.set_alerts(snapshot.alerts.clone());
    }

    /// Takes over what the address says. Tells whether that is something new.
    pub(crate) fn ask(&mut self, asked: Asked) -> bool {
        let is_new = self.asked != asked;
        self.asked = asked;
        is_new
    }

    /// What the address says.
    pub(crate) fn asked(&self) -> &Asked {
        &self.asked
    }

    /// Whether charts leave out the line with that key.
    pub(crate) fn is_hidden(&self, key: u32) -> bool {
        self.asked.hidden.contains(&key)
    }

    /// Takes over what was wrong.
    pub(crate) fn set_alerts(&mut self, alerts: Alerts) {
        self.marks = alerts.marks;
    }

    /// Takes over a new list of series and problems.
    pub(crate) fn set_state(&mut self, state: State) {
        self.series.resize_with(state.series.len(), Known::default);
        for (place, (known, series)) in self.series.iter_mut().zip(&state.series).enumerate() {
            // A server that was restarted may have numbered its series anew.
            if self.state.series.get(place).is_some_and(|before| before != series) {
                *known = Known::default();
            }
            known.kind = self.catalogue.metric(&series.metric).map(|metric| metric.kind);
            known.pace = self.paces.get(&series.metric).map_or(self.interval, |&pace| i64::from(pace));
        }
        self.state = state;
    }

    /// Takes over a history. What arrived live since then stays.
    pub(crate) fn set_history(&mut self, history: &History) {
        let fixed = history.end.map(|end| TimeRange::before(end, seconds(history.window_seconds)));
        // Rows of what is live go on where they were; those of the past are as they are told.
        let same = history.window_seconds == self.window_seconds
            && history.step_millis == self.step
            && fixed.is_none()
            && !self.is_past;
        self.window_seconds = history.window_seconds;
        self.step = history.step_millis.max(1);
        self.is_past = fixed.is_some();
        self.is_held &= fixed.is_none();
        if !self.is_held {
            self.fixed = fixed;
        }
        for known in &mut self.series {
            known.before = Track::default();
            known.note.clear();
            if !same {
                known.track = Track::default();
            }
        }
        for given in &history.tracks {
            let Some(known) = self.series.get_mut(given.series.0 as usize) else { continue };
            known.track.merge(&Track::of(given, history.start, self.step));
            known.note.clone_from(&given.note);
        }
        for given in &history.before {
            let Some(known) = self.series.get_mut(given.series.0 as usize) else { continue };
            known.before = Track::of(given, history.before_start, self.step);
        }
    }

    /// Shows `range` of what there is, until a history comes; with `None` what is live again.
    #[cfg(any(feature = "hydrate", test))]
    pub(crate) fn show(&mut self, range: Option<TimeRange>) {
        self.fixed = range;
    }

    /// Lets the picture stand still while values go on; or go on.
    #[cfg(any(feature = "hydrate", test))]
    pub(crate) fn hold(&mut self, is_held: bool) {
        if !self.is_past && self.is_held != is_held {
            self.fixed = is_held.then(|| self.window());
            self.is_held = is_held;
        }
    }

    /// Whether the picture stands still though it is of what is live.
    #[cfg(any(feature = "hydrate", test))]
    pub(crate) fn is_held(&self) -> bool {
        self.is_held
    }

    /// Takes over a live frame. One whose numbers belong to another state is left out: the state follows.
    ///
    /// Says whether it began a new row of the charts.
    pub(crate) fn push(&mut self, metrics: &Metrics) -> bool {
        let time = metrics.batch.time;
        if metrics.state != self.state.version || self.newest.is_some_and(|newest| time <= newest) {
            return false;
        }
        let step = self.step.max(1);
        let row = time.floor(step);
        let is_new_row = self.newest.is_none_or(|newest| newest.floor(step) < row);
        self.newest = Some(time);
        // What is past gains nothing.
        let is_past = self.is_past;
        for sample in &metrics.batch.samples {
            let Some(known) = self.series.get_mut(sample.series.0 as usize) else { continue };
            let now = (time.millis(), sample.value);
            if let Some(reading) = known.kind.and_then(|kind| kind.reading(known.raw, now)) {
                known.reading = Some((time.millis(), reading));
                if !is_past {
                    known.track.add(row.millis(), reading);
                }
            }
            known.raw = Some(now);
        }
        if !is_past {
            // A picture that stands still keeps what it shows, but not for ever.
            let start = self.moving().start.millis().min(self.window().start.millis());
            let oldest = self.moving().start.millis() - MOST_HELD;
            self.series.iter_mut().for_each(|known| known.track.forget_before(start.max(oldest)));
        }
        is_new_row
    }

    /// The machine.
    pub(crate) fn host(&self) -> &HostInfo {
        &self.host
    }

    /// All metrics and panels.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Series and failing probes.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Time of the newest values.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// What was wrong in the window with what a panel shows, the latest first, and what is on every chart.
    pub(crate) fn marks(&self, panel: &str) -> impl Iterator<Item = &Mark> {
        let TimeRange { start, end } = self.window();
        let is_shown = move |mark: &&Mark| {
            (mark.panel == panel || mark.panel.is_empty())
                && mark.start <= end
                && mark.end.is_none_or(|end| end >= start)
        };
        self.marks.iter().filter(is_shown)
    }

    /// The stretch that charts show.
    pub(crate) fn window(&self) -> TimeRange {
        self.fixed.unwrap_or_else(|| self.moving())
    }

    /// The stretch that ends with the newest values.
    fn moving(&self) -> TimeRange {
        TimeRange::before(self.newest.unwrap_or_default(), seconds(self.window_seconds))
    }

    /// The past stretch that charts show; `None` while they are live.
    pub(crate) fn past(&self) -> Option<TimeRange> {
        self.fixed.filter(|_| self.is_past)
    }

    /// Whether nothing is known of the stretch that charts show.
    pub(crate) fn is_blank(&self) -> bool {
        self.series.iter().all(|known| known.track.times.is_empty())
    }

    /// The stretch before the one that charts show, moved upon it.
    pub(crate) fn before(&self, series: SeriesId) -> Option<&Track> {
        self.series.get(series.0 as usize).map(|known| &known.before)
    }

    /// What a series was like over the stretch that charts show, as HTML of this server's.
    pub(crate) fn note(&self, series: SeriesId) -> String {
        self.series.get(series.0 as usize).map(|known| known.note.clone()).unwrap_or_default()
    }

    /// What is shown of a series: its reading at the cursor; without one the newest, or that at the end of what is past.
    pub(crate) fn shown(&self, series: SeriesId, cursor: Option<i64>) -> Option<f64> {
        match cursor.or_else(|| self.past().map(|range| range.end.millis())) {
            Some(moment) => self.reading_at(series, moment),
            None => self.reading(series),
        }
    }

    /// The newest reading of a series, unless a newer one is overdue.
    pub(crate) fn reading(&self, series: SeriesId) -> Option<f64> {
        let known = self.series.get(series.0 as usize)?;
        let (time, reading) = known.reading?;
        (self.newest?.millis() - time <= known.pace * 5 / 2).then_some(reading)
    }

    /// The reading of a series at a moment of the window: the row that holds it, if it is no gap. Of a row with
    /// several readings, the largest.
    pub(crate) fn reading_at(&self, series: SeriesId, moment: i64) -> Option<f64> {
        let known = self.series.get(series.0 as usize)?;
        let after = known.track.times.partition_point(|&time| time <= moment);
        let place = after.checked_sub(1)?;
        let time = known.track.times.get(place)?;
        (moment - time < self.gap_after(series)).then(|| known.track.high.get(place).copied()).flatten()
    }

    /// The readings of a series over the window.
    pub(crate) fn track(&self, series: SeriesId) -> Option<&Track> {
        self.series.get(series.0 as usize).map(|known| &known.track)
    }

    /// Two rows of this series further apart than this many milliseconds have a gap between them.
    pub(crate) fn gap_after(&self, series: SeriesId) -> i64 {
        let pace = self.series.get(series.0 as usize).map_or(self.interval, |known| known.pace);
        // What is slower than the tick is handed over by a thread of its own, at times a tick late.
        let pace = if pace > self.interval { pace + self.interval } else { pace.max(1) };
        let step = self.step.max(1);
        // The rows of two values that follow each other are at most this many steps apart; half a step more, and one
        // is missing.
        (pace + step - 1) / step * step + step / 2
    }
}

/// How long rows are kept that have left the window while the picture stands still, in milliseconds.
const MOST_HELD: i64 = 2 * 3_600_000;

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
