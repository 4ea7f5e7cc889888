//! Page context: the authenticated user and the state that a fragment is rendered from.

use super::page;
use crate::app_state::AppState;
use crate::audit::Actor;
use app::FragmentRenderer;
use std::net::IpAddr;
use watchglass_auth::{Permission, Principal};

/// Context of a page request.
#[derive(Clone, Debug)]
pub(crate) struct PageContext {
    pub(crate) state: AppState,
    /// Authenticated principal.
    pub(crate) principal: Principal,
    /// Client address.
    pub(crate) client_address: IpAddr,
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
    fn fragment(&self, path: &str, query: &str) -> Result<String, String> {
        // It may block on the outbox, and runs on threads that also send live frames.
        let page = tokio::task::block_in_place(|| page(self, path, query));
        page.map_err(|error| error.to_string())
    }
}
