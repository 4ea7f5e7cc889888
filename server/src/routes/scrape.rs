//! `GET /metrics`: what Prometheus scrapes.

use super::Shared;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use watchglass_export::TextFormat;

/// All metrics with their newest values, in Prometheus text or, on request, OpenMetrics.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "metrics",
    responses((status = 200, description = "The newest values, in the form that the Accept header asks for",
        content((String = "text/plain"), (String = "application/openmetrics-text"))))
)]
pub(crate) async fn scrape(State(shared): State<Shared>, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let format = TextFormat::accepted(accept);
    let text = shared.core.exposition(format);
    ([(CONTENT_TYPE, format.content_type()), (VARY, "accept")], text).into_response()
}
