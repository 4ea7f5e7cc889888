//! The numbers behind a chart: `GET /panels/{panel}` as a page with a table, `GET /panels/{panel}/csv` as a file.
//!
//! Both take `window`, or `from` and `to`, as the addresses of pages have them.

use super::html::top_bar;
use super::pages::{PAGE_ASSETS, theme};
use super::{ApiError, Shared, bad, html};
use crate::core::PanelPast;
use app::api::Stretch;
use app::fragments::PanelTable;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use url::form_urlencoded;
use watchglass_export::series::{Table, Track, csv_of_several};

/// The longest question, in bytes.
const MOST_BYTES: usize = 8192;
/// The most rows of a page, and of a file: as many as the history answers charts with.
const MOST_ROWS: (usize, usize) = (300, 3600);
/// The most values of a page, and series times rows of a file.
const MOST_CELLS: (usize, usize) = (30_000, 300_000);

/// A page with the numbers that the chart of a panel shows, newest first.
pub(crate) async fn table(
    State(shared): State<Shared>,
    Path(panel): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Html<String>, ApiError> {
    let query = query.unwrap_or_default();
    let past = past(&shared, &panel, &query, (MOST_ROWS.0, MOST_CELLS.0)).await?;
    let title = format!("{}: data", past.panel.title);
    let PanelPast { panel, range, parts } = past;
    let csv = format!("/panels/{}/csv?{}", panel.id, kept(&query));
    let parts = parts.into_iter().map(|(metric, columns)| {
        let tracks = columns.columns.into_iter().map(|column| (column.series.labels.clone(), column.mean));
        (metric, columns.start, columns.step_millis, tracks.collect())
    });
    let page = app::fragments::panel_table(&PanelTable { panel, range, parts: parts.collect(), csv });
    let body = format!("{}<main id=\"main\" tabindex=\"-1\">{page}</main>", top_bar(""));
    Ok(Html(html::document(&title, &PAGE_ASSETS.styles, theme(&headers), &body)))
}

/// The same as a file for spreadsheets, finer.
pub(crate) async fn csv(
    State(shared): State<Shared>,
    Path(panel): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, ApiError> {
    let query = query.unwrap_or_default();
    let past = past(&shared, &panel, &query, (MOST_ROWS.1, MOST_CELLS.1)).await?;
    let tables: Vec<(String, Table)> = past
        .parts
        .into_iter()
        .map(|(metric, columns)| {
            let tracks = columns.columns.into_iter().map(|column| Track {
                labels: column.series.labels.clone(),
                low: column.low,
                mean: column.mean,
                high: column.high,
            });
            let table = Table {
                start: columns.start,
                step_millis: columns.step_millis,
                rows: columns.rows,
                tracks: tracks.collect(),
            };
            (metric.name, table)
        })
        .collect();
    let parts: Vec<(&str, &Table)> = tables.iter().map(|(name, table)| (name.as_str(), table)).collect();
    // What is in the catalogue has a plain name.
    let disposition = format!("attachment; filename=\"watchglass-{}.csv\"", past.panel.id);
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8; header=present".to_owned()),
        (CONTENT_DISPOSITION, disposition),
    ];
    Ok((headers, csv_of_several(&parts)).into_response())
}

/// What the question asks for, of the panel.
async fn past(
    shared: &Shared,
    panel: &str,
    query: &str,
    (rows, cells): (usize, usize),
) -> Result<PanelPast, ApiError> {
    let stretch = stretch(query).map_err(bad)?;
    let id = panel.to_owned();
    let found = shared.ask(move |core| core.panel_past(&id, stretch, rows, cells)).await?;
    found.map_err(|error| bad(error.to_string()))?.ok_or_else(|| {
        let shown: String = panel.chars().take(100).collect();
        let message =
            format!("There is no panel {shown:?}: the charts of the pages lead to all that there are");
        ApiError::new(StatusCode::NOT_FOUND, "unknown_panel", message)
    })
}

/// The parameters that say which stretch of time.
const STRETCH: [&str; 3] = ["window", "from", "to"];

fn stretch(query: &str) -> Result<Stretch, String> {
    if query.len() > MOST_BYTES {
        return Err(format!("The parameters are {} bytes long: at most {MOST_BYTES} can be", query.len()));
    }
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
    let get = |name| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_ref());
    let [window, from, to] = STRETCH.map(get);
    app::asked_stretch(window, from, to).map_err(str::to_owned)
}

/// The same parameters, for another address.
fn kept(query: &str) -> String {
    let pairs = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| STRETCH.contains(&name.as_ref()));
    form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stretch_is_that_of_the_address() {
        for (query, expected) in [
            ("", Ok((300, None))),
            ("window=1h&hide=ab", Ok((3600, None))),
            ("from=1000&to=61000&window=1h", Ok((60, Some(61_000)))),
            ("window=2h", Err("names no window")),
            ("from=5", Err("from")),
        ] {
            let found = stretch(query).map(|stretch| (stretch.seconds, stretch.end.map(|end| end.millis())));
            match expected {
                Ok(expected) => assert_eq!(found, Ok(expected), "{query}"),
                Err(part) => assert!(found.as_ref().unwrap_err().contains(part), "{query}: {found:?}"),
            }
        }
        assert!(stretch(&"x".repeat(9000)).unwrap_err().contains("9000 bytes"));
        assert_eq!(kept("hide=a&from=1&to=%26&x"), "from=1&to=%26");
    }
}
