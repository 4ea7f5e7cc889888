//! Extractor of the page context, from what the authorization layer has found.

use super::ApiState;
use crate::audit::AuditContext;
use crate::edge::Client;
use crate::fragments::PageContext;
use crate::http::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::sync::Arc;
use watchglass_auth::Principal;

impl FromRequestParts<ApiState> for PageContext {
    type Rejection = ApiError;

    /// Fails with 500 on routes without authentication, where there may be no principal: using it there is a bug.
    async fn from_request_parts(parts: &mut Parts, state: &ApiState) -> Result<Self, ApiError> {
        let pass = parts.extensions.get::<Principal>().cloned();
        let address = parts.extensions.get::<Client>().map(|client| client.address);
        let actor = AuditContext::from_request_parts(parts, state).await?;
        let (Some(pass), Some(address)) = (pass, address) else {
            tracing::error!(path = parts.uri.path(), "principal or client address missing");
            return Err(ApiError::internal());
        };
        let (core, access) = (Arc::clone(&state.core), Arc::clone(&state.access));
        Ok(Self {
            core,
            access,
            principal: pass,
            client_address: address,
            actor,
            audit: Arc::clone(&state.audit),
        })
    }
}
