//! History of one panel, for data tables.

use crate::metric_store::MetricStore;
use app::api::RangeQuery;
use watchglass_model::{Metric, Panel, PanelRole, TimeRange};
use watchglass_tsdb::{Columns, QueryError, step_for};

/// Data behind the chart of a panel.
#[derive(Debug)]
pub(crate) struct PanelHistory {
    pub(crate) panel: Panel,
    pub(crate) range: TimeRange,
    /// Metrics of the chart with their readings; all have the same rows.
    pub(crate) parts: Vec<(Metric, Columns)>,
}

/// Minimum number of rows, however many series there are.
const MIN_ROWS: usize = 30;

/// Readings of all series in the chart of a panel, from the history of this server only, as in charts. At most `max_rows`
/// rows, and fewer where they would exceed `max_cells` cells. `None` for an unknown panel.
///
/// # Errors
/// Failed history query.
pub(crate) fn panel_history(
    store: &MetricStore,
    id: &str,
    window: RangeQuery,
    max_rows: usize,
    max_cells: usize,
) -> Result<Option<PanelHistory>, QueryError> {
    let catalogue = store.catalogue();
    let Some(panel) = catalogue.panel(id) else { return Ok(None) };
    let is_charted = |role| matches!(role, PanelRole::Chart | PanelRole::HeadlineAndChart);
    let charted = catalogue.shown_in(id).filter(|(_, role)| is_charted(*role));
    let metrics: Vec<&Metric> = charted.map(|(metric, _)| metric).collect();
    let state = store.state();
    let is_shown = |name: &str| metrics.iter().any(|metric| metric.name == name);
    let series = state.series.iter().filter(|series| is_shown(&series.metric)).count();
    let range = store.range(window);
    let step = step_for(range, (max_cells / series.max(1)).clamp(MIN_ROWS, max_rows));
    let part = |metric: &Metric| Ok((metric.clone(), store.query_local(&metric.name, range, step)?));
    let parts = metrics.into_iter().map(part).collect::<Result<_, _>>()?;
    Ok(Some(PanelHistory { panel: panel.clone(), range, parts }))
}
