//! Extractor of the page context, from what the authorization layer has found.

use crate::app_state::AppState;
use crate::audit::Actor;
use crate::edge::Client;
use crate::fragments::PageContext;
use crate::http::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use watchglass_auth::Principal;

impl FromRequestParts<AppState> for PageContext {
    type Rejection = ApiError;

    /// Fails with 500 on routes without authentication, where there may be no principal: using it there is a bug.
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let pass = parts.extensions.get::<Principal>().cloned();
        let address = parts.extensions.get::<Client>().map(|client| client.address);
        let actor = Actor::from_request_parts(parts, state).await?;
        let (Some(pass), Some(address)) = (pass, address) else {
            tracing::error!(path = parts.uri.path(), "principal or client address missing");
            return Err(ApiError::internal());
        };
        Ok(Self { state: state.clone(), principal: pass, client_address: address, actor })
    }
}
