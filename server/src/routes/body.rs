//! Bodies of requests: read whole, within a limit and in time.

use super::{ApiError, bad};
use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderMap, StatusCode};
use futures_util::StreamExt;
use serde::de::DeserializeOwned;
use std::time::Duration;
use url::form_urlencoded;

/// How long a body may take to come.
const PATIENCE: Duration = Duration::from_secs(10);
/// The most fields of a form.
const MOST_FIELDS: usize = 200;

/// The value that the body of a request holds as JSON. `otherwise` says what it is not if it holds another.
///
/// # Errors
/// Those of [`read_json`], and 400 for another value.
pub(super) async fn read<T: DeserializeOwned>(
    headers: &HeaderMap,
    body: Body,
    most: usize,
    otherwise: &str,
) -> Result<T, ApiError> {
    let bytes = read_json(headers, body, most).await?;
    serde_json::from_slice(&bytes).map_err(|error| bad(format!("{otherwise}: {error}")))
}

/// The body of a request that says it is JSON.
///
/// # Errors
/// 415 for another `Content-Type`, 413 for more than `most` bytes, 408 when it takes too long, 400 when it breaks off.
pub(super) async fn read_json(headers: &HeaderMap, body: Body, most: usize) -> Result<Vec<u8>, ApiError> {
    read_as("application/json", headers, body, most).await
}

/// The fields of a form, in the order in which they came.
///
/// # Errors
/// As [`read_json`], and 400 for more than 200 fields.
pub(super) async fn read_form(
    headers: &HeaderMap,
    body: Body,
    most: usize,
) -> Result<Vec<(String, String)>, ApiError> {
    let bytes = read_as("application/x-www-form-urlencoded", headers, body, most).await?;
    let fields: Vec<(String, String)> = form_urlencoded::parse(&bytes).into_owned().collect();
    if fields.len() > MOST_FIELDS {
        return Err(bad(format!("The form has {} fields: at most {MOST_FIELDS} can be", fields.len())));
    }
    Ok(fields)
}

async fn read_as(kind: &str, headers: &HeaderMap, body: Body, most: usize) -> Result<Vec<u8>, ApiError> {
    let found = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !found.split(';').next().is_some_and(|found| found.trim().eq_ignore_ascii_case(kind)) {
        let message = format!("The Content-Type must be {kind}");
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_content_type", message));
    }
    // Nothing small becomes something large here.
    if headers.get(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let message = "The body must come as it is, without a Content-Encoding".to_owned();
        return Err(ApiError::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "wrong_content_encoding", message));
    }
    let length = headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    // Who says so beforehand is answered before the body comes.
    if length.is_some_and(|length| length > most as u64) {
        return Err(too_long(most));
    }
    match tokio::time::timeout(PATIENCE, collect(body, most)).await {
        Ok(bytes) => bytes,
        Err(_) => {
            let message = format!("The body did not come within {} seconds", PATIENCE.as_secs());
            Err(ApiError::new(StatusCode::REQUEST_TIMEOUT, "too_slow", message))
        }
    }
}

async fn collect(body: Body, most: usize) -> Result<Vec<u8>, ApiError> {
    let (mut chunks, mut bytes) = (body.into_data_stream(), Vec::new());
    while let Some(chunk) = chunks.next().await {
        let Ok(chunk) = chunk else {
            let message = "The body broke off before its end".to_owned();
            return Err(ApiError::new(StatusCode::BAD_REQUEST, "bad_body", message));
        };
        if bytes.len() + chunk.len() > most {
            return Err(too_long(most));
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_long(most: usize) -> ApiError {
    let message = format!("The body is longer than {most} bytes");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "too_long", message)
}
