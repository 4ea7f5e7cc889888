//! What a page knows: the catalogue, the series, their newest readings, and their tracks over the window.

use crate::api::{Alerts, History, HostInfo, Mark, Snapshot};
use crate::live::Track;
use std::collections::BTreeMap;
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
}

/// One series, by its number.
#[derive(Clone, Debug, Default)]
struct Known {
    kind: Option<Kind>,
    pace: i64,
    raw: Option<(i64, f64)>,
    reading: Option<(i64, f64)>,
    track: Track,
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
        let same = history.window_seconds == self.window_seconds && history.step_millis == self.step;
        self.window_seconds = history.window_seconds;
        self.step = history.step_millis.max(1);
        if !same {
            self.series.iter_mut().for_each(|known| known.track = Track::default());
        }
        for given in &history.tracks {
            let Some(known) = self.series.get_mut(given.series.0 as usize) else { continue };
            let high = if given.high.is_empty() { &given.low } else { &given.high };
            let mut track = Track::default();
            let mut time = history.start.millis();
            for (low, high) in given.low.iter().zip(high) {
                if let (Some(low), Some(high)) = (low, high) {
                    track.push(time, f64::from(*low), f64::from(*high));
                }
                time += self.step;
            }
            known.track.merge(&track);
        }
    }

    /// Takes over a live frame. One whose numbers belong to another state is left out: the state follows.
    pub(crate) fn push(&mut self, metrics: &Metrics) {
        if metrics.state != self.state.version
            || self.newest.is_some_and(|newest| metrics.batch.time <= newest)
        {
            return;
        }
        let time = metrics.batch.time;
        self.newest = Some(time);
        let row = time.floor(self.step.max(1)).millis();
        for sample in &metrics.batch.samples {
            let Some(known) = self.series.get_mut(sample.series.0 as usize) else { continue };
            let now = (time.millis(), sample.value);
            if let Some(reading) = known.kind.and_then(|kind| kind.reading(known.raw, now)) {
                known.reading = Some((time.millis(), reading));
                known.track.add(row, reading);
            }
            known.raw = Some(now);
        }
        let start = self.window().start.millis();
        self.series.iter_mut().for_each(|known| known.track.forget_before(start));
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

    /// What was wrong in the window with what a panel shows, the latest first.
    pub(crate) fn marks(&self, panel: &str) -> impl Iterator<Item = &Mark> {
        let start = self.window().start;
        let is_shown = move |mark: &&Mark| mark.panel == panel && mark.end.is_none_or(|end| end >= start);
        self.marks.iter().filter(is_shown)
    }

    /// The stretch that charts show: it ends with the newest values.
    pub(crate) fn window(&self) -> TimeRange {
        let end = self.newest.unwrap_or_default();
        TimeRange::before(end, std::time::Duration::from_secs(u64::from(self.window_seconds)))
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

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
