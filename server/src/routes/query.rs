//! The part of an address behind the question mark, with errors that the API's clients can read.

use super::ApiError;
use axum::extract::{FromRequestParts, Query};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

/// Longer questions are refused unread.
const MOST_BYTES: usize = 4096;

/// The parameters of a request.
pub(crate) struct Parameters<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Parameters<T> {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let length = parts.uri.query().map_or(0, str::len);
        if length > MOST_BYTES {
            return Err(bad(format!("the parameters are {length} bytes long: at most {MOST_BYTES}")));
        }
        match Query::try_from_uri(&parts.uri) {
            Ok(Query(parameters)) => Ok(Self(parameters)),
            // What is wrong comes from serde and names the parameter.
            Err(error) => Err(bad(error.body_text())),
        }
    }
}

/// 400 for parameters that cannot be understood.
pub(crate) fn bad(message: String) -> ApiError {
    ApiError::new(StatusCode::BAD_REQUEST, "bad_parameter", message)
}
