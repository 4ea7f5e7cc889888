//! `GET /search?q=…`: search page for pages, charts and actions; works without scripts.

use super::PageContext;
use super::fragments::{self, SEARCH_PATH};
use super::pages::theme;
use crate::assets::PAGE_ASSETS;
use crate::http::html::{document, top_bar};
use crate::http::{ApiError, bad_request, run_blocking};
use axum::extract::RawQuery;
use axum::http::HeaderMap;
use axum::response::Html;

/// Shows the search form with its results.
pub(crate) async fn page(
    visit: PageContext,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Html<String>, ApiError> {
    let query = query.unwrap_or_default();
    let found = run_blocking(move || fragments::search_page(&visit, &query)).await?;
    let html = found.map_err(|error| bad_request(error.to_string()))?;
    let body = format!("{}<main id=\"main\" tabindex=\"-1\">{html}</main>", top_bar(SEARCH_PATH));
    Ok(Html(document("Search", &PAGE_ASSETS.styles, theme(&headers), &body)))
}
