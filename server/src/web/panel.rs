//! Data behind a chart: `GET /panels/{panel}` as a page with a table, `GET /panels/{panel}/csv` as a file.
//!
//! Both take `window`, or `from` and `to`, as page URLs do. The table has pages of 50 series, by `page`.

use super::pages::theme;
use crate::app_state::AppState;
use crate::assets::PAGE_ASSETS;
use crate::http::html::top_bar;
use crate::http::{ApiError, bad_request, html, run_blocking};
use crate::metric_store::MetricStore;
use crate::query::panel::{PanelHistory, PanelPage, panel_history, panel_page};
use app::api::RangeQuery;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use std::sync::Arc;
use url::form_urlencoded;
use watchglass_pages::panels::{Pager, PanelTable};
use watchglass_reports::series::csv_of_several;
use watchglass_tsdb::{Columns, QueryError};

/// Length limit of the query string, in bytes.
const MAX_QUERY_BYTES: usize = 8192;
/// Row limits of the page and of the CSV file; the latter is that of chart queries.
const MAX_ROWS: (usize, usize) = (300, 3600);
/// Limit of series times rows of the CSV file.
const MAX_CELLS: usize = 300_000;
/// Series on a page of the table: as many as a chart draws.
const PAGE_SERIES: usize = app::api::MAX_LINES;
/// Last page.
const MAX_PAGE: usize = 10_000;

/// Page with the data of a panel's chart, newest first.
pub(crate) async fn table(
    State(state): State<AppState>,
    Path(panel): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Html<String>, ApiError> {
    let query = query.unwrap_or_default();
    let page = parse_page(&query).map_err(bad_request)?;
    let find = move |metrics: &MetricStore, id: &str, window| {
        panel_page(metrics, id, window, MAX_ROWS.0, (page, PAGE_SERIES))
    };
    let PanelPage { history, series, has_several_apps, page, pages } =
        ask(&state, &panel, &query, find).await?;
    let title = format!("{}: data", history.panel.title);
    let PanelHistory { panel, range, parts } = history;
    let window = window_query(&query);
    let csv = format!("/panels/{}/csv?{window}", panel.id);
    let page_url = |page: usize| {
        format!("/panels/{}?{window}{}page={page}", panel.id, if window.is_empty() { "" } else { "&" })
    };
    let pager = Pager {
        series,
        has_several_apps,
        first: (page - 1) * PAGE_SERIES + 1,
        previous_url: (page > 1).then(|| page_url(page - 1)),
        next_url: (page < pages).then(|| page_url(page + 1)),
    };
    let parts = parts.into_iter().map(|(metric, columns)| {
        let tracks = columns.columns.into_iter().map(|column| (column.series.labels.clone(), column.mean));
        (metric, columns.start, columns.step_millis, tracks.collect())
    });
    let page = watchglass_pages::panels::render_table(&PanelTable {
        panel,
        range,
        metrics: parts.collect(),
        csv_url: csv,
        pager: (pages > 1).then_some(pager),
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
    let find =
        |metrics: &MetricStore, id: &str, window| panel_history(metrics, id, window, MAX_ROWS.1, MAX_CELLS);
    let history = ask(&state, &panel, &query, find).await?;
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

/// Queries the history of a panel with `find`.
async fn ask<T: Send + 'static>(
    state: &AppState,
    panel: &str,
    query: &str,
    find: impl FnOnce(&MetricStore, &str, RangeQuery) -> Result<Option<T>, QueryError> + Send + 'static,
) -> Result<T, ApiError> {
    let window = parse_window(query).map_err(bad_request)?;
    let id = panel.to_owned();
    let metrics = Arc::clone(&state.metrics);
    let found = run_blocking(move || find(&metrics, &id, window)).await?;
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

/// Page of the table; 1 without a parameter.
fn parse_page(query: &str) -> Result<usize, String> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let Some((_, text)) = pairs.into_iter().find(|(name, _)| name == "page") else { return Ok(1) };
    text.parse().ok().filter(|page| (1..=MAX_PAGE).contains(page)).ok_or_else(|| {
        let shown: String = text.chars().take(20).collect();
        format!("page is {shown:?}: it must be from 1 to {MAX_PAGE}")
    })
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
    fn page_is_a_number_from_one() {
        assert_eq!((parse_page("window=5m"), parse_page("page=3&window=5m")), (Ok(1), Ok(3)));
        for invalid in ["page=0", "page=", "page=x", "page=10001", "page=-1"] {
            assert!(parse_page(invalid).unwrap_err().contains("must be from 1 to 10000"), "{invalid}");
        }
    }

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
