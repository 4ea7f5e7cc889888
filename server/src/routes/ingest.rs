//! `POST /api/ingest`: what other applications report of their requests.

use super::{ApiError, Envelope, Failure, Shared};
use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use futures_util::StreamExt;
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;
use watchglass_instrument::report::{MOST_BYTES, ReportError};
use watchglass_probes::IngestError;

/// How long the body of a report may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

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
        (status = 429, description = "Too many applications report, or too many processes of this one", body = Failure)
    )
)]
pub(crate) async fn ingest(
    State(shared): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Taken>>, ApiError> {
    if !is_json(&headers) {
        let message = "A report's Content-Type must be application/json".to_owned();
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_content_type", message));
    }
    let body = read(&headers, body).await?;
    // Not on the threads that send live frames: a large report takes milliseconds to read.
    let taken = shared.ask(move |core| core.applications.ingest(&body)).await?.map_err(refused)?;
    Ok(Envelope::of(Taken { app: taken.app, routes: taken.routes }))
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

async fn read(headers: &HeaderMap, body: Body) -> Result<Vec<u8>, ApiError> {
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    // Who says so beforehand is answered before the body comes.
    if length.is_some_and(|length| length > MOST_BYTES as u64) {
        return Err(refused(ReportError::TooLong.into()));
    }
    match tokio::time::timeout(PATIENCE, collect(body)).await {
        Ok(report) => report,
        Err(_) => {
            let message = format!("The report did not come within {} seconds", PATIENCE.as_secs());
            Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message))
        }
    }
}

async fn collect(body: Body) -> Result<Vec<u8>, ApiError> {
    let (mut chunks, mut report) = (body.into_data_stream(), Vec::new());
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            let message = "The report broke off before its end".to_owned();
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_report", message));
        };
        if report.len() + chunk.len() > MOST_BYTES {
            return Err(refused(ReportError::TooLong.into()));
        }
        report.extend_from_slice(&chunk);
    }
    Ok(report)
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
