//! `GET /find?q=…`: the page that finds pages, charts and what can be done, for those without the page's program.

use super::html::{document, top_bar};
use super::pages::{PAGE_ASSETS, theme};
use super::{ApiError, Shared, bad};
use crate::fragments::{self, FIND, Visit};
use axum::extract::{RawQuery, State};
use axum::http::HeaderMap;
use axum::response::Html;

/// What was typed, and what was found.
pub(crate) async fn page(
    State(shared): State<Shared>,
    visit: Visit,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Html<String>, ApiError> {
    let query = query.unwrap_or_default();
    let found = shared.ask(move |_| fragments::find_page(&visit, &query)).await?;
    let html = found.map_err(|error| bad(error.to_string()))?;
    let body = format!("{}<main id=\"main\" tabindex=\"-1\">{html}</main>", top_bar(FIND));
    Ok(Html(document("Find", &PAGE_ASSETS.styles, theme(&headers), &body)))
}
