//! Extractor of the actor of a request, which the authorization layer has set.

use crate::audit::Actor;
use crate::http::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = ApiError;

    /// Fails with 500 on a route without the authorization layer, which is a bug.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(path = parts.uri.path(), "request without an actor");
            ApiError::internal()
        })
    }
}
