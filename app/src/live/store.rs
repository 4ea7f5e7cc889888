//! Data of a page: catalogue, series, their newest readings, and their rows over the time window.

mod drawn;
mod read;

use crate::api::{Alerts, ChartBand, History, HostInfo, PageData, SeriesStatistics};
use crate::live::SeriesBuffer;
use crate::live::ended_series::EndedSeries;
use drawn::charted_panel;
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_live::{Metrics, State};
use watchglass_model::{Catalogue, Kind, TimeRange, Timestamp};

/// All data that a page shows, on the server and in the browser.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveStore {
    host: HostInfo,
    catalogue: Catalogue,
    intervals: BTreeMap<String, u32>,
    interval: i64,
    state: State,
    window_seconds: u32,
    step: i64,
    /// Level of detail of the history.
    detail: u32,
    newest: Option<Timestamp>,
    series: Vec<SeriesState>,
    /// Series with rows that have ended.
    ended: EndedSeries,
    /// Panels with more series than their charts draw, and their number.
    limited: BTreeMap<String, usize>,
    bands: Vec<ChartBand>,
    /// Time range of the charts while it does not move.
    fixed: Option<TimeRange>,
    /// Whether the rows are of a past range: live values are not added to them.
    is_past: bool,
    /// Whether the charts are frozen although the window is live.
    is_frozen: bool,
}

/// State of one series.
#[derive(Clone, Debug, Default)]
pub(super) struct SeriesState {
    kind: Option<Kind>,
    interval: i64,
    raw: Option<(i64, f64)>,
    reading: Option<(i64, f64)>,
    /// Whether a chart draws it. Others have no rows.
    is_drawn: bool,
    pub(super) buffer: SeriesBuffer,
    /// The previous period, shifted for comparison.
    previous: SeriesBuffer,
    /// Statistics over the time range.
    statistics: Option<SeriesStatistics>,
}

impl LiveStore {
    /// Replaces everything with the initial data of the server.
    pub(crate) fn load(&mut self, snapshot: &PageData) {
        // The live connection may have delivered a newer state.
        let state =
            if self.state.version > snapshot.state.version { &self.state } else { &snapshot.state }.clone();
        *self = Self {
            host: snapshot.host.clone(),
            catalogue: snapshot.catalogue.clone(),
            intervals: snapshot.intervals.clone(),
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
        let _ = self.set_history(&snapshot.history);
        self.set_alerts(snapshot.alerts.clone());
    }

    /// Sets the alerts, thresholds and annotations.
    pub(crate) fn set_alerts(&mut self, alerts: Alerts) {
        self.bands = alerts.bands;
    }

    /// Sets the list of series and problems.
    pub(crate) fn set_state(&mut self, state: State) {
        self.series.resize_with(state.series.len(), SeriesState::default);
        for (place, (known, series)) in self.series.iter_mut().zip(&state.series).enumerate() {
            // The id of a series that has ended may belong to another one, and those of a restarted server are new.
            let before = self.state.series.get(place);
            if before != Some(series) {
                // An ended series has rows, but no current value.
                let former = SeriesState { reading: None, ..std::mem::take(known) };
                before.into_iter().for_each(|before| self.ended.add(before, former.clone()));
            }
            let metric = self.catalogue.metric(&series.metric);
            if before != Some(series) {
                known.is_drawn =
                    metric.and_then(charted_panel).is_some_and(|panel| !self.limited.contains_key(panel));
            }
            known.kind = metric.map(|metric| metric.kind);
            known.interval =
                self.intervals.get(&series.metric).map_or(self.interval, |&pace| i64::from(pace));
        }
        for series in &state.series {
            if let (Some(rows), Some(known)) =
                (self.ended.take(series), self.series.get_mut(series.id.0 as usize))
            {
                (known.buffer, known.is_drawn) = (rows.buffer, rows.is_drawn);
            }
        }
        self.state = state;
    }

    /// Merges a history. Newer live values stay. Returns whether the list of series has changed.
    pub(crate) fn set_history(&mut self, history: &History) -> bool {
        let fixed = history.end.map(|end| TimeRange::ending_at(end, seconds(history.window_seconds)));
        // Live rows are extended; rows of a past range are replaced.
        let same = history.window_seconds == self.window_seconds
            && history.step_millis == self.step
            && fixed.is_none()
            && !self.is_past;
        self.window_seconds = history.window_seconds;
        self.step = history.step_millis.max(1);
        self.detail = history.detail;
        self.is_past = fixed.is_some();
        self.is_frozen &= fixed.is_none();
        if !self.is_frozen {
            self.fixed = fixed;
        }
        for known in &mut self.series {
            known.previous = SeriesBuffer::default();
            known.statistics = None;
            if !same {
                known.buffer = SeriesBuffer::default();
            }
        }
        let interval =
            |metric: &str| self.intervals.get(metric).map_or(self.interval, |&pace| i64::from(pace));
        let changed = self.ended.replace(&history.ended, |metric| SeriesState {
            interval: interval(metric),
            ..SeriesState::default()
        });
        let changed = self.choose_drawn(history) || changed;
        for given in &history.series {
            let step = self.step;
            let Some(known) = self.known_mut(given.series) else { continue };
            known.buffer.merge(&SeriesBuffer::from_history(given, history.start, step));
            known.statistics = given.statistics;
        }
        for given in &history.previous {
            let step = self.step;
            let Some(known) = self.known_mut(given.series) else { continue };
            known.previous = SeriesBuffer::from_history(given, history.previous_start, step);
        }
        changed
    }

    /// Shows `range` of the loaded rows until a history arrives; `None` returns to the live window.
    pub(crate) fn show_range(&mut self, range: Option<TimeRange>) {
        self.fixed = range;
    }

    /// Freezes or unfreezes the charts. Values stay live.
    pub(crate) fn freeze(&mut self, is_held: bool) {
        if !self.is_past && self.is_frozen != is_held {
            self.fixed = is_held.then(|| self.window());
            self.is_frozen = is_held;
        }
    }

    /// Whether the charts are frozen although the window is live.
    pub(crate) fn is_frozen(&self) -> bool {
        self.is_frozen
    }

    /// Applies a live frame. A frame whose series ids belong to another state is ignored: the state follows.
    ///
    /// Returns whether it started a new row of the charts.
    pub(crate) fn push(&mut self, metrics: &Metrics) -> bool {
        let time = metrics.batch.time;
        if metrics.state != self.state.version || self.newest.is_some_and(|newest| time <= newest) {
            return false;
        }
        let step = self.step.max(1);
        let row = time.floor(step);
        let is_new_row = self.newest.is_none_or(|newest| newest.floor(step) < row);
        self.newest = Some(time);
        // A past range gets no new rows.
        let is_past = self.is_past;
        for sample in &metrics.batch.samples {
            let Some(known) = self.series.get_mut(sample.series.0 as usize) else { continue };
            let now = (time.millis(), sample.value);
            if let Some(reading) = known.kind.and_then(|kind| kind.reading(known.raw, now)) {
                known.reading = Some((time.millis(), reading));
                if !is_past && known.is_drawn {
                    known.buffer.add(row.millis(), reading);
                }
            }
            known.raw = Some(now);
        }
        if !is_past {
            // Frozen charts keep their rows, but not without limit.
            let start = self.live_window().start.millis().min(self.window().start.millis());
            let oldest = self.live_window().start.millis() - MAX_FROZEN_MILLIS;
            self.series.iter_mut().for_each(|known| known.buffer.drop_before(start.max(oldest)));
        }
        is_new_row
    }
}

/// How long frozen charts keep rows that have left the window, in milliseconds.
const MAX_FROZEN_MILLIS: i64 = 2 * 3_600_000;

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}

#[cfg(test)]
#[path = "store_ended_tests.rs"]
mod ended_tests;
#[cfg(test)]
#[path = "store_limited_tests.rs"]
mod limited_tests;
#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
