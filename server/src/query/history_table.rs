//! History of a metric as a table, for the REST API.

use crate::metric_store::MetricStore;
use watchglass_model::TimeRange;
use watchglass_reports::series::{Table, TableSeries};
use watchglass_tsdb::QueryError;

/// History of a metric on all servers that share it.
///
/// # Errors
/// Invalid query.
pub(crate) fn history_table(
    metrics: &MetricStore,
    metric: &str,
    range: TimeRange,
    step_millis: i64,
) -> Result<Table, QueryError> {
    let columns = metrics.query_shared(metric, range, step_millis)?;
    let series = columns.columns.into_iter().map(|column| TableSeries {
        labels: column.series.labels.clone(),
        low: column.low,
        mean: column.mean,
        high: column.high,
    });
    Ok(Table {
        start: columns.start,
        step_millis: columns.step_millis,
        rows: columns.rows,
        series: series.collect(),
    })
}
