//! Audit policy of a route, as the route table has it.
//!
//! Handlers write audit entries themselves, since they know the old and new values. If a handler wrote none for a successful
//! change by a known user, this layer writes an entry with method and path, so that no change is missed.

use crate::audit::{Actor, AuditTarget};
use crate::http::run_blocking;
use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;

/// Audit policy of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AuditPolicy {
    /// Changes are audited.
    Audited,
    /// Not audited, with the reason.
    Exempt(&'static str),
    /// Read-only route.
    ReadOnly,
}

/// Runs a request, and writes an audit entry for a change unless the handler has written one.
pub(super) async fn audit_changes(
    actor: Actor,
    policy: AuditPolicy,
    request: Request,
    next: Next,
) -> Response {
    if policy != AuditPolicy::Audited {
        return next.run(request).await;
    }
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let is_success = response.status().is_success() || response.status().is_redirection();
    if is_success && actor.is_authenticated() && !actor.is_recorded() {
        actor.record(AuditTarget::Other, method.as_str(), &path, (None, None));
    }
    if actor.is_recorded() {
        // An acknowledged change is in the audit log, even if the server is killed right afterwards.
        let _ = run_blocking(move || actor.wait_recorded()).await;
    }
    response
}
