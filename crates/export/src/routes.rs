//! The routes of the applications over a stretch of time: how often each was called, how often it failed, how long it took.

use crate::names;
use std::collections::BTreeMap;
use watchglass_history::Columns;
use watchglass_model::APP;

/// Counts the answers by route, method and class of the status.
pub const REQUESTS: &str = names::ROUTE_REQUESTS;
/// The percentiles of a route's answers of a minute: P50, P95, P99.
pub const PERCENTILES: [&str; 3] = names::ROUTE_PERCENTILES;
/// The class of the status of faults of the server.
const FAULTS: &str = "5xx";

/// A route in a stretch of time.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RouteFigures {
    /// The application; empty for this server's own requests.
    pub app: String,
    /// The template of the route.
    pub route: String,
    /// How many requests were answered.
    pub answered: f64,
    /// How many of them were faults of the server.
    pub faults: f64,
    /// P50, P95 and P99 in seconds: the largest that they were in any minute of the stretch. `None` where no request
    /// was answered.
    pub percentiles: [Option<f64>; 3],
}

impl RouteFigures {
    /// The part of the answers that were faults of the server; `None` without answers.
    pub fn error_ratio(&self) -> Option<f64> {
        (self.answered > 0.0).then(|| self.faults / self.answered)
    }
}

/// The routes that were called in the stretch of time that the columns cover, by application and route. `requests` is the
/// answer for [`REQUESTS`], `percentiles` those for [`PERCENTILES`].
pub fn routes(requests: &Columns, percentiles: &[Columns; 3]) -> Vec<RouteFigures> {
    let mut found: BTreeMap<(String, String), RouteFigures> = BTreeMap::new();
    for column in &requests.columns {
        let labels = &column.series.labels;
        let Some(route) = labels.get("route") else { continue };
        let app = labels.get(APP).unwrap_or_default();
        // A row whose counter has just begun has no growth, which is none.
        let grown: f64 = column.increase.iter().filter(|increase| increase.is_finite()).sum();
        let figures = found.entry((app.to_owned(), route.to_owned())).or_insert_with(|| RouteFigures {
            app: app.to_owned(),
            route: route.to_owned(),
            ..RouteFigures::default()
        });
        figures.answered += grown;
        if labels.get("status_class") == Some(FAULTS) {
            figures.faults += grown;
        }
    }
    for (place, columns) in percentiles.iter().enumerate() {
        for column in &columns.columns {
            let labels = &column.series.labels;
            let key = (
                labels.get(APP).unwrap_or_default().to_owned(),
                labels.get("route").unwrap_or_default().to_owned(),
            );
            let largest = column.high.iter().copied().filter(|value| value.is_finite()).reduce(f64::max);
            if let Some(percentile) =
                found.get_mut(&key).and_then(|figures| figures.percentiles.get_mut(place))
            {
                *percentile = largest;
            }
        }
    }
    found.into_values().filter(|figures| figures.answered > 0.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchglass_history::{Column, StoredSeries};
    use watchglass_model::{Kind, Timestamp};

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
    fn answers_add_up_by_route_and_of_percentiles_the_largest_counts() {
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
        let found =
            routes(&requests, &[times(&[0.1, 0.2]), times(&[f64::NAN, 0.5]), times(&[f64::NAN, f64::NAN])]);
        let [own, pay] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!((own.app.as_str(), own.route.as_str(), own.answered), ("", "/", 4.0));
        assert_eq!((own.error_ratio(), own.percentiles), (Some(0.0), [None; 3]));
        assert_eq!((pay.app.as_str(), pay.answered, pay.faults), ("shop", 4.0, 1.0));
        assert_eq!((pay.error_ratio(), pay.percentiles), (Some(0.25), [Some(0.2), Some(0.5), None]));
        assert_eq!(RouteFigures::default().error_ratio(), None);
    }
}
