//! The page's data: what the server rendered, frames and histories in any order.

use super::*;
use crate::api::{Reading, TrackHistory};
use watchglass_model::{Batch, Declaration, Sample, Series, Unit};

fn catalogue() -> Catalogue {
    let metric = |name, kind| Declaration {
        name,
        kind,
        unit: Unit::Bytes,
        help: "",
        labels: &[],
        panel: None,
        legend: "",
    };
    let mut catalogue = Catalogue::default();
    catalogue.declare(&metric("gauge", Kind::Gauge)).unwrap();
    catalogue.declare(&metric("counter", Kind::Counter)).unwrap();
    catalogue
}

fn state(version: u32) -> State {
    let series =
        |id, metric: &str| Series { id: SeriesId(id), metric: metric.to_owned(), labels: Default::default() };
    State { version, series: vec![series(0, "gauge"), series(1, "counter")], problems: Vec::new() }
}

fn store() -> LiveStore {
    let history = History {
        window_seconds: 10,
        start: Timestamp::from_millis(1_000),
        step_millis: 1_000,
        tracks: vec![TrackHistory {
            series: SeriesId(0),
            low: vec![Some(1.0), None, Some(3.0)],
            high: vec![],
        }],
    };
    let mut store = LiveStore::default();
    store.load(&Snapshot {
        time: Some(Timestamp::from_millis(3_000)),
        interval_ms: 1_000,
        host: HostInfo::default(),
        catalogue: catalogue(),
        paces: BTreeMap::new(),
        state: state(1),
        readings: vec![Reading { series: SeriesId(0), time: Timestamp::from_millis(3_000), value: 3.0 }],
        history,
        alerts: Alerts::default(),
    });
    store
}

fn metrics(state: u32, time: i64, values: &[(u32, f64)]) -> Metrics {
    let samples = values.iter().map(|&(id, value)| Sample { series: SeriesId(id), value }).collect();
    Metrics { state, seq: 1, batch: Batch { time: Timestamp::from_millis(time), samples } }
}

fn times(store: &LiveStore, id: u32) -> Vec<i64> {
    store.track(SeriesId(id)).unwrap().times.clone()
}

#[test]
fn shows_what_the_server_rendered() {
    let store = store();
    assert_eq!((store.reading(SeriesId(0)), store.reading(SeriesId(1))), (Some(3.0), None));
    assert_eq!(times(&store, 0), [1_000, 3_000]);
    assert_eq!(store.reading_at(SeriesId(0), 1_400), Some(1.0));
    assert_eq!(store.reading_at(SeriesId(0), 2_600), None);
    assert_eq!(store.reading_at(SeriesId(0), 900), None);
}

#[test]
fn a_counter_shows_a_rate_from_its_second_frame_on() {
    let mut store = store();
    store.push(&metrics(1, 4_000, &[(0, 4.0), (1, 100.0)]));
    assert_eq!((store.reading(SeriesId(0)), store.reading(SeriesId(1))), (Some(4.0), None));
    store.push(&metrics(1, 6_000, &[(0, 5.0), (1, 150.0)]));
    assert_eq!(store.reading(SeriesId(1)), Some(25.0));
    assert_eq!(times(&store, 0), [1_000, 3_000, 4_000, 6_000]);
}

#[test]
fn a_series_that_stops_has_no_reading_after_two_missed_ticks() {
    let mut store = store();
    store.push(&metrics(1, 5_000, &[]));
    assert_eq!(store.reading(SeriesId(0)), Some(3.0));
    store.push(&metrics(1, 6_000, &[]));
    assert_eq!(store.reading(SeriesId(0)), None);
}

#[test]
fn frames_of_another_state_or_from_the_past_are_left_out() {
    let mut store = store();
    store.push(&metrics(2, 4_000, &[(0, 9.0)]));
    store.push(&metrics(1, 3_000, &[(0, 9.0)]));
    assert_eq!((store.newest().unwrap().millis(), times(&store, 0)), (3_000, vec![1_000, 3_000]));
    store.set_state(state(2));
    store.push(&metrics(2, 4_000, &[(0, 9.0)]));
    assert_eq!(store.reading(SeriesId(0)), Some(9.0));
}

#[test]
fn a_history_fills_what_was_missed_and_keeps_what_is_newer() {
    let mut store = store();
    store.push(&metrics(1, 6_000, &[(0, 6.0)]));
    let low = vec![Some(3.0), Some(4.0), Some(5.0)];
    store.set_history(&History {
        window_seconds: 10,
        start: Timestamp::from_millis(3_000),
        step_millis: 1_000,
        tracks: vec![TrackHistory { series: SeriesId(0), low, high: vec![] }],
    });
    assert_eq!(times(&store, 0), [1_000, 3_000, 4_000, 5_000, 6_000]);
}

#[test]
fn a_number_that_means_another_series_after_a_restart_begins_anew() {
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
fn a_gap_is_where_a_value_is_missing_whatever_the_rows() {
    for (pace, step, expected) in
        [(1_000, 1_000, 1_500), (5_000, 1_000, 6_500), (5_000, 4_000, 10_000), (1_000, 4_000, 6_000)]
    {
        let mut store = store();
        (store.step, store.series[0].pace) = (step, pace);
        assert_eq!(store.gap_after(SeriesId(0)), expected, "{pace} {step}");
    }
}

#[test]
fn what_leaves_the_window_is_forgotten() {
    let mut store = store();
    for second in 4..40 {
        store.push(&metrics(1, second * 1_000, &[(0, 1.0)]));
    }
    assert!(times(&store, 0).len() <= 16, "{:?}", times(&store, 0));
}

#[test]
fn a_panel_has_the_marks_that_reach_into_its_window() {
    let mut store = store();
    let mark = |panel: &str, start, end: Option<i64>| Mark {
        panel: panel.to_owned(),
        start: Timestamp::from_millis(start),
        end: end.map(Timestamp::from_millis),
        severity: watchglass_model::Severity::Warning,
        text: String::new(),
    };
    let start = store.window().start.millis();
    let marks = vec![
        mark("a", start + 5, None),
        mark("b", start + 4, None),
        mark("a", start - 9, Some(start)),
        mark("a", start - 9, Some(start - 1)),
    ];
    store.set_alerts(Alerts { firing: 2, marks });
    let starts: Vec<_> = store.marks("a").map(|mark| mark.start.millis() - start).collect();
    assert_eq!(starts, [5, -9]);
    assert_eq!(store.marks("c").count(), 0);
}
