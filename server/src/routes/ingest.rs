//! `POST /api/ingest`: what other applications report of their requests.

use super::{ApiError, Envelope, Failure, Shared, body};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use serde::Serialize;
use utoipa::ToSchema;
use watchglass_instrument::report::{MOST_BYTES, ReportError};
use watchglass_probes::IngestError;

/// What was taken.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Taken {
    /// The application.
    app: String,
    /// How many of its routes are told apart. Beyond 200, requests of further routes count as `other`.
    routes: usize,
}

/// Takes a report of an application's requests since its last one.
#[utoipa::path(
    post,
    path = "/api/ingest",
    tag = "applications",
    request_body(content = Object, content_type = "application/json",
        description = "`version` (1), `app`, and optionally `instance`, `seconds`, `in_flight`, `leaving`, `routes`; at most 1 MiB"),
    responses(
        (status = 200, description = "The report was counted", body = Envelope<Taken>),
        (status = 400, description = "It is no report that this server understands", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 413, description = "It is longer than 1 MiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure),
        (status = 429, description = "Too many applications report, too many processes of this one, or this token more often than it may", body = Failure)
    )
)]
pub(crate) async fn ingest(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Taken>>, ApiError> {
    let body = body::read_json(&headers, body, MOST_BYTES).await?;
    // Not on the threads that send live frames: a large report takes milliseconds to read.
    let taken = shared.ask(move |core| core.applications.ingest(&body)).await?.map_err(refused)?;
    Ok(Envelope::of(Taken { app: taken.app, routes: taken.routes }))
}

fn refused(error: IngestError) -> ApiError {
    let (status, code) = match &error {
        IngestError::Report(ReportError::TooLong) => (StatusCode::PAYLOAD_TOO_LARGE, "too_long"),
        IngestError::Report(ReportError::Version { .. }) => (StatusCode::BAD_REQUEST, "unknown_version"),
        IngestError::Report(_) => (StatusCode::BAD_REQUEST, "bad_report"),
        IngestError::Applications => (StatusCode::TOO_MANY_REQUESTS, "too_many_applications"),
        _ => (StatusCode::TOO_MANY_REQUESTS, "too_many_instances"),
    };
    ApiError::new(status, code, error.to_string())
}
