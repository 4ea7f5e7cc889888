//! Query string extractor with API errors.

use super::ApiError;
use super::plain_errors::query_error;
use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer};

/// Length limit of the query string, in bytes.
const MAX_QUERY_BYTES: usize = 4096;

/// Query parameters of a request.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let length = parts.uri.query().map_or(0, str::len);
        if length > MAX_QUERY_BYTES {
            return Err(bad_request(format!(
                "the query string has {length} bytes: at most {MAX_QUERY_BYTES}"
            )));
        }
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            Err(error) => Err(bad_request(query_error(&error.body_text()))),
        }
    }
}

/// Reads a flag: `true` or `false`, also written as `1`, `0`, `yes`, `no`, `on` or `off`, in any case.
///
/// # Errors
/// Any other text.
pub(crate) fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let text = String::deserialize(deserializer)?;
    match text.to_ascii_lowercase().as_str() {
        "true" | "1" | "yes" | "on" => Ok(true),
        "false" | "0" | "no" | "off" => Ok(false),
        _ => Err(D::Error::unknown_variant(&text, &["true", "false"])),
    }
}

/// 400 for invalid parameters.
pub(crate) fn bad_request(message: String) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_parameter", message)
}
