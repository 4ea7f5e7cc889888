//! Pages of lists and forms: `GET /api/fragment/…` answers one as HTML to be put into a page, and `POST /alerts` does what
//! its forms ask for.
//!
//! With the header `x-fragment` a form is answered with the fragment; without it, as a browser without scripts sends it,
//! with a redirection where it was done, and with a whole page where it was not.

use super::pages::{PAGE_ASSETS, theme};
use super::{ApiError, Shared, body, html};
use crate::fragments::{self, ALERTS, Answer, Fields, FragmentError};
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_LOCATION, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

/// The longest form that is read, in bytes.
const LONGEST: usize = 64 << 10;
/// Says that the answer is put into a page.
const FRAGMENT: HeaderName = HeaderName::from_static("x-fragment");

/// The ways to the pages, above what is answered to browsers without scripts.
const HEAD: &str = "<a class=\"skip\" href=\"#main\">Skip to content</a><header class=\"top-bar\">\
    <a class=\"brand\" href=\"/\">Watchglass</a><nav aria-label=\"Pages\"><a href=\"/\">Overview</a>\
    <a href=\"/database\">Database</a><a href=\"/cache\">Cache</a>\
    <a href=\"/alerts\" aria-current=\"page\">Alerts</a></nav></header>";

/// The lists and forms of a page, as the question asks for them.
pub(crate) async fn fragment(
    State(shared): State<Shared>,
    Path(page): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, ApiError> {
    let query = query.unwrap_or_default();
    let html = shared.ask(move |core| fragments::page(core, &format!("/{page}"), &query)).await?;
    html.map(Html).map_err(|error| {
        let (status, code) = match &error {
            FragmentError::Parameter(_) => (StatusCode::BAD_REQUEST, "bad_parameter"),
            FragmentError::Path(_) | FragmentError::View(_) | FragmentError::Rule(_) => {
                (StatusCode::NOT_FOUND, "not_found")
            }
        };
        ApiError::new(status, code, error.to_string())
    })
}

/// Does what a form of the alerts page asks for.
pub(crate) async fn act(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = Fields::new(body::read_form(&headers, body, LONGEST).await?);
    let answer = shared.ask(move |core| fragments::act(core, &fields)).await?;
    let Answer { status, html, address, go_on } = answer;
    if headers.contains_key(FRAGMENT) {
        return Ok((status, [(CONTENT_LOCATION, place(&address))], Html(html)).into_response());
    }
    Ok(match go_on {
        Some(address) => (StatusCode::SEE_OTHER, [(LOCATION, place(&address))]).into_response(),
        None => {
            let body = format!("{HEAD}<main id=\"main\" tabindex=\"-1\">{html}</main>");
            (status, Html(html::document("Alerts", &PAGE_ASSETS.styles, theme(&headers), &body)))
                .into_response()
        }
    })
}

/// Addresses are percent-encoded, and so fit into a header.
fn place(address: &str) -> HeaderValue {
    HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static(ALERTS))
}
