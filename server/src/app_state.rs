//! Shared state of a running server, read by every route and page.

mod annotations;
mod cards;
mod catalogue;
mod chart_history;
mod panel;
mod rest;
mod rules;
mod statistics;

pub(crate) use panel::PanelHistory;

use crate::annotations::Annotations;
use crate::config::EffectiveConfig;
use crate::evaluation::{RuleEvaluator, live_events};
use crate::layouts::Layouts;
use crate::notifications::Notifications;
use crate::targets::Targets;
use app::Backend;
use app::api::{self, History, HostInfo, PageData, RangeQuery, Reading};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use watchglass_instrument::requests::Recorder;
use watchglass_live::{Hello, Hub, PROTOCOL_VERSION, State};
use watchglass_model::{Batch, Catalogue, Kind, Series, TimeRange};
use watchglass_probes::{Applications, ServerStats};
use watchglass_reports::{Current, LatestValues};
use watchglass_tsdb::{self as history, Columns, Latest, Query, QueryError, Selector};

/// Collection interval.
pub(crate) const TICK: Duration = Duration::from_secs(1);

/// Application state. The ticker thread writes it, the routes read it.
#[derive(Debug)]
pub(crate) struct AppState {
    pub(crate) hub: Hub,
    /// Self-monitoring values of the server.
    pub(crate) server_stats: Arc<ServerStats>,
    /// Counts every HTTP request that was answered.
    pub(crate) requests: Arc<Recorder>,
    /// Request statistics reported by other applications.
    pub(crate) applications: Arc<Applications>,
    /// Dashboard layouts per user.
    pub(crate) layouts: Layouts,
    host: HostInfo,
    catalogue: Catalogue,
    collection_intervals: BTreeMap<String, u32>,
    targets: Targets,
    settings: EffectiveConfig,
    /// Stores samples, and answers queries for all servers that share the history.
    history: Arc<dyn history::History>,
    /// History of this server only. Live pages and the ticker query it, since it never waits for another server.
    local_history: Arc<dyn history::History>,
    latest_samples: RwLock<LatestSamples>,
    rule_evaluator: RuleEvaluator,
    notifications: Notifications,
    annotations: Annotations,
    state: RwLock<Arc<State>>,
}

/// Newest sample of each series, and the metric kinds of all series, indexed by series id.
#[derive(Debug, Default)]
struct LatestSamples {
    latest: Latest,
    kinds: Vec<Kind>,
}

impl AppState {
    /// State without data. `paces` holds the collection interval, in milliseconds, of each metric that is slower than the tick.
    pub(crate) fn new(
        host: HostInfo,
        catalogue: Catalogue,
        paces: BTreeMap<String, u32>,
        build: String,
        history: Arc<dyn history::History>,
        server_stats: Arc<ServerStats>,
        requests: Arc<Recorder>,
    ) -> Self {
        let hello = Hello {
            version: PROTOCOL_VERSION,
            protocol: String::new(),
            server: env!("CARGO_PKG_VERSION").to_owned(),
            build,
            interval_ms: millis(TICK),
        };
        Self {
            hub: Hub::new(hello),
            server_stats,
            requests,
            applications: Arc::default(),
            layouts: Layouts::default(),
            host,
            catalogue,
            collection_intervals: paces,
            targets: Targets::default(),
            settings: EffectiveConfig::default(),
            local_history: Arc::clone(&history),
            history,
            latest_samples: RwLock::default(),
            rule_evaluator: RuleEvaluator::default(),
            notifications: Notifications::default(),
            annotations: Annotations::default(),
            state: RwLock::default(),
        }
    }

    /// Sets the history of this server only; the one given to `new` is shared with other servers.
    pub(crate) fn with_local_history(self, local: Arc<dyn history::History>) -> Self {
        Self { local_history: local, ..self }
    }

    /// Sets the rule evaluator and the notification dispatcher.
    pub(crate) fn with_alerting(self, rule_evaluator: RuleEvaluator, notifications: Notifications) -> Self {
        Self { rule_evaluator, notifications, ..self }
    }

    /// Sets the store of statistics reported by other applications.
    pub(crate) fn with_applications(self, applications: Arc<Applications>) -> Self {
        Self { applications, ..self }
    }

    /// Sets the monitored PostgreSQL and Redis servers.
    pub(crate) fn with_targets(self, services: Targets) -> Self {
        Self { targets: services, ..self }
    }

    /// Sets the dashboard layouts.
    pub(crate) fn with_layouts(self, layouts: Layouts) -> Self {
        Self { layouts, ..self }
    }

    /// Sets the effective configuration that the settings page shows.
    pub(crate) fn with_settings(self, settings: EffectiveConfig) -> Self {
        Self { settings, ..self }
    }

    /// Processes one tick: stores the batch, publishes it to open pages, evaluates the rules and dispatches notifications.
    /// `state` is called only when `version` has changed, with the previous state.
    pub(crate) fn process_tick(
        &self,
        batch: Batch,
        series: &[Series],
        version: u32,
        state: impl FnOnce(&State) -> State,
    ) {
        self.history.append(&batch, series, &self.catalogue);
        self.update_latest(&batch, series);
        let before = self.current_state();
        if before.version != version {
            *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state(&before));
        }
        let time = batch.time;
        self.hub.publish(batch, version, || State::clone(&self.current_state()));
        let changes = self.with_latest(|current, state| {
            self.rule_evaluator.evaluate(time, &LatestValues { current: *current, problems: &state.problems })
        });
        self.hub.publish_alerts(live_events::messages(time, &changes));
        self.notifications.dispatch(time, &changes, &self.rule_evaluator.active());
        self.annotate_restarts(time);
    }

    /// Saves alerts, notification state and annotations. Changes after this call are not saved.
    pub(crate) fn save_and_close(&self) {
        self.rule_evaluator.close();
        self.notifications.close();
        self.annotations.close();
    }

    /// The notification dispatcher.
    pub(crate) fn notifications(&self) -> &Notifications {
        &self.notifications
    }

    fn update_latest(&self, batch: &Batch, series: &[Series]) {
        let mut newest = self.latest_samples.write().unwrap_or_else(PoisonError::into_inner);
        let LatestSamples { latest, kinds } = &mut *newest;
        for new in series.iter().skip(kinds.len()) {
            kinds.push(self.catalogue.metric(&new.metric).map_or(Kind::Gauge, |metric| metric.kind));
        }
        latest.update(batch, |id| kinds.get(id.0 as usize).copied().unwrap_or(Kind::Gauge));
    }

    /// Updates the self-monitoring values of live connections.
    pub(crate) fn update_server_stats(&self) {
        self.server_stats.set_connections(self.hub.subscribers());
        // Both count frames that slow clients missed: alert messages are WebSocket frames too.
        self.server_stats.set_frames_skipped(self.hub.skipped_frames() + self.hub.missed_events());
    }

    fn current_state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Calls `ask` with the newest values and the current state.
    fn with_latest<T>(&self, ask: impl FnOnce(&Current<'_>, &State) -> T) -> T {
        let state = self.current_state();
        let newest = self.latest_samples.read().unwrap_or_else(PoisonError::into_inner);
        let current = Current {
            catalogue: &self.catalogue,
            series: &state.series,
            latest: &newest.latest,
            tick_millis: millis(TICK),
            intervals: &self.collection_intervals,
        };
        ask(&current, &state)
    }

    /// Queries the history of a metric on this server only.
    ///
    /// # Errors
    /// Invalid query.
    pub(crate) fn query_local(
        &self,
        metric: &str,
        range: TimeRange,
        step_millis: i64,
    ) -> Result<Columns, QueryError> {
        self.local_history.query(&Query { selector: Selector::metric(metric), range, step_millis })
    }

    /// Queries the history of a metric on all servers that share it.
    fn query_shared(&self, metric: &str, range: TimeRange, step_millis: i64) -> Result<Columns, QueryError> {
        self.history.query(&Query { selector: Selector::metric(metric), range, step_millis })
    }

    /// Newest readings of all series with a panel; stale series are left out.
    fn readings(&self) -> Vec<Reading> {
        self.with_latest(|current, state| {
            let shown = |series: &&Series| {
                self.catalogue.metric(&series.metric).is_some_and(|metric| metric.panel.is_some())
            };
            let readings = state.series.iter().filter(shown).filter_map(|series| {
                let newest = current.newest(series)?;
                Some(Reading { series: series.id, time: newest.time, value: newest.reading? })
            });
            readings.collect()
        })
    }
}

impl Backend for AppState {
    fn page_data(&self, window: RangeQuery, rows: u32, detail: u32) -> PageData {
        PageData {
            time: self.history.newest(),
            interval_ms: millis(TICK),
            host: self.host.clone(),
            catalogue: self.catalogue.clone(),
            intervals: self.collection_intervals.clone(),
            state: State::clone(&self.current_state()),
            readings: self.readings(),
            // A page without sparklines is better than an error.
            history: self.history(window, rows, detail).unwrap_or_default(),
            alerts: Backend::alerts(self, window),
        }
    }

    fn history(&self, window: RangeQuery, rows: u32, detail: u32) -> Result<History, String> {
        // Seven days are read from disk, and this runs on the async workers that send live frames.
        let history = tokio::task::block_in_place(|| self.chart_history(window, rows, detail));
        history.map_err(|error| error.to_string())
    }

    fn alerts(&self, window: RangeQuery) -> api::Alerts {
        let mut alerts =
            self.rule_evaluator.chart_bands(&self.catalogue, self.range(window), &self.notifications.peers());
        alerts.bands.extend(self.annotation_marks(window));
        alerts
    }

    fn services(&self) -> api::Services {
        self.targets.latest_details()
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
