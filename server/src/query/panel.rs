//! History of one panel, for data tables.

use super::charted_series::charted_metrics;
use crate::metric_store::MetricStore;
use app::api::RangeQuery;
use std::collections::BTreeSet;
use std::sync::Arc;
use watchglass_model::{APP, Metric, Panel, TimeRange};
use watchglass_tsdb::{Columns, QueryError, StoredSeries, step_for};

/// Data behind the chart of a panel.
#[derive(Debug)]
pub(crate) struct PanelHistory {
    pub(crate) panel: Panel,
    pub(crate) range: TimeRange,
    /// Metrics of the chart with their readings; all have the same rows.
    pub(crate) parts: Vec<(Metric, Columns)>,
}

/// Page of a panel's series.
#[derive(Debug)]
pub(crate) struct PanelPage {
    pub(crate) history: PanelHistory,
    /// Number of series with readings in the range.
    pub(crate) series: usize,
    /// Whether these are of several applications.
    pub(crate) has_several_apps: bool,
    /// Page number, from 1: the last one if there are fewer.
    pub(crate) page: usize,
    /// Number of pages, at least 1.
    pub(crate) pages: usize,
}

/// Minimum number of rows, however many series there are.
const MIN_ROWS: usize = 30;
/// Rows of the query that finds the series with readings in a range.
const LISTING_ROWS: usize = 8;

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
    let Some(panel) = store.catalogue().panel(id) else { return Ok(None) };
    let metrics = charted_metrics(store, id);
    let state = store.state();
    let is_shown = |name: &str| metrics.iter().any(|metric| metric.name == name);
    let series = state.series.iter().filter(|series| is_shown(&series.metric)).count();
    let range = store.range(window);
    let step = step_for(range, (max_cells / series.max(1)).clamp(MIN_ROWS, max_rows));
    let part = |metric: &Metric| Ok((metric.clone(), store.query_local(&metric.name, range, step)?));
    let parts = metrics.into_iter().map(part).collect::<Result<_, _>>()?;
    Ok(Some(PanelHistory { panel: panel.clone(), range, parts }))
}

/// The same for one page of `page_size` series, with at most `max_rows` rows.
///
/// # Errors
/// Failed history query.
pub(crate) fn panel_page(
    store: &MetricStore,
    id: &str,
    window: RangeQuery,
    max_rows: usize,
    (page, page_size): (usize, usize),
) -> Result<Option<PanelPage>, QueryError> {
    let Some(panel) = store.catalogue().panel(id) else { return Ok(None) };
    let metrics = charted_metrics(store, id);
    let range = store.range(window);
    let mut all: Vec<(usize, Arc<StoredSeries>)> = Vec::new();
    for (place, metric) in metrics.iter().enumerate() {
        let columns = store.query_local(&metric.name, range, step_for(range, LISTING_ROWS))?.columns;
        all.extend(columns.into_iter().map(|column| (place, column.series)));
    }
    let pages = all.len().div_ceil(page_size).max(1);
    let page = page.clamp(1, pages);
    let shown: Vec<_> = all.iter().skip((page - 1).saturating_mul(page_size)).take(page_size).collect();
    let step = step_for(range, max_rows);
    let part = |(place, metric): (usize, &Metric)| {
        let series: Vec<_> =
            shown.iter().filter(|(of, _)| *of == place).map(|(_, series)| Arc::clone(series)).collect();
        Ok((metric.clone(), store.query_some(&metric.name, &series, range, step)?))
    };
    let parts = metrics.into_iter().enumerate().map(part).collect::<Result<_, _>>()?;
    let history = PanelHistory { panel: panel.clone(), range, parts };
    let apps: BTreeSet<Option<&str>> = all.iter().map(|(_, series)| series.labels.get(APP)).collect();
    Ok(Some(PanelPage { history, series: all.len(), has_several_apps: apps.len() > 1, page, pages }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::many_gauges;

    #[test]
    fn pages_have_each_series_once() {
        let store = many_gauges(120, 1000..1010);
        let window = RangeQuery { seconds: 60, end: None };
        let page = |page| panel_page(&store, "p", window, 300, (page, 50)).unwrap().unwrap();
        let mut found = Vec::new();
        for number in 1..=3 {
            let PanelPage { history, series, has_several_apps, page, pages } = page(number);
            assert_eq!((series, has_several_apps, page, pages), (120, false, number, 3));
            let columns = history.parts.into_iter().flat_map(|(_, columns)| columns.columns);
            found.extend(columns.filter_map(|column| column.id).map(|id| id.0));
        }
        assert_eq!(found, (0..120).collect::<Vec<_>>());
        assert_eq!((page(9).page, page(0).page), (3, 1));
        let empty = panel_page(&many_gauges(0, 0..1), "p", window, 300, (1, 50)).unwrap().unwrap();
        assert_eq!((empty.series, empty.page, empty.pages), (0, 1, 1));
        assert!(panel_page(&store, "other", window, 300, (1, 50)).unwrap().is_none());
    }
}
