//! Data of the pages, with the layout of the user applied.

use crate::app_state::AppState;
use crate::clock::{TICK_MILLIS, now};
use crate::layouts::Layout;
use crate::query::alerts::unhandled_count;
use crate::query::chart_history::chart_history;
use app::Backend;
use app::api::{Alerts, History, PageData, RangeQuery, Services};
use std::collections::HashSet;
use std::sync::Arc;
use watchglass_live::State;
use watchglass_model::Series;

/// Backend of the pages of one user.
#[derive(Debug)]
pub(super) struct PageBackend {
    pub(super) state: AppState,
    /// `None` for the default layout.
    pub(super) layout: Option<Arc<Layout>>,
    /// Whether page data has all series. Pages use only those of panels: with thousands of routes, the others would be most
    /// of the page.
    pub(super) has_all_series: bool,
}

impl PageBackend {
    /// Series and failing probes; without the series that no panel shows, whose ids are vacant.
    fn page_state(&self) -> State {
        let metrics = &self.state.metrics;
        let state = metrics.state();
        if self.has_all_series {
            return State::clone(&state);
        }
        let shown: HashSet<&str> = metrics
            .catalogue()
            .metrics()
            .iter()
            .filter(|metric| metric.panel.is_some())
            .map(|metric| metric.name.as_str())
            .collect();
        let is_shown = |series: &Series| shown.contains(series.metric.as_str());
        let series = |series: &Series| {
            if is_shown(series) { series.clone() } else { Series::vacant(series.id) }
        };
        let count = state.series.iter().rposition(is_shown).map_or(0, |last| last + 1);
        State {
            version: state.version,
            series: state.series.iter().take(count).map(series).collect(),
            problems: state.problems.clone(),
            skipped: state.skipped.clone(),
        }
    }
}

impl Backend for PageBackend {
    fn page_data(&self, window: RangeQuery, rows: u32, detail: u32) -> PageData {
        let metrics = &self.state.metrics;
        let catalogue = metrics.catalogue().clone();
        PageData {
            time: metrics.newest_time(),
            interval_ms: TICK_MILLIS,
            host: metrics.host().clone(),
            catalogue: match &self.layout {
                Some(layout) => layout.apply(catalogue),
                None => catalogue,
            },
            intervals: metrics.intervals().clone(),
            state: self.page_state(),
            readings: metrics.readings(),
            // A page without sparklines is better than an error.
            history: self.history(window, rows, detail).unwrap_or_default(),
            alerts: self.alerts(window),
        }
    }

    fn history(&self, window: RangeQuery, rows: u32, detail: u32) -> Result<History, String> {
        // Seven days are read from disk, and this runs on the async workers that send live frames.
        let history =
            tokio::task::block_in_place(|| chart_history(&self.state.metrics, window, rows, detail));
        history.map_err(|error| error.to_string())
    }

    fn alerts(&self, window: RangeQuery) -> Alerts {
        let AppState { metrics, rules, notifications, annotations, .. } = &self.state;
        let (range, peers) = (metrics.range(window), notifications.peers());
        let mut bands = rules.chart_bands(metrics.catalogue(), range, &peers.statuses, &peers.past_alerts);
        bands.extend(annotations.chart_marks(window, range));
        Alerts { firing: unhandled_count(rules, notifications, now()), bands }
    }

    fn services(&self) -> Services {
        self.state.targets.latest_details()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::gauge_store;
    use app::api::READINGS;
    use watchglass_model::{Batch, SeriesId, Timestamp};

    /// Page data of the last five minutes, with one gauge whose value in each of these seconds is the number of the second.
    fn page_data(seconds: std::ops::Range<i64>) -> PageData {
        let folder = tempfile::tempdir().unwrap();
        let state = AppState::for_tests(folder.path(), gauge_store(seconds)).unwrap();
        PageBackend { state, layout: None, has_all_series: false }.page_data(
            RangeQuery { seconds: 300, end: None },
            75,
            READINGS,
        )
    }

    #[test]
    fn page_has_only_the_series_of_panels_unless_asked_for_all() {
        let series = |id, metric: &str| Series {
            id: SeriesId(id),
            metric: metric.to_owned(),
            labels: Default::default(),
        };
        let store = gauge_store(1000..1001);
        let all = ["route", "gauge", "route"].into_iter().zip(0..).map(|(metric, id)| series(id, metric));
        let all: Vec<Series> = all.collect();
        let state = State { version: 7, series: all.clone(), problems: Vec::new(), skipped: Vec::new() };
        store.store(
            &Batch { time: Timestamp::from_millis(1_001_000), samples: Vec::new() },
            &all,
            Some(state),
        );
        let folder = tempfile::tempdir().unwrap();
        let state = AppState::for_tests(folder.path(), store).unwrap();
        let found = |has_all_series| {
            let backend = PageBackend { state: state.clone(), layout: None, has_all_series };
            let state = backend.page_data(RangeQuery { seconds: 300, end: None }, 75, READINGS).state;
            (state.version, state.series)
        };
        assert_eq!(found(true), (7, all));
        assert_eq!(found(false), (7, vec![Series::vacant(SeriesId(0)), series(1, "gauge")]));
    }

    #[test]
    fn a_snapshot_before_the_first_tick_is_empty() {
        let snapshot = page_data(0..0);
        assert_eq!((snapshot.time, snapshot.readings.len(), snapshot.history.series.len()), (None, 0, 0));
    }

    #[test]
    fn a_snapshot_has_the_newest_readings_and_a_thinned_history() {
        let snapshot = page_data(1000..1400);
        assert_eq!(snapshot.readings[0].value, 1399.0);
        assert_eq!(snapshot.readings[0].time, Timestamp::from_millis(1_399_000));
        let history = &snapshot.history;
        assert_eq!((history.step_millis, history.start.millis()), (4_000, 1_096_000));
        assert_eq!((history.series[0].low[1], history.series[0].high[1]), (Some(1100.0), Some(1103.0)));
    }
}
