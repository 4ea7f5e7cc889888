//! Data of the pages, with the layout of the user applied.

use crate::app_state::AppState;
use crate::clock::{TICK_MILLIS, now};
use crate::layouts::Layout;
use crate::query::alerts::unhandled_count;
use crate::query::chart_history::chart_history;
use app::Backend;
use app::api::{Alerts, History, PageData, RangeQuery, Services};
use std::sync::Arc;
use watchglass_live::State;

/// Backend of the pages of one user.
#[derive(Debug)]
pub(super) struct PageBackend {
    pub(super) state: AppState,
    /// `None` for the default layout.
    pub(super) layout: Option<Arc<Layout>>,
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
            state: State::clone(&metrics.state()),
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
    use watchglass_model::Timestamp;

    /// Page data of the last five minutes, with one gauge whose value in each of these seconds is the number of the second.
    fn page_data(seconds: std::ops::Range<i64>) -> PageData {
        let folder = tempfile::tempdir().unwrap();
        let state = AppState::for_tests(folder.path(), gauge_store(seconds)).unwrap();
        PageBackend { state, layout: None }.page_data(RangeQuery { seconds: 300, end: None }, 75, READINGS)
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
