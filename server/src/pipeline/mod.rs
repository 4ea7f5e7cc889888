//! What happens at every tick: collect, store, publish, evaluate, dispatch.

mod tick_probe;
mod ticker;

pub(crate) use tick_probe::{TickProbe, TickTimes};
pub(crate) use ticker::Ticker;

use crate::annotations::{Annotations, annotate_restarts};
use crate::app_state::AppState;
use crate::evaluation::{RuleEvaluator, live_events};
use crate::heartbeats::Progress;
use crate::metric_store::MetricStore;
use crate::notifications::Notifications;
use std::sync::Arc;
use std::time::Instant;
use watchglass_live::{Hub, State};
use watchglass_model::{Batch, IncompleteSources, Problem, Series, SeriesId, Timestamp};
use watchglass_probes::Collector;
use watchglass_reports::LatestValues;
use watchglass_rules::Alert;

/// Samples of one tick.
#[derive(Debug)]
pub(crate) struct Tick<'a> {
    pub(crate) time: Timestamp,
    pub(crate) batch: Batch,
    /// Sources that leave values out, and since when.
    pub(crate) incomplete: &'a IncompleteSources,
    /// Series that have ended: their ids may belong to others from now on.
    pub(crate) ended: &'a [SeriesId],
    /// All series, indexed by id.
    pub(crate) series: &'a [Series],
    /// Series and failing probes, if they have changed since the last tick.
    pub(crate) state: Option<State>,
}

/// Stages that a tick goes through.
#[derive(Debug)]
pub(crate) struct Pipeline {
    metrics: Arc<MetricStore>,
    hub: Arc<Hub>,
    rules: Arc<RuleEvaluator>,
    notifications: Arc<Notifications>,
    annotations: Arc<Annotations>,
    progress: Arc<Progress>,
}

impl Pipeline {
    /// Pipeline into the parts of `state`, which records its progress.
    pub(crate) fn new(state: &AppState, progress: Arc<Progress>) -> Self {
        Self {
            metrics: Arc::clone(&state.metrics),
            hub: Arc::clone(&state.hub),
            rules: Arc::clone(&state.rules),
            notifications: Arc::clone(&state.notifications),
            annotations: Arc::clone(&state.annotations),
            progress,
        }
    }

    /// Collects the samples of `time`, and processes them.
    pub(crate) fn run(&self, collector: &mut Collector, time: Timestamp) {
        let collected = collector.tick(time);
        let before = self.metrics.state();
        let version = u32::try_from(collected.version).unwrap_or(u32::MAX);
        let series = collector.table().series();
        let state = (before.version != version).then(|| {
            log_problem_changes(&before.problems, &collected.problems);
            log_skipped_readings(&before.skipped, &collected.skipped);
            State {
                version,
                series: series.to_vec(),
                problems: collected.problems.to_vec(),
                skipped: collected.skipped.to_vec(),
            }
        });
        let (incomplete, ended) = (&collected.incomplete, &collected.ended);
        self.process(Tick { time, batch: collected.batch, incomplete, ended, series, state });
    }

    /// Stores the samples, publishes them to open pages, evaluates the rules and dispatches notifications.
    pub(crate) fn process(&self, tick: Tick<'_>) {
        let Tick { time, batch, incomplete, ended, series, state } = tick;
        self.metrics.end_series(ended);
        self.metrics.store(&batch, series, state);
        self.progress.record_collection(Instant::now());
        let state = self.metrics.state();
        self.hub.publish(batch, state.version, || State::clone(&state));
        let changes = self.metrics.with_latest(|current, state| {
            let sources = self.metrics.sources();
            let values = LatestValues::new(*current, &state.problems, incomplete, sources);
            self.rules.evaluate(time, &values.with_ended(ended))
        });
        self.progress.record_evaluation(Instant::now());
        let suppression = self.notifications.dispatch(time, &changes, &self.rules.active());
        self.hub.publish_alerts(live_events::messages(time, &changes, &suppression.changes));
        let data_changes = self.rules.data_changes();
        let without_data = self.rules.without_data();
        self.hub.publish_alerts(live_events::suppression_messages(time, &suppression.firing, &without_data));
        let is_suppressed = |alert: &Alert| self.notifications.is_suppressed(alert, time);
        self.hub.publish_alerts(live_events::data_messages(time, &data_changes, is_suppressed));
        self.metrics.with_latest(|current, _| annotate_restarts(&self.annotations, &self.hub, time, current));
    }
}

fn log_skipped_readings(before: &[Problem], now: &[Problem]) {
    for note in now.iter().filter(|note| !before.contains(note)) {
        tracing::warn!(probe = note.probe, reason = note.reason, "reading skipped");
    }
}

fn log_problem_changes(before: &[Problem], now: &[Problem]) {
    for problem in now.iter().filter(|problem| !before.contains(problem)) {
        tracing::warn!(probe = problem.probe, reason = problem.reason, "probe failed");
    }
    for problem in before.iter().filter(|problem| !now.iter().any(|other| other.probe == problem.probe)) {
        tracing::info!(probe = problem.probe, "probe recovered");
    }
}
