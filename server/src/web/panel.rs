//! Data behind a chart: `GET /panels/{panel}` as a page with a table, `GET /panels/{panel}/csv` as a file.
//!
//! Both take `window`, or `from` and `to`, as page URLs do.

use super::pages::theme;
use crate::app_state::AppState;
use crate::assets::PAGE_ASSETS;
use crate::http::html::top_bar;
use crate::http::{ApiError, bad_request, html, run_blocking};
use crate::query::panel::{PanelHistory, panel_history};
use app::api::RangeQuery;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;
use url::form_urlencoded;
use watchglass_pages::panels::PanelTable;
use watchglass_reports::series::csv_of_several;
use watchglass_tsdb::Columns;

/// Length limit of the query string, in bytes.
const MAX_QUERY_BYTES: usize = 8192;
/// Row limits of the page and of the CSV file; the latter is that of chart queries.
const MAX_ROWS: (usize, usize) = (300, 3600);
/// Limits of series times rows, of the page and of the CSV file.
const MAX_CELLS: (usize, usize) = (30_000, 300_000);

/// Page with the data of a panel's chart, newest first.
pub(crate) async fn table(
    State(state): State<AppState>,
    Path(panel): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Html<String>, ApiError> {
    let query = query.unwrap_or_default();
    let history = history(&state, &panel, &query, (MAX_ROWS.0, MAX_CELLS.0)).await?;
    let title = format!("{}: data", history.panel.title);
    let PanelHistory { panel, range, parts } = history;
    let csv = format!("/panels/{}/csv?{}", panel.id, window_query(&query));
    let parts = parts.into_iter().map(|(metric, columns)| {
        let tracks = columns.columns.into_iter().map(|column| (column.series.labels.clone(), column.mean));
        (metric, columns.start, columns.step_millis, tracks.collect())
    });
    let page = watchglass_pages::panels::render_table(&PanelTable {
        panel,
        range,
        metrics: parts.collect(),
        csv_url: csv,
    });
    let body = format!("{}<main id=\"main\" tabindex=\"-1\">{page}</main>", top_bar(""));
    Ok(Html(html::document(&title, &PAGE_ASSETS.styles, theme(&headers), &body)))
}

/// The same as CSV, with a higher resolution.
pub(crate) async fn csv(
    State(state): State<AppState>,
    Path(panel): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let history = history(&state, &panel, &query, (MAX_ROWS.1, MAX_CELLS.1)).await?;
    let parts: Vec<(&str, &Columns)> =
        history.parts.iter().map(|(metric, columns)| (metric.name.as_str(), columns)).collect();
    // Panel ids of the catalogue are valid in a header.
    let disposition = format!("attachment; filename=\"watchglass-{}.csv\"", history.panel.id);
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, csv_of_several(&parts)).into_response())
}

/// Queries the history of a panel.
async fn history(
    state: &AppState,
    panel: &str,
    query: &str,
    (rows, cells): (usize, usize),
) -> Result<PanelHistory, ApiError> {
    let window = parse_window(query).map_err(bad_request)?;
    let id = panel.to_owned();
    let metrics = Arc::clone(&state.metrics);
    let found = run_blocking(move || panel_history(&metrics, &id, window, rows, cells)).await?;
    found.map_err(|error| bad_request(error.to_string()))?.ok_or_else(|| {
        let shown: String = panel.chars().take(100).collect();
        let message = format!("Unknown panel {shown:?}: see the charts of the pages for all panels");
        ApiError::new(StatusCode::NOT_FOUND, "unknown_panel", message)
    })
}

/// Query parameters of the time window.
const WINDOW_PARAMETERS: [&str; 3] = ["window", "from", "to"];

fn parse_window(query: &str) -> Result<RangeQuery, String> {
    if query.len() > MAX_QUERY_BYTES {
        return Err(format!("The query string has {} bytes: at most {MAX_QUERY_BYTES}", query.len()));
    }
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let get = |name| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref());
    let [window, from, to] = WINDOW_PARAMETERS.map(get);
    app::parse_range_query(window, from, to).map_err(str::to_owned)
}

/// Query string with the time window only, for another URL.
fn window_query(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| WINDOW_PARAMETERS.contains(&name.as_ref()));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn time_window_is_that_of_the_url() {
        for (query, expected) in [
            ("", Ok((300, None))),
            ("window=1h&hide=ab", Ok((3600, None))),
            ("from=1000&to=61000&window=1h", Ok((60, Some(61_000)))),
            ("window=2h", Err("Unknown time range")),
            ("from=5", Err("from")),
        ] {
            let found =
                parse_window(query).map(|window| (window.seconds, window.end.map(|end| end.millis())));
            match expected {
                Ok(expected) => assert_eq!(found, Ok(expected), "{query}"),
                Err(part) => assert!(found.as_ref().unwrap_err().contains(part), "{query}: {found:?}"),
            }
        }
        assert!(parse_window(&"x".repeat(9000)).unwrap_err().contains("9000 bytes"));
        assert_eq!(window_query("hide=a&from=1&to=%26&x"), "from=1&to=%26");
    }
}
