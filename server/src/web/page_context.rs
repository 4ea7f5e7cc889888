//! Page context: the authenticated user and the state that a page is rendered from. An extractor takes it from what the
//! authorization layer has found.

use super::fragments::page;
use crate::app_state::AppState;
use crate::audit::Actor;
use crate::http::ApiError;
use app::{FragmentFailure, FragmentRenderer};
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use watchglass_auth::{Permission, Principal};

/// Context of a page request.
#[derive(Clone, Debug)]
pub(crate) struct PageContext {
    pub(crate) state: AppState,
    /// Authenticated principal.
    pub(crate) principal: Principal,
    /// Principal and address, as the audit log records them.
    pub(crate) actor: Actor,
}

impl PageContext {
    /// Whether the user may make changes (admin role).
    pub(crate) fn may_change(&self) -> bool {
        self.principal.allows(Permission::Admin)
    }
}

impl FragmentRenderer for PageContext {
    fn fragment(&self, path: &str, query: &str) -> Result<String, FragmentFailure> {
        // It may block on the outbox, and runs on threads that also send live frames.
        let page = tokio::task::block_in_place(|| page(self, path, query));
        page.map_err(|error| FragmentFailure {
            status: error.status().0.as_u16(),
            message: error.to_string(),
        })
    }
}

impl FromRequestParts<AppState> for PageContext {
    type Rejection = ApiError;

    /// Fails with 500 on routes without authentication, where there may be no principal: using it there is a bug.
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, ApiError> {
        let pass = parts.extensions.get::<Principal>().cloned();
        let actor = Actor::from_request_parts(parts, state).await?;
        let Some(pass) = pass else {
            tracing::error!(path = parts.uri.path(), "principal missing");
            return Err(ApiError::internal());
        };
        Ok(Self { state: state.clone(), principal: pass, actor })
    }
}
