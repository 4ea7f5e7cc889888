//! Request statistics by route over a time range: requests, errors, latency.

use crate::names;
use std::collections::BTreeMap;
use watchglass_model::APP;
use watchglass_tsdb::Columns;

/// Counter of requests by route, method and status class.
pub const REQUESTS: &str = names::ROUTE_REQUESTS;
/// Per-minute latency percentiles of a route: p50, p95, p99.
pub const PERCENTILES: [&str; 3] = names::ROUTE_PERCENTILES;
/// Status class of server errors.
const SERVER_ERROR: &str = "5xx";

/// Statistics of a route over a time range.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteStats {
    /// Application; empty for this server.
    pub app: String,
    /// Route template.
    pub route: String,
    /// Number of requests.
    pub requests: f64,
    /// Number of 5xx responses.
    pub server_errors: f64,
    /// p50, p95 and p99 in seconds: the largest value of any minute in the range. `None` without requests.
    pub percentiles: [Option<f64>; 3],
}

impl RouteStats {
    /// Ratio of 5xx responses; `None` without requests.
    pub fn error_ratio(&self) -> Option<f64> {
        (self.requests > 0.0).then(|| self.server_errors / self.requests)
    }
}

/// Routes with requests in the range of the columns, by application and route. `requests` is the query result for
/// [`REQUESTS`]; `percentiles` queries one of [`PERCENTILES`]. Only one result is in memory at a time: there may be
/// thousands of routes.
///
/// # Errors
/// Those of `percentiles`.
pub fn routes<E>(
    requests: Columns,
    percentiles: impl Fn(&str) -> Result<Columns, E>,
) -> Result<Vec<RouteStats>, E> {
    let mut found: BTreeMap<(String, String), RouteStats> = BTreeMap::new();
    for column in &requests.columns {
        let labels = &column.series.labels;
        let Some(route) = labels.get("route") else { continue };
        let app = labels.get(APP).unwrap_or_default();
        // The first row of a new counter has no increase.
        let increase_sum: f64 = column.increase.iter().filter(|increase| increase.is_finite()).sum();
        let figures = found.entry((app.to_owned(), route.to_owned())).or_insert_with(|| RouteStats {
            app: app.to_owned(),
            route: route.to_owned(),
            ..RouteStats::default()
        });
        figures.requests += increase_sum;
        if labels.get("status_class") == Some(SERVER_ERROR) {
            figures.server_errors += increase_sum;
        }
    }
    drop(requests);
    for (index, metric) in PERCENTILES.into_iter().enumerate() {
        for column in &percentiles(metric)?.columns {
            let labels = &column.series.labels;
            let key = (
                labels.get(APP).unwrap_or_default().to_owned(),
                labels.get("route").unwrap_or_default().to_owned(),
            );
            let largest = column.high.iter().copied().filter(|value| value.is_finite()).reduce(f64::max);
            if let Some(percentile) =
                found.get_mut(&key).and_then(|figures| figures.percentiles.get_mut(index))
            {
                *percentile = largest;
            }
        }
    }
    Ok(found.into_values().filter(|figures| figures.requests > 0.0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchglass_model::{Kind, Timestamp};
    use watchglass_tsdb::{Column, StoredSeries};

    fn column(labels: &[(&str, &str)], high: &[f64], increase: &[f64]) -> Column {
        let series = StoredSeries {
            metric: "m".to_owned(),
            labels: labels.iter().copied().collect(),
            kind: if increase.is_empty() { Kind::Gauge } else { Kind::Counter },
        };
        Column {
            series: Arc::new(series),
            id: None,
            low: high.to_vec(),
            high: high.to_vec(),
            mean: high.to_vec(),
            count: vec![1; high.len()],
            increase: increase.to_vec(),
        }
    }

    fn columns(columns: Vec<Column>) -> Columns {
        Columns { start: Timestamp::default(), step_millis: 1000, rows: 2, columns }
    }

    #[test]
    fn requests_are_summed_and_percentiles_are_maxima() {
        let call = |app: &'static str, route, class, increase: &[f64]| {
            let labels = [("app", app), ("route", route), ("method", "GET"), ("status_class", class)];
            let labels: Vec<_> = labels.into_iter().filter(|(_, value)| !value.is_empty()).collect();
            column(&labels, &[0.0, 0.0], increase)
        };
        let requests = columns(vec![
            call("shop", "/pay", "2xx", &[3.0, f64::NAN]),
            call("shop", "/pay", "5xx", &[0.0, 1.0]),
            call("", "/", "2xx", &[2.0, 2.0]),
            call("", "/idle", "2xx", &[0.0, 0.0]),
        ]);
        let times = |high: &[f64]| {
            columns(vec![
                column(&[("app", "shop"), ("route", "/pay")], high, &[]),
                column(&[("route", "/gone")], &[9.0], &[]),
            ])
        };
        let found = routes(requests, |metric| match PERCENTILES.iter().position(|known| *known == metric) {
            Some(0) => Ok(times(&[0.1, 0.2])),
            Some(1) => Ok(times(&[f64::NAN, 0.5])),
            Some(_) => Ok(times(&[f64::NAN, f64::NAN])),
            None => Err(metric.to_owned()),
        });
        let found = found.unwrap();
        let [own, pay] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((own.app.as_str(), own.route.as_str(), own.requests), ("", "/", 4.0));
        assert_eq!((own.error_ratio(), own.percentiles), (Some(0.0), [None; 3]));
        assert_eq!((pay.app.as_str(), pay.requests, pay.server_errors), ("shop", 4.0, 1.0));
        assert_eq!((pay.error_ratio(), pay.percentiles), (Some(0.25), [Some(0.2), Some(0.5), None]));
        assert_eq!(RouteStats::default().error_ratio(), None);
    }
}
