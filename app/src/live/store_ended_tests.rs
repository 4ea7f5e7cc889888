//! Tests of series that have ended while the window has them.

use super::tests::{metrics, state, statistics, store, times};
use super::*;
use crate::api::HistorySeries;
use watchglass_model::{Series, SeriesId};

#[test]
fn ended_series_keep_their_rows_and_their_id_may_belong_to_another() {
    let mut store = store();
    let named = |id, which: &str| Series {
        id: SeriesId(id),
        metric: "gauge".to_owned(),
        labels: [("which", which)].into_iter().filter(|(_, which)| !which.is_empty()).collect(),
    };
    let with_first = |version, first: Series| {
        let mut state = state(version);
        state.series[0] = first;
        state
    };
    store.set_state(with_first(2, Series::vacant(SeriesId(0))));
    let found: Vec<Series> = store.all_series().filter(|series| series.metric == "gauge").cloned().collect();
    let ended = SeriesId(crate::api::FIRST_ENDED);
    assert_eq!(found, [Series { id: ended, ..named(0, "") }]);
    assert_eq!(store.buffer(ended).unwrap().times, [1_000, 3_000]);
    assert_eq!((store.reading(ended), store.metric(ended).unwrap().name.as_str()), (None, "gauge"));
    assert!(store.has_data_in_window(ended));
    store.set_state(with_first(3, named(0, "b")));
    assert_eq!(times(&store, 0), [0; 0]);
    assert!(!store.has_data_in_window(SeriesId(0)), "not in the legend yet");
    store.push(&metrics(3, 5_000, &[(0, 7.0)]));
    assert!(store.has_data_in_window(SeriesId(0)));
    // It comes back with another id.
    let mut state = with_first(4, named(0, "b"));
    state.series.push(named(2, ""));
    store.set_state(state);
    assert_eq!((times(&store, 2), store.buffer(ended)), (vec![1_000, 3_000], None));
    assert_eq!(store.all_series().count(), 3);
}

#[test]
fn history_has_the_series_that_ended_before_the_page_was_opened() {
    let mut store = store();
    let ended = SeriesId(crate::api::FIRST_ENDED);
    let labels = [("which", "gone")].into_iter().collect();
    let gone = Series { id: ended, metric: "gauge".to_owned(), labels };
    let low = vec![Some(3.0), Some(4.0), None];
    let rows = HistorySeries { series: ended, low, high: vec![], statistics: Some(statistics(3.0)) };
    let history = History {
        window_seconds: 10,
        start: Timestamp::from_millis(1_000),
        step_millis: 1_000,
        series: vec![rows],
        ended: vec![gone.clone()],
        ..History::default()
    };
    assert!(store.set_history(&history), "the list of series has changed");
    assert!(!store.set_history(&history));
    assert!(store.all_series().any(|series| *series == gone));
    assert_eq!(
        (times(&store, ended.0), store.statistics(ended)),
        (vec![1_000, 2_000], Some(statistics(3.0)))
    );
    assert!(store.set_history(&History { ended: vec![], series: vec![], ..history }));
    assert_eq!(store.buffer(ended), None);
}
