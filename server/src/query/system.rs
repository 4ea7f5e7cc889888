//! System report and health of the components.

use crate::evaluation::RuleEvaluator;
use crate::metric_store::MetricStore;
use std::time::Duration;
use watchglass_model::TimeRange;
use watchglass_reports::health::{self, Component};
use watchglass_reports::{Limits, SystemMetrics, system};

/// Step of an average, in milliseconds. Coarse rows do not change it: each is weighted by its number of readings.
const AVERAGE_STEP_MILLIS: i64 = 10_000;

/// The system report.
pub(crate) fn system_metrics(metrics: &MetricStore, rules: &RuleEvaluator) -> SystemMetrics {
    let limits = limits(rules);
    metrics.with_latest(|current, state| {
        system::report(current, &state.problems, &limits, |metric, length| average(metrics, metric, length))
    })
}

/// Health of each component.
pub(crate) fn components(metrics: &MetricStore, rules: &RuleEvaluator) -> Vec<Component> {
    let limits = limits(rules);
    metrics.with_latest(|current, state| health::components(current, &state.problems, &limits))
}

fn limits(rules: &RuleEvaluator) -> Limits {
    let rules = rules.current_rules().get();
    Limits::of(|id| rules.find(id).map(|(rule, _)| rule))
}

/// Average reading of the first series of a metric over the last `length`.
fn average(metrics: &MetricStore, metric: &str, length: Duration) -> Option<f64> {
    let range = TimeRange::ending_at(metrics.newest_time()? + Duration::from_millis(1), length);
    let columns = metrics.query_local(metric, range, AVERAGE_STEP_MILLIS).ok()?;
    columns.columns.first()?.average()
}
