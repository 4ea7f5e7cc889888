//! Tests of the live store: initial data, frames and histories in any order.

use super::*;

use crate::api::{HistorySeries, PREVIOUS_PERIOD, Reading, STATISTICS};
use watchglass_model::{
    Batch, Declaration, PanelDeclaration, PanelRole, Sample, Series, SeriesId, Style, Unit,
};

const fn panel(id: &'static str, unit: Unit) -> PanelDeclaration {
    PanelDeclaration {
        id,
        section: "S",
        title: "T",
        style: Style::Line,
        unit,
        ceiling: None,
        description: "",
    }
}
static GAUGES: PanelDeclaration = panel("gauges", Unit::Bytes);
static RATES: PanelDeclaration = panel("rates", Unit::BytesPerSecond);

fn catalogue() -> Catalogue {
    let metric = |name, kind| Declaration {
        name,
        kind,
        unit: Unit::Bytes,
        help: "",
        labels: &[],
        panel: Some((if kind == Kind::Gauge { &GAUGES } else { &RATES }, PanelRole::Chart)),
        legend: "",
    };
    let mut catalogue = Catalogue::default();
    catalogue.declare(&metric("gauge", Kind::Gauge)).unwrap();
    catalogue.declare(&metric("counter", Kind::Counter)).unwrap();
    catalogue
}

pub(super) fn state(version: u32) -> State {
    let series =
        |id, metric: &str| Series { id: SeriesId(id), metric: metric.to_owned(), labels: Default::default() };
    State {
        version,
        series: vec![series(0, "gauge"), series(1, "counter")],
        problems: Vec::new(),
        skipped: Vec::new(),
    }
}

pub(super) fn statistics(avg: f64) -> SeriesStatistics {
    SeriesStatistics { min: 0.0, avg, max: 9.0, last: 3.0, p95: 8.0, total: None, previous_avg: None }
}

pub(super) fn store() -> LiveStore {
    let history = History {
        window_seconds: 10,
        detail: STATISTICS,
        start: Timestamp::from_millis(1_000),
        step_millis: 1_000,
        series: vec![HistorySeries {
            series: SeriesId(0),
            low: vec![Some(1.0), None, Some(3.0)],
            high: vec![],
            statistics: Some(statistics(1.0)),
        }],
        ..History::default()
    };
    let mut store = LiveStore::default();
    store.load(&PageData {
        time: Some(Timestamp::from_millis(3_000)),
        interval_ms: 1_000,
        host: HostInfo::default(),
        catalogue: catalogue(),
        intervals: BTreeMap::new(),
        state: state(1),
        readings: vec![Reading { series: SeriesId(0), time: Timestamp::from_millis(3_000), value: 3.0 }],
        history,
        alerts: Alerts::default(),
    });
    store
}

pub(super) fn metrics(state: u32, time: i64, values: &[(u32, f64)]) -> Metrics {
    let samples = values.iter().map(|&(id, value)| Sample { series: SeriesId(id), value }).collect();
    Metrics { state, seq: 1, remaining: 0, batch: Batch { time: Timestamp::from_millis(time), samples } }
}

pub(super) fn times(store: &LiveStore, id: u32) -> Vec<i64> {
    store.buffer(SeriesId(id)).unwrap().times.clone()
}

#[test]
fn initial_data_is_shown() {
    let store = store();
    assert_eq!((store.reading(SeriesId(0)), store.reading(SeriesId(1))), (Some(3.0), None));
    assert_eq!(times(&store, 0), [1_000, 3_000]);
    assert_eq!(store.reading_at(SeriesId(0), 1_400), Some(1.0));
    assert_eq!(store.reading_at(SeriesId(0), 2_600), None);
    assert_eq!(store.reading_at(SeriesId(0), 900), None);
}

#[test]
fn counter_rate_starts_with_the_second_frame() {
    let mut store = store();
    store.push(&metrics(1, 4_000, &[(0, 4.0), (1, 100.0)]));
    assert_eq!((store.reading(SeriesId(0)), store.reading(SeriesId(1))), (Some(4.0), None));
    store.push(&metrics(1, 6_000, &[(0, 5.0), (1, 150.0)]));
    assert_eq!(store.reading(SeriesId(1)), Some(25.0));
    assert_eq!(times(&store, 0), [1_000, 3_000, 4_000, 6_000]);
}

#[test]
fn reading_expires_after_two_missed_ticks() {
    let mut store = store();
    store.push(&metrics(1, 5_000, &[]));
    assert_eq!(store.reading(SeriesId(0)), Some(3.0));
    store.push(&metrics(1, 6_000, &[]));
    assert_eq!(store.reading(SeriesId(0)), None);
}

#[test]
fn frames_of_another_state_or_older_are_ignored() {
    let mut store = store();
    store.push(&metrics(2, 4_000, &[(0, 9.0)]));
    store.push(&metrics(1, 3_000, &[(0, 9.0)]));
    assert_eq!((store.newest().unwrap().millis(), times(&store, 0)), (3_000, vec![1_000, 3_000]));
    store.set_state(state(2));
    store.push(&metrics(2, 4_000, &[(0, 9.0)]));
    assert_eq!(store.reading(SeriesId(0)), Some(9.0));
}

#[test]
fn history_fills_gaps_and_keeps_newer_rows() {
    let mut store = store();
    store.push(&metrics(1, 6_000, &[(0, 6.0)]));
    let low = vec![Some(3.0), Some(4.0), Some(5.0)];
    store.set_history(&History {
        window_seconds: 10,
        start: Timestamp::from_millis(3_000),
        step_millis: 1_000,
        series: vec![HistorySeries { series: SeriesId(0), low, high: vec![], statistics: None }],
        ..History::default()
    });
    assert_eq!(times(&store, 0), [1_000, 3_000, 4_000, 5_000, 6_000]);
}

#[test]
fn reused_series_id_is_reset_after_restart() {
    let mut store = store();
    store.push(&metrics(1, 4_000, &[(0, 4.0), (1, 100.0)]));
    let mut other = state(1);
    other.series.swap(0, 1);
    for (id, series) in (0..).zip(&mut other.series) {
        series.id = SeriesId(id);
    }
    store.set_state(other);
    assert_eq!((store.reading(SeriesId(0)), times(&store, 0)), (None, vec![]));
    store.push(&metrics(1, 5_000, &[(0, 900.0), (1, 5.0)]));
    assert_eq!((store.reading(SeriesId(0)), store.reading(SeriesId(1))), (None, Some(5.0)));
}

#[test]
fn gap_distance_follows_interval_and_step() {
    for (pace, step, expected) in
        [(1_000, 1_000, 1_500), (5_000, 1_000, 6_500), (5_000, 4_000, 10_000), (1_000, 4_000, 6_000)]
    {
        let mut store = store();
        (store.step, store.series[0].interval) = (step, pace);
        assert_eq!(store.gap_after(SeriesId(0)), expected, "{pace} {step}");
    }
}

#[test]
fn rows_outside_the_window_are_dropped() {
    let mut store = store();
    for second in 4..40 {
        store.push(&metrics(1, second * 1_000, &[(0, 1.0)]));
    }
    assert!(times(&store, 0).len() <= 16, "{:?}", times(&store, 0));
}

#[test]
fn panel_has_the_bands_that_overlap_its_window() {
    let mut store = store();
    let mark = |panel: &str, start, end: Option<i64>| ChartBand {
        panel: panel.to_owned(),
        start: Timestamp::from_millis(start),
        end: end.map(Timestamp::from_millis),
        severity: watchglass_model::Severity::Warning,
        text: String::new(),
        threshold: None,
        annotation: String::new(),
    };
    let start = store.window().start.millis();
    let marks = vec![
        mark("a", start + 5, None),
        mark("b", start + 4, None),
        mark("a", start - 9, Some(start)),
        mark("a", start - 9, Some(start - 1)),
        mark("", start + 7, Some(start + 7)),
    ];
    store.set_alerts(Alerts { firing: 2, bands: marks });
    let starts: Vec<_> = store.bands("a").map(|mark| mark.start.millis() - start).collect();
    assert_eq!(starts, [5, -9, 7]);
    assert_eq!(store.bands("c").count(), 1, "an annotation is on every chart");
}

/// The past range from second 100 to 110, with the previous period.
fn past() -> History {
    let tracks = |value| {
        let low = vec![Some(value), Some(value + 1.0)];
        vec![HistorySeries { series: SeriesId(0), low, high: vec![], statistics: Some(statistics(7.0)) }]
    };
    History {
        window_seconds: 10,
        end: Some(Timestamp::from_millis(110_000)),
        detail: PREVIOUS_PERIOD,
        start: Timestamp::from_millis(100_000),
        step_millis: 10_000,
        series: tracks(7.0),
        previous_start: Timestamp::from_millis(100_500),
        previous: tracks(5.0),
        ..History::default()
    }
}

#[test]
fn past_range_is_fixed_and_live_window_is_restored() {
    let mut store = store();
    assert_eq!((store.past(), store.statistics(SeriesId(0))), (None, Some(statistics(1.0))));
    assert!(!store.is_compared());
    store.show_range(past().end.map(|end| TimeRange::ending_at(end, seconds(10))));
    assert_eq!(store.window().end.millis(), 110_000);
    store.set_history(&past());
    let window = store.past().unwrap();
    assert_eq!((window.start.millis(), window.end.millis()), (100_000, 110_000));
    assert_eq!(
        (times(&store, 0), store.statistics(SeriesId(0))),
        (vec![100_000, 110_000], Some(statistics(7.0)))
    );
    assert!(store.is_compared());
    assert_eq!(store.previous(SeriesId(0)).unwrap().times, [100_500, 110_500]);
    assert_eq!(
        (store.displayed_value(SeriesId(0), None), store.displayed_value(SeriesId(0), Some(100_000))),
        (Some(8.0), Some(7.0))
    );

    assert!(store.push(&metrics(1, 200_000, &[(0, 1.0)])));
    assert_eq!((store.window(), times(&store, 0)), (window, vec![100_000, 110_000]));
    assert_eq!(store.reading(SeriesId(0)), Some(1.0), "values stay live");
    store.freeze(true);
    assert!(!store.is_frozen());
    assert_eq!(store.window(), window, "a past range does not move");

    let rows = vec![Some(1.0)];
    store.set_history(&History {
        window_seconds: 10,
        start: Timestamp::from_millis(200_000),
        step_millis: 1_000,
        series: vec![HistorySeries { series: SeriesId(0), low: rows, high: vec![], statistics: None }],
        ..History::default()
    });
    assert_eq!((store.past(), store.window().end.millis(), times(&store, 0)), (None, 200_000, vec![200_000]));
    assert!(store.previous(SeriesId(0)).unwrap().times.is_empty());
    assert!(!store.is_compared() && store.statistics(SeriesId(0)).is_none());
}

#[test]
fn frozen_charts_keep_their_range_while_values_stay_live() {
    let mut store = store();
    let frozen = store.window();
    store.freeze(true);
    assert!(store.is_frozen());
    for second in 4..60 {
        store.push(&metrics(1, second * 1_000, &[(0, 1.0)]));
    }
    assert_eq!((store.window(), store.reading(SeriesId(0))), (frozen, Some(1.0)));
    assert_eq!(times(&store, 0).first(), Some(&1_000), "shown rows are kept");
    store.freeze(false);
    assert_eq!(store.window().end.millis(), 59_000);
    assert_eq!(times(&store, 0).last(), Some(&59_000), "newer rows are there");
    // A chart that stays frozen does not grow without limit.
    store.freeze(true);
    for second in (60..).step_by(600).take(100) {
        store.push(&metrics(1, second * 1_000, &[(0, 1.0)]));
    }
    assert!(times(&store, 0).len() < 40, "{}", times(&store, 0).len());
}

#[test]
fn new_rows_are_reported() {
    let mut store = store();
    store.step = 5_000;
    let new: Vec<bool> = (4..12).map(|second| store.push(&metrics(1, second * 1_000, &[]))).collect();
    assert_eq!(new, [false, true, false, false, false, false, true, false]);
    assert!(!store.push(&metrics(1, 1_000, &[])) && !store.push(&metrics(9, 90_000, &[])));
}
