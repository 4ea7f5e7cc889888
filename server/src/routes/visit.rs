//! Who asks, as the doors have found out, for the routes that are told.

use super::{ApiError, Shared};
use crate::audit::Actor;
use crate::edge::Client;
use crate::fragments::Visit;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::sync::Arc;
use watchglass_access::Pass;

impl FromRequestParts<Shared> for Visit {
    type Rejection = ApiError;

    /// Of a route that anyone may use there may be nobody who asks: there it is the server's own fault.
    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        let pass = parts.extensions.get::<Pass>().cloned();
        let address = parts.extensions.get::<Client>().map(|client| client.address);
        let actor = Actor::from_request_parts(parts, shared).await?;
        let (Some(pass), Some(address)) = (pass, address) else {
            tracing::error!(path = parts.uri.path(), "nobody knows who asks");
            return Err(ApiError::internal());
        };
        let (core, access) = (Arc::clone(&shared.core), Arc::clone(&shared.access));
        Ok(Self { core, access, pass, address, actor, audit: Arc::clone(&shared.audit) })
    }
}
