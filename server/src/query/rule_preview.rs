//! Preview of a rule: when it would have fired in the past.

use crate::metric_store::MetricStore;
use std::time::Duration;
use watchglass_model::TimeRange;
use watchglass_rules::{Preview, Rule, SeriesHistory, preview};

/// Time range of a preview.
const PREVIEW_RANGE: Duration = Duration::from_secs(7 * 86_400);
/// Resolution, in milliseconds.
const STEP_MILLIS: i64 = 60_000;
/// History read before the range, to fill evaluation windows of up to an hour.
const LOOKBACK: Duration = Duration::from_secs(3600);

/// Preview of `rule` over the last seven days: its firings, the time range, and the resolution in milliseconds.
///
/// # Errors
/// Invalid rule, unknown metric, or a failed history query.
pub(crate) fn rule_preview(metrics: &MetricStore, rule: &Rule) -> Result<(Preview, TimeRange, i64), String> {
    let metric = metrics
        .metric(&rule.metric)
        .ok_or_else(|| format!("Unknown metric {:?}: see /metrics for all metrics", rule.metric))?;
    let end = metrics.newest_time().unwrap_or_default() + Duration::from_millis(1);
    let range = TimeRange::ending_at(end, PREVIEW_RANGE);
    let queried = TimeRange::ending_at(end, PREVIEW_RANGE + LOOKBACK);
    let columns =
        metrics.query_shared(&rule.metric, queried, STEP_MILLIS).map_err(|error| error.to_string())?;
    let series: Vec<SeriesHistory<'_>> = columns
        .columns
        .iter()
        .map(|column| SeriesHistory {
            labels: &column.series.labels,
            low: &column.low,
            high: &column.high,
            mean: &column.mean,
            count: &column.count,
            increase: &column.increase,
        })
        .collect();
    let preview = preview(rule, metric, columns.start, columns.step_millis, &series, range);
    Ok((preview.map_err(|error| error.to_string())?, range, columns.step_millis))
}
