//! Audit policy of each route. A test checks that the table is complete.
//!
//! Handlers write audit entries themselves, since they know the old and new values. If a handler wrote none for a successful
//! change by a known user, this layer writes an entry with method and path, so that no change is missed.

use crate::audit::{AuditContext, AuditTarget};
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

/// Audit policy of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AuditPolicy {
    /// Changes are audited.
    Audited,
    /// Not audited, with the reason.
    Exempt(&'static str),
    /// Read-only route.
    ReadOnly,
}

use AuditPolicy::{Audited, Exempt, ReadOnly};

const POLICIES: &[(&str, AuditPolicy)] = &[
    ("/login", ReadOnly),
    ("/api/login", Audited),
    ("/api/logout", Audited),
    ("/api/live", ReadOnly),
    ("/do/{token}", Audited),
    ("/alerts", Audited),
    ("/settings", Audited),
    ("/arrange", Exempt("layouts are personal")),
    ("/api/layout.css", ReadOnly),
    ("/find", ReadOnly),
    ("/panels/{panel}", ReadOnly),
    ("/panels/{panel}/csv", ReadOnly),
    ("/api/snapshot.html", ReadOnly),
    ("/api/annotations", Audited),
    ("/ws/live", ReadOnly),
    ("/metrics", ReadOnly),
    ("/api/openapi.json", ReadOnly),
    ("/api/docs", ReadOnly),
    ("/api/ingest", Exempt("delivers samples every second and changes no settings")),
    ("/api/fragment/{page}", ReadOnly),
    ("/api/fn/{function}", ReadOnly),
    ("/api/admin/system/metrics", ReadOnly),
    ("/api/admin/system/health", ReadOnly),
    ("/api/admin/system/alerts", ReadOnly),
    ("/api/admin/system/history", ReadOnly),
    ("/api/core/admin/system/metrics", ReadOnly),
    ("/api/core/admin/system/health", ReadOnly),
    ("/api/core/admin/system/alerts", ReadOnly),
    ("/api/core/admin/system/history", ReadOnly),
    ("/api/admin/rules", Audited),
    ("/api/admin/rules/preview", Exempt("read-only: evaluates a rule on past data")),
    ("/api/admin/rules/{id}", Audited),
    ("/api/admin/rules/{id}/enabled", Audited),
    ("/api/admin/annotations", Audited),
    ("/api/admin/annotations/{id}", Audited),
    ("/api/admin/silences", Audited),
    ("/api/admin/silences/{id}", Audited),
    ("/api/admin/channels", ReadOnly),
    ("/api/admin/channels/{name}/test", Audited),
    ("/api/admin/deliveries", ReadOnly),
    ("/api/admin/deliveries/resend", Audited),
    ("/api/admin/alerts/acknowledge", Audited),
    ("/api/admin/alerts/acknowledge/withdraw", Audited),
    ("/api/admin/users", Audited),
    ("/api/admin/users/{name}", Audited),
    ("/api/admin/tokens", Audited),
    ("/api/admin/tokens/{id}", Audited),
    ("/api/admin/sessions", ReadOnly),
    ("/api/admin/sessions/{id}", Audited),
    ("/api/admin/audit", ReadOnly),
];

/// Runs a request, and writes an audit entry for a change unless the handler has written one.
pub(super) async fn audit_changes(actor: AuditContext, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_read {
        return next.run(request).await;
    }
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let is_success = response.status().is_success() || response.status().is_redirection();
    let is_exempt = route.as_deref().is_some_and(|route| matches!(policy(route), Some(Exempt(_))));
    if is_success && actor.is_authenticated() && !actor.is_recorded() && !is_exempt {
        actor.record(AuditTarget::Other, method.as_str(), &path, (None, None));
    }
    response
}

fn policy(route: &str) -> Option<AuditPolicy> {
    // List routes exist with and without a trailing slash.
    let route = route.strip_suffix('/').unwrap_or(route);
    POLICIES.iter().find(|(known, _)| *known == route).map(|(_, policy)| *policy)
}

/// Whether a route has an audit policy.
#[cfg(test)]
pub(super) fn has_policy(route: &str) -> bool {
    policy(route).is_some_and(|policy| policy != Exempt(""))
}
