//! `POST /api/ingest`: request statistics from other applications.

use crate::http::{ApiError, Envelope, Failure, body, run_blocking};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use std::sync::Arc;
use utoipa::ToSchema;
use watchglass_instrument::report::{MAX_REPORT_BYTES, ReportError};
use watchglass_probes::{Applications, IngestError};

/// Accepted report.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Taken)]
pub(crate) struct AcceptedReport {
    /// Application name.
    app: String,
    /// Number of its routes with their own series. Beyond 200, further routes are counted as `other`.
    routes: usize,
    /// Number of its series that this server left out a second ago because the series limit is reached; normally 0.
    refused_series: u64,
}

/// Accepts a report of an application's requests since its last report.
#[utoipa::path(
    post,
    path = "/api/ingest",
    tag = "applications",
    request_body(content = Object, content_type = "application/json",
        description = "`version` (1), `app`, and optionally `instance`, `seconds`, `in_flight`, `leaving`, `routes`; at most 1 MiB"),
    responses(
        (status = 200, description = "Report accepted", body = Envelope<AcceptedReport>),
        (status = 400, description = "Invalid report or unknown version", body = Failure),
        (status = 408, description = "The body did not arrive within 10 s", body = Failure),
        (status = 413, description = "The body is longer than 1 MiB", body = Failure),
        (status = 415, description = "Content-Type is not application/json", body = Failure),
        (status = 429, description = "Too many applications, too many instances of this one, or rate limit of the token exceeded", body = Failure)
    )
)]
pub(crate) async fn ingest(
    State(applications): State<Arc<Applications>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<AcceptedReport>>, ApiError> {
    let body = body::read_json(&headers, body, MAX_REPORT_BYTES).await?;
    // On a blocking thread: parsing a large report takes milliseconds and would delay live frames.
    let accepted = run_blocking(move || applications.ingest(&body)).await?.map_err(ingest_error)?;
    Ok(Envelope::of(AcceptedReport {
        app: accepted.app,
        routes: accepted.routes,
        refused_series: accepted.refused_series,
    }))
}

fn ingest_error(error: IngestError) -> ApiError {
    let (status, code) = match &error {
        IngestError::Report(ReportError::TooLong) => (StatusCode::PAYLOAD_TOO_LARGE, "too_long"),
        IngestError::Report(ReportError::Version { .. }) => (StatusCode::BAD_REQUEST, "unknown_version"),
        IngestError::Report(_) => (StatusCode::BAD_REQUEST, "bad_report"),
        IngestError::Applications => (StatusCode::TOO_MANY_REQUESTS, "too_many_applications"),
        _ => (StatusCode::TOO_MANY_REQUESTS, "too_many_instances"),
    };
    ApiError::new(status, code, error.to_string())
}
