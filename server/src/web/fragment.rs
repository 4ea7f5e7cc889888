//! HTML fragments with lists and forms: `GET /api/fragment/…`, and the form actions `POST /alerts`,
//! `POST /alerts/preview` and `POST /settings`.
//!
//! With the header `x-fragment` a form returns the fragment. Without it, as sent by browsers without scripts, it redirects after
//! success and returns a whole page after an error.

use super::PageContext;
pub(crate) use super::fragments::PREVIEW_PATH;
use super::fragments::{self, ALERTS_PATH, FormResponse, SETTINGS_PATH};
use super::pages::theme;
use crate::assets::PAGE_ASSETS;
use crate::http::{ApiError, body, html, run_blocking};
use axum::body::Body;
use axum::extract::{Path, RawQuery};
use axum::http::header::{CONTENT_LOCATION, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use watchglass_pages::ui::FormFields;

/// Form size limit, in bytes.
const MAX_FORM_BYTES: usize = 64 << 10;
/// Request header of scripts that insert the response into a page.
const FRAGMENT_HEADER: HeaderName = HeaderName::from_static("x-fragment");

/// Returns the lists and forms of a page for the given query.
pub(crate) async fn fragment(
    visit: PageContext,
    Path(page): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, ApiError> {
    let query = query.unwrap_or_default();
    let html = run_blocking(move || fragments::page(&visit, &format!("/{page}"), &query)).await?;
    html.map(Html).map_err(|error| {
        let (status, code) = error.status();
        ApiError::new(status, code, error.to_string())
    })
}

/// Handles a form of the alerts page.
pub(crate) async fn alerts_action(
    visit: PageContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = FormFields::new(body::read_form(&headers, body, MAX_FORM_BYTES).await?);
    let answer = run_blocking(move || fragments::run_action(&visit, &fields)).await?;
    Ok(form_response(answer, &headers, (ALERTS_PATH, "Alerts")))
}

/// Previews the rule of a form of the alerts page. Changes nothing.
pub(crate) async fn preview_action(
    visit: PageContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = FormFields::new(body::read_form(&headers, body, MAX_FORM_BYTES).await?);
    let answer = run_blocking(move || fragments::run_preview(&visit, &fields)).await?;
    Ok(form_response(answer, &headers, (ALERTS_PATH, "Alerts")))
}

/// Handles a form of the settings pages.
pub(crate) async fn settings_action(
    visit: PageContext,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = FormFields::new(body::read_form(&headers, body, MAX_FORM_BYTES).await?);
    let answer = run_blocking(move || fragments::run_settings_action(&visit, &fields)).await?;
    Ok(form_response(answer, &headers, (SETTINGS_PATH, "Settings")))
}

fn form_response(answer: FormResponse, headers: &HeaderMap, (path, title): (&str, &str)) -> Response {
    let FormResponse { status, html, location: address, redirect_to: go_on } = answer;
    if headers.contains_key(FRAGMENT_HEADER) {
        return (status, [(CONTENT_LOCATION, header_value(&address))], Html(html)).into_response();
    }
    match go_on {
        Some(address) => (StatusCode::SEE_OTHER, [(LOCATION, header_value(&address))]).into_response(),
        None => {
            let body = format!("{}<main id=\"main\" tabindex=\"-1\">{html}</main>", html::top_bar(path));
            (status, Html(html::document(title, &PAGE_ASSETS.styles, theme(headers), &body))).into_response()
        }
    }
}

/// URL as a header value; percent-encoded URLs are always valid.
fn header_value(address: &str) -> HeaderValue {
    HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static(ALERTS_PATH))
}
