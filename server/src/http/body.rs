//! Request bodies: read completely, with a size limit and a timeout.

use super::{ApiError, bad_request};
use axum::body::{Body, HttpBody as _};
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::form_urlencoded;

/// Timeout of a body.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);
/// Largest body of any handler of heavy requests, or more.
const MAX_ANY_BYTES: usize = 1 << 20;
/// Limit of form fields.
const MAX_FIELDS: usize = 200;

/// Reads a JSON body into a type. `error_prefix` starts the error message for invalid content.
///
/// # Errors
/// As [`read_json`], and 400 for invalid content.
pub(crate) async fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
    error_prefix: &str,
) -> Result<T, ApiError> {
    let bytes = read_json(headers, body, max_bytes).await?;
    watchglass_json::from_slice(&bytes).map_err(|error| bad_request(format!("{error_prefix}: {error}")))
}

/// Reads the bytes of a JSON body.
///
/// # Errors
/// 415 for another `Content-Type`, 413 for more than `max_bytes` bytes, 408 for a timeout, 400 for an incomplete body.
pub(crate) async fn read_json(
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
) -> Result<Vec<u8>, ApiError> {
    read_as("application/json", headers, body, max_bytes).await
}

/// Reads the fields of a form, in order.
///
/// # Errors
/// As [`read_json`], and 400 for more than 200 fields.
pub(crate) async fn read_form(
    headers: &HeaderMap,
    body: Body,
    max_bytes: usize,
) -> Result<Vec<(String, String)>, ApiError> {
    let bytes = read_as("application/x-www-form-urlencoded", headers, body, max_bytes).await?;
    let fields: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
    if fields.len() > MAX_FIELDS {
        return Err(bad_request(format!("The form has {} fields: at most {MAX_FIELDS}", fields.len())));
    }
    Ok(fields)
}

async fn read_as(kind: &str, headers: &HeaderMap, body: Body, max_bytes: usize) -> Result<Vec<u8>, ApiError> {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !found.split(';').next().is_some_and(|found| found.trim().eq_ignore_ascii_case(kind)) {
        let message = format!("The Content-Type must be {kind}");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_content_type", message));
    }
    // Compressed bodies are rejected, since a small one could expand without limit.
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let message = "The body must not have a Content-Encoding".to_owned();
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_content_encoding", message));
    }
    read_bytes(content_length(headers), body, max_bytes).await
}

/// Reads any body into memory before its handler runs, which then checks it.
///
/// # Errors
/// 413 for more than 1 MiB, 408 for a timeout, 400 for an incomplete body.
pub(crate) async fn read_any(headers: &HeaderMap, body: Body) -> Result<Body, ApiError> {
    if body.size_hint().exact() == Some(0) {
        return Ok(body);
    }
    read_bytes(content_length(headers), body, MAX_ANY_BYTES).await.map(Body::from)
}

fn content_length(headers: &HeaderMap) -> Option<u64> {
    headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok())
}

async fn read_bytes(length: Option<u64>, body: Body, max_bytes: usize) -> Result<Vec<u8>, ApiError> {
    // A Content-Length over the limit is rejected before the body is read.
    if length.is_some_and(|length| length > max_bytes as u64) {
        return Err(too_long(max_bytes));
    }
    match tokio::time::timeout(BODY_TIMEOUT, collect(body, max_bytes)).await {
        Ok(bytes) => bytes,
        Err(_) => {
            let message = format!("The body did not arrive within {} s", BODY_TIMEOUT.as_secs());
            Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message))
        }
    }
}

async fn collect(body: Body, max_bytes: usize) -> Result<Vec<u8>, ApiError> {
    let (mut chunks, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            let message = "The body is incomplete".to_owned();
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_body", message));
        };
        if bytes.len() + chunk.len() > max_bytes {
            return Err(too_long(max_bytes));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_long(max_bytes: usize) -> ApiError {
    let message = format!("The body is longer than {max_bytes} bytes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", message)
}
