//! The table of routes, from the history of this server.

use super::FragmentError;
use super::question::Question;
use crate::core::Core;
use app::fragments::{Cell, Column, Performance, Row, Sort, Sorted, numbers, words};
use std::time::Duration;
use watchglass_export::routes::{PERCENTILES, REQUESTS, RouteFigures, routes};
use watchglass_history::Columns;
use watchglass_model::{TimeRange, Timestamp, Unit};

/// Where the page is.
pub(super) const PATH: &str = "/performance";
/// The most routes that are shown.
const MOST: usize = 500;

static COLUMNS: [Column; 7] = [
    words("Route"),
    words("Application"),
    numbers("Rate"),
    numbers("Errors"),
    numbers("P50"),
    numbers("P95"),
    numbers("P99"),
];

/// How far back can be looked, as the address has it: seconds, milliseconds of a row, words.
const WINDOWS: [(&str, u64, i64, &str); 3] =
    [("5m", 300, 10_000, "5 minutes"), ("15m", 900, 30_000, "15 minutes"), ("1h", 3600, 60_000, "hour")];

/// The table that `query` asks for.
///
/// # Errors
/// A parameter cannot be used, or the history cannot answer.
pub(super) fn performance(core: &Core, query: &str) -> Result<Performance, FragmentError> {
    let question = Question::parse(query, &COLUMNS, Sort::largest(2))?;
    // Of the window the charts of the page speak too: what none of them knows is the shortest.
    let [shortest, ..] = WINDOWS;
    let window = WINDOWS.into_iter().find(|(name, ..)| question.get("window") == Some(name));
    let (_, seconds, step, over) = window.unwrap_or(shortest);
    let end = core.measured().unwrap_or_default();
    let range = range(end, seconds, step);
    let ask = |metric: &str| -> Result<Columns, FragmentError> {
        core.ask(metric, range, step).map_err(|error| FragmentError::Parameter(error.to_string()))
    };
    let [p50, p95, p99] = PERCENTILES;
    let requests = ask(REQUESTS)?;
    let span = covered(&requests, end);
    let found = routes(&requests, &[ask(p50)?, ask(p95)?, ask(p99)?]);
    let all = found.len();
    let rows = found.iter().filter(|route| question.takes(&route.route) || question.takes(&route.app));
    let mut rows: Vec<Row> = rows.map(|route| row(route, span)).collect();
    let table = |rows| Sorted {
        id: "routes".to_owned(),
        label: format!("Routes, last {over}"),
        columns: &COLUMNS,
        sort: question.sort,
        rows,
        address: question.address(PATH, &["window", "filter", "sort", "dir"]),
        empty: if all == 0 {
            format!(
                "No request was answered in the last {over}. Applications report theirs to POST /api/ingest: docs/ingest.md says how."
            )
        } else {
            format!("No route has {:?} in its name.", question.filter)
        },
    };
    question.sort.apply(&mut rows);
    rows.truncate(MOST);
    Ok(Performance { over, all, table: table(rows), filter: question.filter.clone() })
}

/// Whole rows, the last of which holds `end`.
fn range(end: Timestamp, seconds: u64, step: i64) -> TimeRange {
    let end = Timestamp::from_millis(end.floor(step).millis().saturating_add(step));
    TimeRange::before(end, Duration::from_secs(seconds))
}

/// The seconds up to `end` of which anything is known: less than the whole where the server has just begun.
fn covered(columns: &Columns, end: Timestamp) -> f64 {
    let known = |mean: &[f64]| mean.iter().position(|value| value.is_finite());
    let first = columns.columns.iter().filter_map(|column| known(&column.mean)).min().unwrap_or(0);
    let first = i64::try_from(first).unwrap_or(0).saturating_mul(columns.step_millis);
    let start = columns.start.millis().saturating_add(first);
    end.millis().saturating_sub(start).max(1000) as f64 / 1e3
}

fn row(route: &RouteFigures, seconds: f64) -> Row {
    let number = |unit, value: Option<f64>| Cell::Number(unit, value.unwrap_or(f64::NAN));
    let [p50, p95, p99] = route.percentiles;
    let app = if route.app.is_empty() { "this server" } else { &route.app };
    vec![
        Cell::Code(route.route.clone()),
        Cell::Text(app.to_owned()),
        Cell::Number(Unit::PerSecond, route.answered / seconds),
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
    fn the_stretch_of_time_is_whole_rows_and_holds_the_newest() {
        for (end, seconds, step, expected) in
            [(1_000_000, 300, 10_000, (710_000, 1_010_000)), (1_009_999, 300, 10_000, (710_000, 1_010_000))]
        {
            let range = range(Timestamp::from_millis(end), seconds, step);
            assert_eq!((range.start.millis(), range.end.millis()), expected);
        }
    }

    #[test]
    fn a_rate_is_of_the_time_that_is_known() {
        let column = |mean: &[f64]| watchglass_history::Column {
            series: std::sync::Arc::new(watchglass_history::StoredSeries {
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
            assert_eq!(covered(&columns, Timestamp::from_millis(35_000)), expected);
        }
    }

    #[test]
    fn every_row_has_a_cell_for_each_column() {
        let row = row(
            &RouteFigures {
                route: "/pay".to_owned(),
                answered: 30.0,
                faults: 3.0,
                percentiles: [Some(0.01), None, Some(0.5)],
                ..RouteFigures::default()
            },
            300.0,
        );
        assert_eq!(row.len(), COLUMNS.len());
        let expected = [
            Cell::Code("/pay".to_owned()),
            Cell::Text("this server".to_owned()),
            Cell::Number(Unit::PerSecond, 0.1),
            Cell::Number(Unit::Ratio, 0.1),
            Cell::Number(Unit::Seconds, 0.01),
        ];
        assert_eq!(row[..5], expected);
        assert_eq!(row[6], Cell::Number(Unit::Seconds, 0.5));
    }
}
