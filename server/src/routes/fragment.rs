//! Pages of lists and forms: `GET /api/fragment/…` answers one as HTML to be put into a page, and `POST /alerts` and
//! `POST /settings` do what their forms ask for.
//!
//! With the header `x-fragment` a form is answered with the fragment; without it, as a browser without scripts sends it,
//! with a redirection where it was done, and with a whole page where it was not.

use super::pages::{PAGE_ASSETS, theme};
use super::{ApiError, Shared, body, html};
use crate::fragments::{self, ALERTS, Answer, Fields, FragmentError, SETTINGS, Visit};
use axum::body::Body;
use axum::extract::{Path, RawQuery, State};
use axum::http::header::{CONTENT_LOCATION, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

/// The longest form that is read, in bytes.
const LONGEST: usize = 64 << 10;
/// Says that the answer is put into a page.
const FRAGMENT: HeaderName = HeaderName::from_static("x-fragment");

/// The lists and forms of a page, as the question asks for them.
pub(crate) async fn fragment(
    State(shared): State<Shared>,
    visit: Visit,
    Path(page): Path<String>,
    RawQuery(query): RawQuery,
) -> Result<Html<String>, ApiError> {
    let query = query.unwrap_or_default();
    let html = shared.ask(move |_| fragments::page(&visit, &format!("/{page}"), &query)).await?;
    html.map(Html).map_err(|error| {
        let (status, code) = match &error {
            FragmentError::Parameter(_) => (StatusCode::BAD_REQUEST, "bad_parameter"),
            FragmentError::Role => (StatusCode::FORBIDDEN, "forbidden"),
            FragmentError::Path(_)
            | FragmentError::View(_)
            | FragmentError::Place(_)
            | FragmentError::Rule(_) => (StatusCode::NOT_FOUND, "not_found"),
        };
        ApiError::new(status, code, error.to_string())
    })
}

/// Does what a form of the alerts page asks for.
pub(crate) async fn act(
    State(shared): State<Shared>,
    visit: Visit,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = Fields::new(body::read_form(&headers, body, LONGEST).await?);
    let answer = shared.ask(move |_| fragments::act(&visit, &fields)).await?;
    Ok(answered(answer, &headers, (ALERTS, "Alerts")))
}

/// Does what a form below `/settings` asks for.
pub(crate) async fn act_settings(
    State(shared): State<Shared>,
    visit: Visit,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let fields = Fields::new(body::read_form(&headers, body, LONGEST).await?);
    let answer = shared.ask(move |_| fragments::act_settings(&visit, &fields)).await?;
    Ok(answered(answer, &headers, (SETTINGS, "Settings")))
}

fn answered(answer: Answer, headers: &HeaderMap, (path, title): (&str, &str)) -> Response {
    let Answer { status, html, address, go_on } = answer;
    if headers.contains_key(FRAGMENT) {
        return (status, [(CONTENT_LOCATION, place(&address))], Html(html)).into_response();
    }
    match go_on {
        Some(address) => (StatusCode::SEE_OTHER, [(LOCATION, place(&address))]).into_response(),
        None => {
            let body = format!("{}<main id=\"main\" tabindex=\"-1\">{html}</main>", html::top_bar(path));
            (status, Html(html::document(title, &PAGE_ASSETS.styles, theme(headers), &body))).into_response()
        }
    }
}

/// Addresses are percent-encoded, and so fit into a header.
fn place(address: &str) -> HeaderValue {
    HeaderValue::from_str(address).unwrap_or(HeaderValue::from_static(ALERTS))
}
