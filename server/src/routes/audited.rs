//! What of the routes is noted in the audit log: one table says it of each, and a test looks whether each is in it.
//!
//! Handlers note themselves what they have changed, for they know from what to what. What somebody who is known has changed by
//! a route that noted nothing is noted here by its address: nothing goes by unseen because somebody forgot.

use crate::audit::{Actor, What};
use axum::extract::{MatchedPath, Request};
use axum::http::Method;
use axum::middleware::Next;
use axum::response::Response;

/// What is noted of a route.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noted {
    /// What its handler has changed.
    Change,
    /// Nothing, and why not.
    Not(&'static str),
    /// It takes nothing that changes anything.
    Read,
}

use Noted::{Change, Not, Read};

const ROUTES: &[(&str, Noted)] = &[
    ("/login", Read),
    ("/api/login", Change),
    ("/api/logout", Change),
    ("/api/live", Read),
    ("/do/{token}", Change),
    ("/alerts", Change),
    ("/settings", Change),
    ("/arrange", Not("people arrange panels for themselves alone")),
    ("/api/layout.css", Read),
    ("/find", Read),
    ("/panels/{panel}", Read),
    ("/panels/{panel}/csv", Read),
    ("/api/snapshot.html", Read),
    ("/api/annotations", Change),
    ("/ws/live", Read),
    ("/metrics", Read),
    ("/api/openapi.json", Read),
    ("/api/docs", Read),
    (
        "/api/ingest",
        Not("it delivers what was measured, each second, and changes nothing that people have set"),
    ),
    ("/api/fragment/{page}", Read),
    ("/api/fn/{function}", Read),
    ("/api/admin/system/metrics", Read),
    ("/api/admin/system/health", Read),
    ("/api/admin/system/alerts", Read),
    ("/api/admin/system/history", Read),
    ("/api/core/admin/system/metrics", Read),
    ("/api/core/admin/system/health", Read),
    ("/api/core/admin/system/alerts", Read),
    ("/api/core/admin/system/history", Read),
    ("/api/admin/rules", Change),
    ("/api/admin/rules/preview", Not("it asks what a rule would have done, and changes nothing")),
    ("/api/admin/rules/{id}", Change),
    ("/api/admin/rules/{id}/enabled", Change),
    ("/api/admin/annotations", Change),
    ("/api/admin/annotations/{id}", Change),
    ("/api/admin/silences", Change),
    ("/api/admin/silences/{id}", Change),
    ("/api/admin/channels", Read),
    ("/api/admin/channels/{name}/test", Change),
    ("/api/admin/deliveries", Read),
    ("/api/admin/deliveries/resend", Change),
    ("/api/admin/alerts/acknowledge", Change),
    ("/api/admin/alerts/acknowledge/withdraw", Change),
    ("/api/admin/users", Change),
    ("/api/admin/users/{name}", Change),
    ("/api/admin/tokens", Change),
    ("/api/admin/tokens/{id}", Change),
    ("/api/admin/sessions", Read),
    ("/api/admin/sessions/{id}", Change),
    ("/api/admin/audit", Read),
];

/// Has a request answered, and notes what was done by it unless its handler has.
pub(super) async fn run(actor: Actor, request: Request, next: Next) -> Response {
    let is_read = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
    if is_read {
        return next.run(request).await;
    }
    let route = request.extensions().get::<MatchedPath>().map(|route| route.as_str().to_owned());
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let response = next.run(request).await;
    let is_done = response.status().is_success() || response.status().is_redirection();
    let is_excused = route.as_deref().is_some_and(|route| matches!(find(route), Some(Not(_))));
    if is_done && actor.is_known() && !actor.has_noted() && !is_excused {
        actor.note(What::Other, method.as_str(), &path, (None, None));
    }
    response
}

fn find(route: &str) -> Option<Noted> {
    // Lists answer with and without a slash at their end.
    let route = route.strip_suffix('/').unwrap_or(route);
    ROUTES.iter().find(|(known, _)| *known == route).map(|(_, noted)| *noted)
}

/// Whether it is said of a route what of it is noted.
#[cfg(test)]
pub(super) fn is_classified(route: &str) -> bool {
    find(route).is_some_and(|noted| noted != Not(""))
}
