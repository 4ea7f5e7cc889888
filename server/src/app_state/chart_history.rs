//! History for the charts of a page.

use super::statistics::statistics;
use super::{AppState, TICK, millis};
use app::api::{History, HistorySeries, PREVIOUS_PERIOD, RangeQuery, STATISTICS, SeriesStatistics};
use std::time::Duration;
use watchglass_model::{Metric, PanelRole, Series, TimeRange};
use watchglass_tsdb::{Column, Columns, QueryError, check_size};

impl AppState {
    /// Time range of a window. Its end is included.
    pub(super) fn range(&self, window: RangeQuery) -> TimeRange {
        let end = window.end.or_else(|| self.history.newest()).unwrap_or_default();
        TimeRange::ending_at(end + Duration::from_millis(1), length(window))
    }

    /// Readings of each series with a chart, in at most `rows` rows plus a partial one.
    ///
    /// From the history of this server only; the store chooses the resolution that it still has for the range.
    pub(super) fn chart_history(
        &self,
        window: RangeQuery,
        rows: u32,
        detail: u32,
    ) -> Result<History, QueryError> {
        let step_millis = step(window.seconds, rows);
        let range = self.range(window);
        let before = TimeRange::ending_at(range.start, length(window));
        let mut history = History {
            window_seconds: window.seconds,
            end: window.end,
            detail,
            start: range.start.floor(step_millis),
            step_millis,
            series: Vec::new(),
            previous_start: before.start.floor(step_millis) + length(window),
            previous: Vec::new(),
        };
        let charted = |metric: &&Metric| {
            matches!(metric.panel, Some((_, PanelRole::Chart | PanelRole::HeadlineAndChart)))
        };
        // Queries of single metrics have their own limit; this one is for all charts together.
        let is_charted =
            |series: &&Series| self.catalogue.metric(&series.metric).as_ref().is_some_and(charted);
        let series = self.current_state().series.iter().filter(is_charted).count();
        let windows = if detail == PREVIOUS_PERIOD { 2 } else { 1 };
        check_size(series.saturating_mul(windows), usize::try_from(rows).unwrap_or(usize::MAX))?;
        for metric in self.catalogue.metrics().iter().filter(charted) {
            let now = self.query_local(&metric.name, range, step_millis)?;
            let earlier = match detail {
                PREVIOUS_PERIOD => Some(self.query_local(&metric.name, before, step_millis)?),
                _ => None,
            };
            let statistics = |column: &Column| {
                let columns = earlier.iter().flat_map(|earlier| &earlier.columns);
                let previous = columns.into_iter().find(|other| other.id == column.id);
                (detail >= STATISTICS).then(|| statistics(metric, column, previous)).flatten()
            };
            history.series.extend(tracks(&now, statistics));
            history.previous.extend(earlier.iter().flat_map(|earlier| tracks(earlier, |_| None)));
        }
        Ok(history)
    }
}

impl AppState {
    /// Ids of the panels with series, in catalogue order.
    pub(crate) fn panels_with_data(&self) -> Vec<String> {
        let state = self.current_state();
        let metrics = state.series.iter().filter_map(|series| self.catalogue.metric(&series.metric));
        let panels: Vec<&str> =
            metrics.filter_map(|metric| Some(metric.panel.as_ref()?.0.as_str())).collect();
        let shown = self.catalogue.panels().iter().filter(|panel| panels.contains(&panel.id.as_str()));
        shown.map(|panel| panel.id.clone()).collect()
    }

    /// Sections of the panels with series, in catalogue order.
    pub(crate) fn sections(&self) -> Vec<String> {
        let mut sections: Vec<String> = Vec::new();
        for panel in self.panels_with_data().iter().filter_map(|panel| self.catalogue.panel(panel)) {
            if !sections.contains(&panel.section) {
                sections.push(panel.section.clone());
            }
        }
        sections
    }
}

fn length(window: RangeQuery) -> Duration {
    Duration::from_secs(u64::from(window.seconds))
}

/// Row length in milliseconds: a multiple of the tick, so that all rows have the same number of ticks.
fn step(seconds: u32, rows: u32) -> i64 {
    let tick = u64::from(millis(TICK));
    let ticks = (u64::from(seconds) * 1000).div_ceil(u64::from(rows.max(1)) * tick);
    i64::try_from(ticks.max(1) * tick).unwrap_or(i64::MAX)
}

/// Columns of series collected since the start; other series are not on a page.
fn tracks(
    columns: &Columns,
    statistics: impl Fn(&Column) -> Option<SeriesStatistics>,
) -> impl Iterator<Item = HistorySeries> {
    columns.columns.iter().filter_map(move |column| {
        let high = if same(&column.low, &column.high) { Vec::new() } else { rounded(&column.high) };
        Some(HistorySeries {
            series: column.id?,
            low: rounded(&column.low),
            high,
            statistics: statistics(column),
        })
    })
}

fn same(left: &[f64], right: &[f64]) -> bool {
    left.iter().zip(right).all(|(left, right)| left == right || (left.is_nan() && right.is_nan()))
}

/// Values rounded to four digits: more than a chart can show, and half the bytes of unrounded ones.
fn rounded(values: &[f64]) -> Vec<Option<f32>> {
    values.iter().map(|&value| value.is_finite().then(|| four_digits(value) as f32)).collect()
}

fn four_digits(value: f64) -> f64 {
    if value == 0.0 {
        return value;
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    // Dividing by a whole power of ten is exact where multiplying by its inverse is not.
    if digits >= 0 {
        let power = 10_f64.powi(digits);
        (value * power).round() / power
    } else {
        let power = 10_f64.powi(-digits);
        (value / power).round() * power
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::Backend;
    use app::api::{HostInfo, READINGS};
    use std::collections::BTreeMap;
    use std::sync::Arc;
    use watchglass_live::State;
    use watchglass_model::{
        Batch, Catalogue, Declaration, Kind, PanelDeclaration, Sample, Series, SeriesId, Style, Timestamp,
        Unit,
    };
    use watchglass_tsdb::MemoryHistory;

    static PANEL: PanelDeclaration = PanelDeclaration {
        id: "p",
        section: "Test",
        title: "Test",
        style: Style::Line,
        unit: Unit::Count,
        ceiling: None,
        description: "",
    };
    static GAUGE: Declaration = Declaration {
        name: "gauge",
        kind: Kind::Gauge,
        unit: Unit::Count,
        help: "",
        labels: &[],
        panel: Some((&PANEL, PanelRole::Chart)),
        legend: "",
    };

    /// State with one gauge whose value in each of these seconds is the number of the second.
    fn core(seconds: std::ops::Range<i64>) -> AppState {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&GAUGE).unwrap();
        let core = AppState::new(
            HostInfo::default(),
            catalogue,
            BTreeMap::new(),
            "b".to_owned(),
            Arc::new(MemoryHistory::new(Duration::from_secs(3660), 100)),
            Arc::default(),
            Arc::default(),
        );
        let series = [Series { id: SeriesId(0), metric: "gauge".to_owned(), labels: Default::default() }];
        for second in seconds {
            let samples = vec![Sample { series: SeriesId(0), value: second as f64 }];
            let batch = Batch { time: Timestamp::from_millis(second * 1000), samples };
            core.process_tick(batch, &series, 1, |_| State {
                version: 1,
                series: series.to_vec(),
                problems: Vec::new(),
            });
        }
        core
    }

    fn last(seconds: u32) -> RangeQuery {
        RangeQuery { seconds, end: None }
    }

    fn until(second: i64, seconds: u32) -> RangeQuery {
        RangeQuery { seconds, end: Some(Timestamp::from_millis(second * 1000)) }
    }

    #[test]
    fn a_snapshot_before_the_first_tick_is_empty() {
        let snapshot = core(0..0).page_data(last(300), 75, READINGS);
        assert_eq!((snapshot.time, snapshot.readings.len(), snapshot.history.series.len()), (None, 0, 0));
    }

    #[test]
    fn a_snapshot_has_the_newest_readings_and_a_thinned_history() {
        let snapshot = core(1000..1400).page_data(last(300), 75, READINGS);
        assert_eq!(snapshot.readings[0].value, 1399.0);
        assert_eq!(snapshot.readings[0].time, Timestamp::from_millis(1_399_000));
        let history = &snapshot.history;
        assert_eq!((history.step_millis, history.start.millis()), (4_000, 1_096_000));
        assert_eq!((history.series[0].low[1], history.series[0].high[1]), (Some(1100.0), Some(1103.0)));
    }

    #[test]
    fn a_history_at_full_resolution_sends_its_readings_once() {
        let history = core(1000..1400).history(last(300), 900, READINGS).unwrap();
        assert_eq!((history.step_millis, history.series[0].high.len()), (1_000, 0));
        assert_eq!(history.series[0].low.last(), Some(&Some(1399.0)));
        assert!(history.series[0].statistics.is_none() && history.previous.is_empty());
    }

    #[test]
    fn rows_are_limited_to_the_requested_number() {
        let core = core(1000..1400);
        for (window, rows) in [(300, 75), (300, 299), (10, 2), (3600, 900), (3600, 7), (604_800, 900)] {
            let history = core.history(last(window), rows, READINGS).unwrap();
            // Rows are aligned to multiples of the step, so there may be one more partial row.
            assert!(history.series[0].low.len() <= rows as usize + 1, "{window} {rows}");
        }
    }

    #[test]
    fn all_charts_together_have_a_limit() {
        for (series, rows, detail, fits) in [
            (1000, 3600, READINGS, true),
            (1200, 3600, READINGS, false),
            (1000, 3600, PREVIOUS_PERIOD, false),
            (1000, 2000, PREVIOUS_PERIOD, true),
        ] {
            let core = core(0..0);
            let id = |number| SeriesId(number);
            let series: Vec<Series> = (0..series)
                .map(|number| Series {
                    id: id(number),
                    metric: "gauge".to_owned(),
                    labels: Default::default(),
                })
                .collect();
            let batch = Batch { time: Timestamp::from_millis(1000), samples: Vec::new() };
            core.process_tick(batch, &series, 1, |_| State {
                version: 1,
                series: series.clone(),
                problems: Vec::new(),
            });
            let found = core.chart_history(last(3600), rows, detail);
            assert_eq!(found.is_ok(), fits, "{} {rows} {detail}", series.len());
            if let Err(error) = found {
                assert!(error.to_string().contains("rows in all, which is "), "{error}");
            }
        }
    }

    #[test]
    fn past_windows_include_both_ends() {
        let core = core(1000..1400);
        let history = core.history(until(1100, 20), 900, READINGS).unwrap();
        assert_eq!((history.end, history.start), (Some(Timestamp::from_millis(1_100_000)), at(1080)));
        let shown: Vec<f32> = history.series[0].low.iter().flatten().copied().collect();
        assert_eq!((shown.first(), shown.last(), shown.len()), (Some(&1080.0), Some(&1100.0), 21));
        // No data before the first sample or in the future.
        for second in [500, 5000] {
            assert!(core.history(until(second, 20), 900, READINGS).unwrap().series.is_empty(), "{second}");
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    #[test]
    fn previous_period_is_aligned_with_the_current_one() {
        let core = core(1000..1400);
        let history = core.history(until(1300, 100), 900, PREVIOUS_PERIOD).unwrap();
        let (now, before) = (&history.series[0], &history.previous[0]);
        // 100 seconds earlier the gauge was 100 less.
        let place = |start: Timestamp, low: &[Option<f32>], second: i64| {
            low[usize::try_from((second * 1000 - start.millis()) / history.step_millis).unwrap()]
        };
        for second in [1201, 1250, 1300] {
            let then = place(history.previous_start, &before.low, second).unwrap();
            assert_eq!(place(history.start, &now.low, second), Some(then + 100.0), "{second}");
        }
        let statistics = now.statistics.unwrap();
        let previous_avg = statistics.previous_avg.unwrap();
        assert_eq!((history.detail, statistics.min), (PREVIOUS_PERIOD, 1200.0));
        assert_eq!((statistics.avg - previous_avg, previous_avg), (100.0, 1150.0));
        let first = core.history(until(1050, 100), 900, PREVIOUS_PERIOD).unwrap();
        assert!(first.previous.is_empty(), "{first:?}");
        assert_eq!(first.series[0].statistics.unwrap().previous_avg, None);
    }

    #[test]
    fn four_digits_are_kept() {
        for (value, expected) in
            [(0.0, 0.0), (0.123456, 0.1235), (123456.0, 123500.0), (-9.99999, -10.0), (1.5e-9, 1.5e-9)]
        {
            assert!((four_digits(value) - expected).abs() < 1e-12, "{value} {}", four_digits(value));
        }
    }
}
