//! Series that the charts of a page draw: of a panel with many, those with the highest values.

use crate::metric_store::MetricStore;
use app::api::{LimitedPanel, MAX_LINES};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use watchglass_model::{APP, Metric, PanelRole, Style, TimeRange};
use watchglass_tsdb::{Column, Columns, QueryError, StoredSeries, step_for};

/// Rows of the query that compares the series of a panel: few, because there may be thousands of series.
const RANKING_ROWS: usize = 8;

/// Series of all charts in a time range.
#[derive(Debug, Default)]
pub(crate) struct ChartedSeries<'a> {
    /// Metrics with a chart, in the order of the catalogue.
    pub(crate) metrics: Vec<&'a Metric>,
    /// Panels that have more series than a chart draws.
    pub(crate) limited: Vec<LimitedPanel>,
    /// Number of series that are drawn, without ended ones of panels that are not limited.
    pub(crate) drawn: usize,
    /// The drawn series of each metric of a limited panel.
    chosen: HashMap<&'a str, Vec<Arc<StoredSeries>>>,
}

/// A series and its highest value in the time range.
struct Ranked<'a> {
    metric: &'a Metric,
    series: Arc<StoredSeries>,
    highest: f64,
}

impl<'a> ChartedSeries<'a> {
    /// The series that the charts draw in `range`.
    ///
    /// # Errors
    /// Failed history query.
    pub(crate) fn choose(metrics: &'a MetricStore, range: TimeRange) -> Result<Self, QueryError> {
        let state = metrics.state();
        let mut counts: HashMap<&str, usize> = HashMap::new();
        for series in &state.series {
            *counts.entry(series.metric.as_str()).or_default() += 1;
        }
        let catalogue = metrics.catalogue();
        let mut chosen = Self::default();
        for panel in catalogue.panels() {
            let charted = charted_metrics(metrics, &panel.id);
            let count = charted.iter().filter_map(|metric| counts.get(metric.name.as_str())).sum::<usize>();
            if count > MAX_LINES {
                chosen.limit(metrics, &panel.id, panel.style, &charted, range)?;
            } else {
                chosen.drawn += count;
            }
        }
        chosen.metrics = catalogue.metrics().iter().filter(|metric| is_charted(metric)).collect();
        Ok(chosen)
    }

    fn limit(
        &mut self,
        metrics: &MetricStore,
        panel: &str,
        style: Style,
        charted: &[&'a Metric],
        range: TimeRange,
    ) -> Result<(), QueryError> {
        let mut all = Vec::new();
        for metric in charted {
            let columns = metrics.query_local(&metric.name, range, step_for(range, RANKING_ROWS))?;
            all.extend(columns.columns.into_iter().map(|column| Ranked {
                metric,
                highest: highest(&column),
                series: column.series,
            }));
        }
        let count = all.len();
        let shown = highest_first(all, style);
        self.drawn += shown.len();
        // Even if fewer series have readings in the range: pages know all series, and must not draw the others instead.
        let series = u32::try_from(count).unwrap_or(u32::MAX);
        self.limited.push(LimitedPanel { panel: panel.to_owned(), series });
        charted.iter().for_each(|metric| drop(self.chosen.insert(&metric.name, Vec::new())));
        for Ranked { metric, series, .. } in shown {
            self.chosen.entry(&metric.name).or_default().push(series);
        }
        Ok(())
    }

    /// Readings of the drawn series of a metric, and of all its ended series if its panel is not limited.
    ///
    /// # Errors
    /// Failed history query.
    pub(crate) fn query(
        &self,
        metrics: &MetricStore,
        metric: &str,
        range: TimeRange,
        step_millis: i64,
    ) -> Result<Columns, QueryError> {
        match self.chosen.get(metric) {
            Some(series) => metrics.query_some(metric, series, range, step_millis),
            None => metrics.query_local(metric, range, step_millis),
        }
    }
}

/// Metrics in the chart of a panel.
pub(crate) fn charted_metrics<'a>(metrics: &'a MetricStore, panel: &str) -> Vec<&'a Metric> {
    let of_panel = |metric: &&Metric| metric.panel.as_ref().is_some_and(|(known, _)| known == panel);
    metrics.catalogue().metrics().iter().filter(of_panel).filter(|metric| is_charted(metric)).collect()
}

fn is_charted(metric: &Metric) -> bool {
    matches!(metric.panel, Some((_, PanelRole::Chart | PanelRole::HeadlineAndChart)))
}

fn highest(column: &Column) -> f64 {
    column.high.iter().copied().filter(|value| value.is_finite()).fold(f64::NEG_INFINITY, f64::max)
}

/// The series that a chart draws. A heat map has at least one series of each row, so that no row is missing.
fn highest_first(mut all: Vec<Ranked<'_>>, style: Style) -> Vec<Ranked<'_>> {
    all.sort_by(|a, b| b.highest.total_cmp(&a.highest));
    if style == Style::Heat {
        let mut rows = HashSet::new();
        let is_first: Vec<bool> = all.iter().map(|one| rows.insert(row(one))).collect();
        let mut places = is_first.into_iter();
        let (mut first, rest): (Vec<_>, Vec<_>) =
            all.into_iter().partition(|_| places.next().unwrap_or_default());
        first.extend(rest);
        all = first;
    }
    all.truncate(MAX_LINES);
    all
}

/// Row of a series in a heat map: its labels without the application, whose rows are summed.
fn row(one: &Ranked<'_>) -> Vec<String> {
    let names = one.metric.labels.iter().filter(|name| *name != APP);
    let value = |name: &String| one.series.labels.get(name).unwrap_or_default().to_owned();
    [one.metric.name.clone()].into_iter().chain(names.map(value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::metric;
    use watchglass_model::{Kind, Unit};

    #[test]
    fn highest_series_are_drawn_and_every_row_of_a_heat_map() {
        let metric = Metric {
            labels: vec![APP.to_owned(), "bucket".to_owned()],
            ..metric(Kind::Counter, Unit::Count)
        };
        let ranked = |app: usize, bucket: &str, highest: f64| Ranked {
            metric: &metric,
            series: Arc::new(StoredSeries {
                metric: "m".to_owned(),
                labels: [(APP, format!("app-{app}")), ("bucket", bucket.to_owned())].into_iter().collect(),
                kind: Kind::Counter,
            }),
            highest,
        };
        let all = || -> Vec<Ranked<'_>> {
            let fast = (0..60).map(|app| ranked(app, "1 ms", 10.0 + app as f64));
            fast.chain((0..60).map(|app| ranked(app, "1 s", app as f64 / 100.0))).collect()
        };
        for (style, slow) in [(Style::Line, 0), (Style::Heat, 1)] {
            let shown = highest_first(all(), style);
            let of = |bucket: &str| -> Vec<f64> {
                let of_bucket = shown.iter().filter(|one| one.series.labels.get("bucket") == Some(bucket));
                of_bucket.map(|one| one.highest).collect()
            };
            assert_eq!((shown.len(), of("1 s").len()), (MAX_LINES, slow), "{style:?}");
            assert_eq!(of("1 ms")[..2], [69.0, 68.0], "{style:?}");
            assert!(of("1 s").iter().all(|highest| *highest == 0.59), "{style:?}");
        }
        let missing = [ranked(0, "1 ms", f64::NEG_INFINITY), ranked(1, "1 ms", -1.0)];
        assert_eq!(highest_first(missing.into(), Style::Line)[0].highest, -1.0);
    }
}
