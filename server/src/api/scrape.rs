//! `GET /metrics`: scrape endpoint for Prometheus.

use crate::metric_store::MetricStore;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE, VARY};
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use watchglass_reports::TextFormat;

/// Exposes all metrics with their newest values, in Prometheus text format or OpenMetrics.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "metrics",
    responses((status = 200, description = "Newest values, in the format of the Accept header",
        content((String = "text/plain"), (String = "application/openmetrics-text"))))
)]
pub(crate) async fn scrape(State(metrics): State<Arc<MetricStore>>, headers: HeaderMap) -> Response {
    let accept = headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).unwrap_or_default();
    let format = TextFormat::accepted(accept);
    let text = metrics.exposition(format);
    ([(CONTENT_TYPE, format.content_type()), (VARY, "accept")], text).into_response()
}
