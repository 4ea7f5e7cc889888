//! History for the charts of a page.

use super::charted_series::ChartedSeries;
use super::ended_series::EndedSeries;
use super::statistics::statistics;
use crate::clock::TICK_MILLIS;
use crate::metric_store::MetricStore;
use app::api::{History, HistorySeries, PREVIOUS_PERIOD, RangeQuery, STATISTICS, SeriesStatistics};
use std::time::Duration;
use watchglass_model::{SeriesId, TimeRange};
use watchglass_tsdb::{Column, Columns, QueryError};

/// Maximum number of rows of all series together: some 3 MB of a reply.
const MAX_CELLS: usize = 300_000;

/// Readings of the series in the charts, in at most `rows` rows plus a partial one; fewer when there are many series.
///
/// From the history of this server only; the store chooses the resolution that it still has for the range.
///
/// # Errors
/// Failed history query.
pub(crate) fn chart_history(
    metrics: &MetricStore,
    window: RangeQuery,
    rows: u32,
    detail: u32,
) -> Result<History, QueryError> {
    let range = metrics.range(window);
    let charted = ChartedSeries::choose(metrics, range)?;
    let windows = if detail == PREVIOUS_PERIOD { 2 } else { 1 };
    let fit = MAX_CELLS / charted.drawn.saturating_mul(windows).max(1);
    let step_millis = step(window.seconds, rows.min(u32::try_from(fit).unwrap_or(u32::MAX)));
    let length = Duration::from_secs(u64::from(window.seconds));
    let before = TimeRange::ending_at(range.start, length);
    let mut history = History {
        window_seconds: window.seconds,
        end: window.end,
        detail,
        start: range.start.floor(step_millis),
        step_millis,
        series: Vec::new(),
        previous_start: before.start.floor(step_millis) + length,
        previous: Vec::new(),
        ended: Vec::new(),
        limited: charted.limited.clone(),
    };
    let mut ended = EndedSeries::default();
    for metric in &charted.metrics {
        let query = |range| charted.query(metrics, &metric.name, range, step_millis);
        let now = query(range)?;
        let earlier = match detail {
            PREVIOUS_PERIOD => Some(query(before)?),
            _ => None,
        };
        let statistics = |column: &Column| {
            let columns = earlier.iter().flat_map(|earlier| &earlier.columns);
            let previous = columns.into_iter().find(|other| other.series == column.series);
            (detail >= STATISTICS).then(|| statistics(metric, column, previous)).flatten()
        };
        ended.add(&now);
        history.series.extend(tracks(&now, |column| ended.id(column), statistics));
        let previous =
            earlier.iter().flat_map(|earlier| tracks(earlier, |column| ended.id(column), |_| None));
        history.previous.extend(previous);
    }
    history.ended = ended.into_series();
    Ok(history)
}

/// Row length in milliseconds: a multiple of the tick, so that all rows have the same number of ticks.
fn step(seconds: u32, rows: u32) -> i64 {
    let tick = u64::from(TICK_MILLIS);
    let ticks = (u64::from(seconds) * 1000).div_ceil(u64::from(rows.max(1)) * tick);
    i64::try_from(ticks.max(1) * tick).unwrap_or(i64::MAX)
}

/// Columns that have an id.
fn tracks(
    columns: &Columns,
    id: impl Fn(&Column) -> Option<SeriesId>,
    statistics: impl Fn(&Column) -> Option<SeriesStatistics>,
) -> impl Iterator<Item = HistorySeries> {
    columns.columns.iter().filter_map(move |column| {
        let high = if same(&column.low, &column.high) { Vec::new() } else { rounded(&column.high) };
        Some(HistorySeries {
            series: id(column)?,
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
    use crate::test_support::{gauge_store, many_gauges};
    use app::api::{LimitedPanel, MAX_LINES, READINGS};
    use watchglass_model::Timestamp;

    fn last(seconds: u32) -> RangeQuery {
        RangeQuery { seconds, end: None }
    }

    fn until(second: i64, seconds: u32) -> RangeQuery {
        RangeQuery { seconds, end: Some(Timestamp::from_millis(second * 1000)) }
    }

    #[test]
    fn a_history_is_thinned() {
        let history = chart_history(&gauge_store(1000..1400), last(300), 75, READINGS).unwrap();
        assert_eq!((history.step_millis, history.start.millis()), (4_000, 1_096_000));
        assert_eq!((history.series[0].low[1], history.series[0].high[1]), (Some(1100.0), Some(1103.0)));
    }

    #[test]
    fn a_history_at_full_resolution_sends_its_readings_once() {
        let history = chart_history(&gauge_store(1000..1400), last(300), 900, READINGS).unwrap();
        assert_eq!((history.step_millis, history.series[0].high.len()), (1_000, 0));
        assert_eq!(history.series[0].low.last(), Some(&Some(1399.0)));
        assert!(history.series[0].statistics.is_none() && history.previous.is_empty());
    }

    #[test]
    fn rows_are_limited_to_the_requested_number() {
        let store = gauge_store(1000..1400);
        for (window, rows) in [(300, 75), (300, 299), (10, 2), (3600, 900), (3600, 7), (604_800, 900)] {
            let history = chart_history(&store, last(window), rows, READINGS).unwrap();
            // Rows are aligned to multiples of the step, so there may be one more partial row.
            assert!(history.series[0].low.len() <= rows as usize + 1, "{window} {rows}");
        }
    }

    #[test]
    fn panel_with_many_series_has_those_with_the_highest_values() {
        let drawn = u32::try_from(MAX_LINES).unwrap();
        for count in [drawn, drawn + 1, 2 * drawn] {
            let history =
                chart_history(&many_gauges(count, 1000..1010), last(60), 900, PREVIOUS_PERIOD).unwrap();
            let ids: Vec<u32> = history.series.iter().map(|series| series.series.0).collect();
            assert_eq!(ids, (count - drawn..count).collect::<Vec<_>>(), "{count}");
            let limited = LimitedPanel { panel: "p".to_owned(), series: count };
            assert_eq!(history.limited, Vec::from_iter((count > drawn).then_some(limited)), "{count}");
        }
    }

    #[test]
    fn charts_with_many_cells_have_longer_rows() {
        let store = many_gauges(u32::try_from(MAX_LINES).unwrap(), 1000..1010);
        for (detail, seconds) in [(READINGS, 86_400), (PREVIOUS_PERIOD, 86_400), (READINGS, 60)] {
            let history = chart_history(&store, last(seconds), 100_000, detail).unwrap();
            let rows = i64::from(seconds) * 1000 / history.step_millis;
            let windows = if detail == PREVIOUS_PERIOD { 2 } else { 1 };
            let cells = usize::try_from(rows).unwrap() * MAX_LINES * windows;
            assert!(cells <= MAX_CELLS, "{detail} {seconds}: {cells}");
            // No coarser than necessary.
            assert!(cells * 2 > MAX_CELLS || history.step_millis == 1000, "{detail} {seconds}: {cells}");
        }
    }

    #[test]
    fn past_windows_include_both_ends() {
        let store = gauge_store(1000..1400);
        let history = chart_history(&store, until(1100, 20), 900, READINGS).unwrap();
        assert_eq!((history.end, history.start), (Some(Timestamp::from_millis(1_100_000)), at(1080)));
        let shown: Vec<f32> = history.series[0].low.iter().flatten().copied().collect();
        assert_eq!((shown.first(), shown.last(), shown.len()), (Some(&1080.0), Some(&1100.0), 21));
        // No data before the first sample or in the future.
        for second in [500, 5000] {
            assert!(
                chart_history(&store, until(second, 20), 900, READINGS).unwrap().series.is_empty(),
                "{second}"
            );
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(second * 1000)
    }

    #[test]
    fn ended_series_are_shown_while_the_window_has_them() {
        let store = gauge_store(1000..1400);
        let name = store.state().series[0].clone();
        store.end_series(&[name.id]);
        let history = chart_history(&store, until(1399, 100), 900, PREVIOUS_PERIOD).unwrap();
        let [ended] = &history.ended[..] else { panic!("{:?}", history.ended) };
        assert_eq!((&ended.metric, &ended.labels), (&name.metric, &name.labels));
        assert!(ended.id.0 >= app::api::FIRST_ENDED);
        let ids = |rows: &[HistorySeries]| rows.iter().map(|rows| rows.series).collect::<Vec<_>>();
        assert_eq!([ids(&history.series), ids(&history.previous)], [vec![ended.id], vec![ended.id]]);
        assert!(history.series[0].statistics.unwrap().previous_avg.is_some());
        assert!(chart_history(&store, until(3000, 100), 900, READINGS).unwrap().ended.is_empty());
    }

    #[test]
    fn previous_period_is_aligned_with_the_current_one() {
        let store = gauge_store(1000..1400);
        let history = chart_history(&store, until(1300, 100), 900, PREVIOUS_PERIOD).unwrap();
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
        let first = chart_history(&store, until(1050, 100), 900, PREVIOUS_PERIOD).unwrap();
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
