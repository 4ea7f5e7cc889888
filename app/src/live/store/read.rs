//! Reads of the data of a page.

use super::{LiveStore, SeriesState, seconds};
use crate::api::{ChartBand, HostInfo, PREVIOUS_PERIOD, SeriesStatistics};
use crate::live::SeriesBuffer;
use watchglass_live::State;
use watchglass_model::{Catalogue, Metric, Series, SeriesId, TimeRange, Timestamp};

impl LiveStore {
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
    pub(super) fn live_window(&self) -> TimeRange {
        TimeRange::ending_at(self.newest.unwrap_or_default(), seconds(self.window_seconds))
    }

    /// The past range that the charts show; `None` while they are live.
    pub(crate) fn past(&self) -> Option<TimeRange> {
        self.fixed.filter(|_| self.is_past)
    }

    /// Whether no series has a row in the time range.
    pub(crate) fn has_no_data(&self) -> bool {
        let mut all = self.series.iter().chain(self.ended.states());
        all.all(|known| known.buffer.times.is_empty())
    }

    pub(super) fn known(&self, series: SeriesId) -> Option<&SeriesState> {
        self.series.get(series.0 as usize).or_else(|| self.ended.get(series))
    }

    pub(super) fn known_mut(&mut self, series: SeriesId) -> Option<&mut SeriesState> {
        self.series.get_mut(series.0 as usize).or_else(|| self.ended.get_mut(series))
    }

    /// All series, those that have ended last.
    pub(crate) fn all_series(&self) -> impl Iterator<Item = &Series> {
        self.state.series.iter().chain(self.ended.series())
    }

    /// Whether a series has a row in the time range, or a current reading.
    pub(crate) fn has_data_in_window(&self, series: SeriesId) -> bool {
        let start = self.window().start.millis();
        let has_row = |known: &SeriesState| known.buffer.times.last().is_some_and(|&time| time >= start);
        self.known(series).is_some_and(has_row) || self.reading(series).is_some()
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
        let named = self.state.series.get(series.0 as usize).or_else(|| self.ended.name(series))?;
        self.catalogue.metric(&named.metric)
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
