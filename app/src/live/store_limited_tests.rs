//! Tests of panels with more series than their charts draw.

use super::tests::{metrics, state, store, times};
use super::*;
use crate::api::{HistorySeries, LimitedPanel, MAX_LINES};
use watchglass_model::{Series, SeriesId};

/// State with `count` series of the gauge.
fn many(version: u32, count: u32) -> State {
    let series = (0..count).map(|id| Series {
        id: SeriesId(id),
        metric: "gauge".to_owned(),
        labels: [("n", id.to_string())].into_iter().collect(),
    });
    State { series: series.collect(), ..state(version) }
}

/// History of the series 1 and 2 of 60 gauges.
fn limited() -> History {
    let rows = |id| HistorySeries {
        series: SeriesId(id),
        low: vec![Some(1.0), Some(2.0)],
        high: vec![],
        statistics: None,
    };
    History {
        window_seconds: 10,
        start: Timestamp::from_millis(1_000),
        step_millis: 1_000,
        series: vec![rows(1), rows(2)],
        limited: vec![LimitedPanel { panel: "gauges".to_owned(), series: 60 }],
        ..History::default()
    }
}

#[test]
fn only_series_of_the_history_are_drawn_and_keep_rows() {
    let mut store = store();
    store.set_state(many(2, 60));
    assert!(store.set_history(&limited()), "other lines");
    store.push(&metrics(2, 4_000, &[(0, 9.0), (1, 5.0)]));
    assert_eq!((times(&store, 0), times(&store, 1)), (vec![], vec![1_000, 2_000, 4_000]));
    assert_eq!(store.reading(SeriesId(0)), Some(9.0), "headers have the values of all series");
    let drawn: Vec<u32> = (0..60).filter(|&id| store.is_drawn("gauges", SeriesId(id))).collect();
    assert_eq!((drawn, store.limited("gauges"), store.limited("rates")), (vec![1, 2], Some(60), None));
    assert!(store.is_drawn("rates", SeriesId(0)), "the limit is that of its panel");
    // A series that begins later waits for the next history.
    store.set_state(many(3, 61));
    store.push(&metrics(3, 5_000, &[(60, 9.0)]));
    assert_eq!((store.is_drawn("gauges", SeriesId(60)), times(&store, 60)), (false, vec![]));
    // Its rows return when all series are drawn again.
    assert!(store.set_history(&History { limited: Vec::new(), ..limited() }));
    store.push(&metrics(3, 6_000, &[(0, 9.0)]));
    assert_eq!((store.limited("gauges"), times(&store, 0)), (None, vec![6_000]));
    assert!(!store.set_history(&History { limited: Vec::new(), ..limited() }), "the same lines");
}

#[test]
fn lines_are_chosen_again_when_there_are_more_series_than_lines() {
    let mut store = store();
    assert!(!store.has_more_series_than_lines());
    store.set_state(many(2, u32::try_from(MAX_LINES).unwrap()));
    assert!(!store.has_more_series_than_lines());
    store.set_state(many(3, u32::try_from(MAX_LINES).unwrap() + 1));
    assert!(store.has_more_series_than_lines());
    store.set_state(many(4, 2));
    store.set_history(&limited());
    assert!(store.has_more_series_than_lines(), "of the history");
}
