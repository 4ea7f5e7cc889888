//! View model of the route table, from the local history.

use super::FragmentError;
use super::skipped_values::{OWN_APP, notes};
use crate::app_state::AppState;
use std::time::Duration;
use watchglass_model::{TimeRange, Timestamp, Unit};
use watchglass_pages::performance::Performance;
use watchglass_pages::ui::{
    Cell, Column, Row, Sort, SortableTable, TableQuery, code_column, number_column, text_column,
};
use watchglass_reports::routes::{REQUESTS, RouteStats, routes};
use watchglass_tsdb::Columns;

/// Path of the page.
pub(super) const PATH: &str = "/performance";
/// Maximum number of routes shown.
const MAX_ROUTES: usize = 500;

static COLUMNS: [Column; 7] = [
    code_column("Route"),
    text_column("Application"),
    number_column("Rate"),
    number_column("Errors"),
    number_column("p50"),
    number_column("p95"),
    number_column("p99"),
];

/// Time windows: name in the URL, seconds, step in milliseconds, text.
const WINDOWS: [(&str, u64, i64, &str); 3] =
    [("5m", 300, 10_000, "5 minutes"), ("15m", 900, 30_000, "15 minutes"), ("1h", 3600, 60_000, "hour")];

/// Table for the parameters of `query`.
///
/// # Errors
/// Invalid parameter, or the history query failed.
pub(super) fn performance(state: &AppState, query: &str) -> Result<Performance, FragmentError> {
    let question = TableQuery::parse(query, &COLUMNS, Sort::largest_first(2))?;
    // The charts of the page use this parameter too: a window that is not listed here becomes the shortest.
    let [shortest, ..] = WINDOWS;
    let window = WINDOWS.into_iter().find(|(name, ..)| question.get("window") == Some(name));
    let (_, seconds, step, over) = window.unwrap_or(shortest);
    let end = state.metrics.last_collected().unwrap_or_default();
    let range = range(end, seconds, step);
    let ask = |metric: &str| -> Result<Columns, FragmentError> {
        state
            .metrics
            .query_local(metric, range, step)
            .map_err(|error| FragmentError::InvalidParameter(error.to_string()))
    };
    let requests = ask(REQUESTS)?;
    let span = seconds_with_data(&requests, end);
    let found = routes(requests, ask)?;
    let all = found.len();
    let rows = found.iter().filter(|route| question.matches(&route.route) || question.matches(&route.app));
    let mut rows: Vec<Row> = rows.map(|route| row(route, span)).collect();
    let table = |rows| SortableTable {
        id: "routes".to_owned(),
        label: format!("Routes, last {over}"),
        columns: &COLUMNS,
        sort: question.sort,
        rows,
        url: question.url(PATH, &["window", "filter", "sort", "dir"]),
        empty: if all == 0 {
            format!(
                "No requests in the last {over}. Applications report theirs with POST /api/ingest, see docs/ingest.md."
            )
        } else {
            format!("No route matches {:?}.", question.filter)
        },
    };
    question.sort.apply(&mut rows);
    rows.truncate(MAX_ROUTES);
    Ok(Performance {
        window: over,
        total: all,
        table: table(rows),
        filter: question.filter.clone(),
        notes: notes(&state.metrics, PATH),
    })
}

/// Time range of whole rows, the last of which contains `end`.
fn range(end: Timestamp, seconds: u64, step: i64) -> TimeRange {
    let end = Timestamp::from_millis(end.floor(step).millis().saturating_add(step));
    TimeRange::ending_at(end, Duration::from_secs(seconds))
}

/// Seconds up to `end` that have data: less than the window if the server has just started.
fn seconds_with_data(columns: &Columns, end: Timestamp) -> f64 {
    let first_value = |mean: &[f64]| mean.iter().position(|value| value.is_finite());
    let first = columns.columns.iter().filter_map(|column| first_value(&column.mean)).min().unwrap_or(0);
    let first = i64::try_from(first).unwrap_or(0).saturating_mul(columns.step_millis);
    let start = columns.start.millis().saturating_add(first);
    end.millis().saturating_sub(start).max(1000) as f64 / 1e3
}

fn row(route: &RouteStats, seconds: f64) -> Row {
    let number = |unit, value: Option<f64>| Cell::Number(unit, value.unwrap_or(f64::NAN));
    let [p50, p95, p99] = route.percentiles;
    let app = if route.app.is_empty() { OWN_APP } else { &route.app };
    vec![
        Cell::Code(route.route.clone()),
        Cell::Text(app.to_owned()),
        Cell::Number(Unit::PerSecond, route.requests / seconds),
        number(Unit::Ratio, route.error_ratio()),
        number(Unit::Seconds, p50),
        number(Unit::Seconds, p95),
        number(Unit::Seconds, p99),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn range_has_whole_rows_and_contains_the_newest() {
        for (end, seconds, step, expected) in
            [(1_000_000, 300, 10_000, (710_000, 1_010_000)), (1_009_999, 300, 10_000, (710_000, 1_010_000))]
        {
            let range = range(Timestamp::from_millis(end), seconds, step);
            assert_eq!((range.start.millis(), range.end.millis()), expected);
        }
    }

    #[test]
    fn rates_use_the_time_with_data() {
        let column = |mean: &[f64]| watchglass_tsdb::Column {
            series: std::sync::Arc::new(watchglass_tsdb::StoredSeries {
                metric: "m".to_owned(),
                labels: Default::default(),
                kind: watchglass_model::Kind::Counter,
            }),
            id: None,
            low: mean.to_vec(),
            high: mean.to_vec(),
            mean: mean.to_vec(),
            count: vec![1; mean.len()],
            increase: mean.to_vec(),
        };
        for (means, expected) in [
            (&[][..], 35.0),
            (&[&[1.0, 1.0, 1.0, 1.0][..]][..], 35.0),
            (&[&[f64::NAN, f64::NAN, 1.0, 1.0][..], &[f64::NAN, 1.0, 1.0, 1.0]][..], 25.0),
        ] {
            let columns = means.iter().map(|mean| column(mean)).collect();
            let columns = Columns { start: Timestamp::from_millis(0), step_millis: 10_000, rows: 4, columns };
            assert_eq!(seconds_with_data(&columns, Timestamp::from_millis(35_000)), expected);
        }
    }

    #[test]
    fn rows_match_the_columns() {
        let row = row(
            &RouteStats {
                route: "/pay".to_owned(),
                requests: 30.0,
                server_errors: 3.0,
                percentiles: [Some(0.01), None, Some(0.5)],
                ..RouteStats::default()
            },
            300.0,
        );
        assert_eq!(row.len(), COLUMNS.len());
        assert!(row.iter().zip(&COLUMNS).all(|(cell, column)| cell.fits(column.kind)), "{row:?}");
        let expected = [
            Cell::Code("/pay".to_owned()),
            Cell::Text("Watchglass (self)".to_owned()),
            Cell::Number(Unit::PerSecond, 0.1),
            Cell::Number(Unit::Ratio, 0.1),
            Cell::Number(Unit::Seconds, 0.01),
        ];
        assert_eq!(row[..5], expected);
        assert_eq!(row[6], Cell::Number(Unit::Seconds, 0.5));
    }
}
