//! Data of a page: catalogue, series, their newest readings, and their rows over the time window.

use crate::api::{Alerts, ChartBand, History, HostInfo, PREVIOUS_PERIOD, PageData, SeriesStatistics};
use crate::live::SeriesBuffer;
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_live::{Metrics, State};
use watchglass_model::{Catalogue, Kind, Metric, SeriesId, TimeRange, Timestamp};

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
struct SeriesState {
    kind: Option<Kind>,
    interval: i64,
    raw: Option<(i64, f64)>,
    reading: Option<(i64, f64)>,
    buffer: SeriesBuffer,
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
        self.set_history(&snapshot.history);
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
            // A restarted server may have assigned new ids to its series.
            if self.state.series.get(place).is_some_and(|before| before != series) {
                *known = SeriesState::default();
            }
            known.kind = self.catalogue.metric(&series.metric).map(|metric| metric.kind);
            known.interval =
                self.intervals.get(&series.metric).map_or(self.interval, |&pace| i64::from(pace));
        }
        self.state = state;
    }

    /// Merges a history. Newer live values stay.
    pub(crate) fn set_history(&mut self, history: &History) {
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
        for given in &history.series {
            let Some(known) = self.series.get_mut(given.series.0 as usize) else { continue };
            known.buffer.merge(&SeriesBuffer::from_history(given, history.start, self.step));
            known.statistics = given.statistics;
        }
        for given in &history.previous {
            let Some(known) = self.series.get_mut(given.series.0 as usize) else { continue };
            known.previous = SeriesBuffer::from_history(given, history.previous_start, self.step);
        }
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
                if !is_past {
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

    /// The monitored host.
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

    /// Alerts, thresholds and annotations of a panel in the window, latest first, including those of all charts.
    pub(crate) fn bands(&self, panel: &str) -> impl Iterator<Item = &ChartBand> {
        let TimeRange { start, end } = self.window();
        let is_shown = move |mark: &&ChartBand| {
            (mark.panel == panel || mark.panel.is_empty())
                && mark.start <= end
                && mark.end.is_none_or(|end| end >= start)
        };
        self.bands.iter().filter(is_shown)
    }

    /// Time range that the charts show.
    pub(crate) fn window(&self) -> TimeRange {
        self.fixed.unwrap_or_else(|| self.live_window())
    }

    /// Time range that ends with the newest values.
    fn live_window(&self) -> TimeRange {
        TimeRange::ending_at(self.newest.unwrap_or_default(), seconds(self.window_seconds))
    }

    /// The past range that the charts show; `None` while they are live.
    pub(crate) fn past(&self) -> Option<TimeRange> {
        self.fixed.filter(|_| self.is_past)
    }

    /// Whether no series has a row in the time range.
    pub(crate) fn has_no_data(&self) -> bool {
        self.series.iter().all(|known| known.buffer.times.is_empty())
    }

    fn known(&self, series: SeriesId) -> Option<&SeriesState> {
        self.series.get(series.0 as usize)
    }

    /// The previous period of a series, shifted onto the time range.
    pub(crate) fn previous(&self, series: SeriesId) -> Option<&SeriesBuffer> {
        self.known(series).map(|known| &known.previous)
    }

    /// Statistics of a series over the time range; `None` unless requested.
    pub(crate) fn statistics(&self, series: SeriesId) -> Option<SeriesStatistics> {
        self.known(series)?.statistics
    }

    /// Whether the statistics are compared with those of the previous period.
    pub(crate) fn is_compared(&self) -> bool {
        self.detail == PREVIOUS_PERIOD
    }

    /// The metric of a series.
    pub(crate) fn metric(&self, series: SeriesId) -> Option<&Metric> {
        self.catalogue.metric(&self.state.series.get(series.0 as usize)?.metric)
    }

    /// The displayed value of a series: the reading at the cursor; without a cursor the newest one, or the last of a past range.
    pub(crate) fn displayed_value(&self, series: SeriesId, cursor: Option<i64>) -> Option<f64> {
        match cursor.or_else(|| self.past().map(|range| range.end.millis())) {
            Some(time) => self.reading_at(series, time),
            None => self.reading(series),
        }
    }

    /// The newest reading of a series; `None` when the next one is overdue.
    pub(crate) fn reading(&self, series: SeriesId) -> Option<f64> {
        let known = self.known(series)?;
        let (time, reading) = known.reading?;
        (self.newest?.millis() - time <= known.interval * 5 / 2).then_some(reading)
    }

    /// The reading of a series at a time in the window: the maximum of that row; `None` in a gap.
    pub(crate) fn reading_at(&self, series: SeriesId, time: i64) -> Option<f64> {
        self.known(series)?.buffer.maximum_at(time, self.gap_after(series))
    }

    /// The rows of a series over the window.
    pub(crate) fn buffer(&self, series: SeriesId) -> Option<&SeriesBuffer> {
        self.known(series).map(|known| &known.buffer)
    }

    /// Maximum distance of two rows of a series without a gap, in milliseconds.
    pub(crate) fn gap_after(&self, series: SeriesId) -> i64 {
        let pace = self.known(series).map_or(self.interval, |known| known.interval);
        // Probes slower than the tick run in the background and may deliver one tick late.
        let pace = if pace > self.interval { pace + self.interval } else { pace.max(1) };
        let step = self.step.max(1);
        // Consecutive values are at most this many steps apart; with half a step more, a value is missing.
        (pace + step - 1) / step * step + step / 2
    }
}

/// How long frozen charts keep rows that have left the window, in milliseconds.
const MAX_FROZEN_MILLIS: i64 = 2 * 3_600_000;

fn seconds(count: u32) -> Duration {
    Duration::from_secs(u64::from(count))
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
