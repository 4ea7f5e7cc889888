//! Authorization layer: every request goes through [`check`], which looks up the permission of its route in one table. Routes
//! missing from the table are rejected.

use super::auth_rejection::AuthRejection;
use super::{audit_policy, cookie, rate_limit};
use crate::access::Access;
use crate::audit::{AuditContext, AuditLog};
use crate::edge::Client;
use crate::rate_limit::RateLimiter;
use crate::{assets, clock};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use watchglass_auth::{AuthError, Credential, Permission, Secret};

pub(super) const METRICS_PATH: &str = "/metrics";

/// Permissions per route: for reads (GET, HEAD), and for all other methods.
const PERMISSIONS: &[(&str, Permission, Permission)] = &[
    ("/login", Permission::Public, Permission::Public),
    ("/api/login", Permission::Public, Permission::Public),
    ("/api/logout", Permission::Public, Permission::Public),
    ("/api/live", Permission::Public, Permission::Public),
    // The signed token in the URL authorizes the action.
    ("/do/{token}", Permission::Public, Permission::Public),
    ("/alerts", Permission::Viewer, Permission::Admin),
    // Users edit only their own layout.
    ("/arrange", Permission::Viewer, Permission::Viewer),
    ("/api/layout.css", Permission::Viewer, Permission::Viewer),
    ("/find", Permission::Viewer, Permission::Viewer),
    ("/panels/{panel}", Permission::Viewer, Permission::Viewer),
    ("/panels/{panel}/csv", Permission::Viewer, Permission::Viewer),
    // Users change their own password and end their own sessions here; the handler checks the role for all other actions.
    ("/settings", Permission::Viewer, Permission::Viewer),
    ("/ws/live", Permission::Viewer, Permission::Viewer),
    (METRICS_PATH, Permission::Viewer, Permission::Viewer),
    ("/api/openapi.json", Permission::Viewer, Permission::Viewer),
    ("/api/docs", Permission::Viewer, Permission::Viewer),
    ("/api/ingest", Permission::Ingest, Permission::Ingest),
    ("/api/snapshot.html", Permission::Viewer, Permission::Viewer),
    ("/api/annotations", Permission::Ingest, Permission::Ingest),
    ("/api/admin/annotations", Permission::Viewer, Permission::Admin),
    ("/api/admin/annotations/{id}", Permission::Viewer, Permission::Admin),
    ("/api/fragment/{page}", Permission::Viewer, Permission::Admin),
    ("/api/fn/{function}", Permission::Viewer, Permission::Viewer),
    ("/api/admin/system/metrics", Permission::Viewer, Permission::Viewer),
    ("/api/admin/system/health", Permission::Viewer, Permission::Viewer),
    ("/api/admin/system/alerts", Permission::Viewer, Permission::Viewer),
    ("/api/admin/system/history", Permission::Viewer, Permission::Viewer),
    ("/api/core/admin/system/metrics", Permission::Viewer, Permission::Viewer),
    ("/api/core/admin/system/health", Permission::Viewer, Permission::Viewer),
    ("/api/core/admin/system/alerts", Permission::Viewer, Permission::Viewer),
    ("/api/core/admin/system/history", Permission::Viewer, Permission::Viewer),
    ("/api/admin/rules", Permission::Viewer, Permission::Admin),
    // Read-only: evaluates a rule on past data.
    ("/api/admin/rules/preview", Permission::Viewer, Permission::Viewer),
    ("/api/admin/rules/{id}", Permission::Viewer, Permission::Admin),
    ("/api/admin/rules/{id}/enabled", Permission::Admin, Permission::Admin),
    ("/api/admin/silences", Permission::Viewer, Permission::Admin),
    ("/api/admin/silences/{id}", Permission::Viewer, Permission::Admin),
    ("/api/admin/channels", Permission::Viewer, Permission::Admin),
    ("/api/admin/channels/{name}/test", Permission::Admin, Permission::Admin),
    ("/api/admin/deliveries", Permission::Viewer, Permission::Admin),
    ("/api/admin/deliveries/resend", Permission::Admin, Permission::Admin),
    ("/api/admin/alerts/acknowledge", Permission::Admin, Permission::Admin),
    ("/api/admin/alerts/acknowledge/withdraw", Permission::Admin, Permission::Admin),
    ("/api/admin/users", Permission::Admin, Permission::Admin),
    ("/api/admin/users/{name}", Permission::Admin, Permission::Admin),
    ("/api/admin/tokens", Permission::Admin, Permission::Admin),
    ("/api/admin/tokens/{id}", Permission::Admin, Permission::Admin),
    ("/api/admin/sessions", Permission::Admin, Permission::Admin),
    ("/api/admin/sessions/{id}", Permission::Admin, Permission::Admin),
    ("/api/admin/audit", Permission::Admin, Permission::Admin),
];

/// State of the authorization layer.
#[derive(Clone)]
pub(crate) struct AuthLayer {
    pub(crate) access: Arc<Access>,
    pub(crate) audit: Arc<AuditLog>,
    /// Whether `/metrics` needs no authentication.
    pub(crate) metrics_anonymous: bool,
    pub(crate) limiter: Arc<RateLimiter>,
}

/// Passes an authorized request on, with its principal in the extensions, or rejects it.
pub(super) async fn check(State(auth_layer): State<AuthLayer>, mut request: Request, next: Next) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let door = doors.permission(route, request.uri().path(), request.method());
    let now = clock::now();
    let pass = match credential(request.headers()) {
        Some(Ok(by)) => Some(auth_layer.access.authenticate_with_sync(by, now).await),
        Some(Err(refusal)) => Some(Err(refusal)),
        None => None,
    };
    let known = pass.as_ref().and_then(|pass| pass.as_ref().ok());
    let limit = rate_limit::limit(route, known.is_some());
    let client = rate_limit::client_address(request.extensions());
    let taken = match auth_layer.limiter.acquire(limit, known, client, now) {
        Ok(taken) => taken,
        Err(exceeded) => return rate_limit::too_many_requests(&exceeded, &request),
    };
    let refused = match (permission, &pass) {
        (Some(Permission::Public), _) => None,
        (_, None) => Some(AuthRejection::MissingCredential),
        (_, Some(Err(refusal))) => Some(AuthRejection::InvalidCredential(*refusal)),
        (None, Some(Ok(_))) => Some(AuthRejection::UnlistedRoute),
        (Some(permission), Some(Ok(pass))) => {
            (!pass.allows(permission)).then_some(AuthRejection::MissingPermission(permission))
        }
    };
    if let Some(refused) = refused {
        return rate_limit::with_headers(&taken, refused.respond(&request, known));
    }
    let pass = pass.and_then(Result::ok);
    let address = request.extensions().get::<Client>().map(|client| client.address);
    let actor = AuditContext::new(Arc::clone(&auth_layer.audit), pass.as_ref(), address);
    request.extensions_mut().insert(actor.clone());
    if let Some(pass) = pass {
        request.extensions_mut().insert(pass);
    }
    rate_limit::with_headers(&taken, audit_policy::audit_changes(actor, request, next).await)
}

impl AuthLayer {
    /// Permission of a route; `None` for a route missing from the table. Requests without a route are for pages, front end files
    /// or unknown paths; the latter need the viewer role, so that anonymous clients cannot probe for them.
    fn permission(&self, route: Option<&str>, path: &str, method: &Method) -> Option<Permission> {
        let is_read = matches!(*method, Method::GET | Method::HEAD);
        let Some(route) = route else {
            let is_file = assets::find(path).is_some();
            return Some(match (is_file, is_read) {
                (true, _) => Permission::Public,
                (false, true) => Permission::Viewer,
                (false, false) => Permission::Admin,
            });
        };
        if route == METRICS_PATH && self.metrics_anonymous {
            return Some(Permission::Public);
        }
        route_permission(route, method)
    }
}

/// Permission of a route in the table.
pub(super) fn route_permission(route: &str, method: &Method) -> Option<Permission> {
    // List routes exist with and without a trailing slash.
    let route = route.strip_suffix('/').unwrap_or(route);
    let (_, read, change) = PERMISSIONS.iter().find(|(known, ..)| *known == route)?;
    Some(if matches!(*method, Method::GET | Method::HEAD) { *read } else { *change })
}

/// Credential of a request: bearer token, or else session cookie.
fn credential(headers: &HeaderMap) -> Option<Result<Credential, AuthError>> {
    let mut found = headers.get_all(AUTHORIZATION).iter();
    if let Some(value) = found.next() {
        let token = value.to_str().ok().and_then(|value| value.split_once(' '));
        let token =
            token.filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer") && found.next().is_none());
        let secret = token.and_then(|(_, token)| Secret::parse(token.trim()));
        return Some(secret.map(|secret| Credential::Token(secret.digest())).ok_or(AuthError::UnknownToken));
    }
    Some(Ok(Credential::Session(cookie::session(headers)?)))
}

#[cfg(test)]
mod tests {
    use super::super::routes;
    use super::*;

    #[test]
    fn every_route_has_an_audit_policy() {
        for (path, ..) in PERMISSIONS {
            assert!(audit_policy::has_policy(path), "{path}: audit policy missing");
        }
    }

    /// Paths of all routes. The router shows them only in its debug output.
    fn all_routes() -> Vec<String> {
        let printed = format!("{:?}", routes());
        let texts = printed.split('"').skip(1).step_by(2).filter(|text| text.starts_with('/'));
        // These two are the fallback.
        let texts = texts.filter(|text| *text != "/" && !text.contains("axum_fallback"));
        let mut paths: Vec<String> = texts.map(|text| text.trim_end_matches('/').to_owned()).collect();
        paths.sort_unstable();
        paths.dedup();
        paths
    }

    #[test]
    fn table_lists_exactly_all_routes() {
        let mut known: Vec<&str> = PERMISSIONS.iter().map(|(path, ..)| *path).collect();
        known.sort_unstable();
        assert_eq!(all_routes(), known);
        for path in super::super::DOCUMENTED_PATHS {
            assert!(known.contains(&path.trim_end_matches('/')), "{path}");
        }
    }

    fn permission(route: Option<&str>, path: &str, method: Method) -> Option<Permission> {
        let folder = tempfile::tempdir().unwrap();
        let access = Arc::new(Access::open(folder.path()).unwrap());
        let limiter = Arc::new(RateLimiter::new(&crate::rate_limit::RateLimits::default()));
        let audit = Arc::new(AuditLog::open(folder.path()).unwrap());
        AuthLayer { access, audit, metrics_anonymous: false, limiter }.permission(route, path, &method)
    }

    #[test]
    fn reads_and_changes_need_different_permissions() {
        for (route, path, method, expected) in [
            (Some("/api/admin/rules/"), "", Method::GET, Some(Permission::Viewer)),
            (Some("/api/admin/rules"), "", Method::POST, Some(Permission::Admin)),
            (Some("/api/admin/rules"), "", Method::HEAD, Some(Permission::Viewer)),
            (Some("/api/admin/rules/preview"), "", Method::POST, Some(Permission::Viewer)),
            (Some("/alerts"), "/alerts", Method::POST, Some(Permission::Admin)),
            (Some("/no/such/route"), "", Method::GET, None),
            (None, "/database", Method::GET, Some(Permission::Viewer)),
            (None, "/api/other", Method::GET, Some(Permission::Viewer)),
            (None, "/database", Method::PUT, Some(Permission::Admin)),
        ] {
            assert_eq!(permission(route, path, method.clone()), expected, "{method} {route:?} {path}");
        }
    }

    #[test]
    fn credential_is_a_bearer_token_or_a_session() {
        let secret = Secret::new([1; 32]);
        let (token, session) = (Credential::Token(secret.digest()), Credential::Session(secret.digest()));
        let bearer = |scheme: &str| ("authorization", format!("{scheme} {}", secret.text()));
        let cookie = || ("cookie", format!("theme=dark; watchglass={}", secret.text()));
        for (headers, expected) in [
            (vec![], None),
            (vec![bearer("Bearer")], Some(Ok(token))),
            (vec![bearer("bearer"), cookie()], Some(Ok(token))),
            (vec![cookie()], Some(Ok(session))),
            (vec![bearer("Basic")], Some(Err(AuthError::UnknownToken))),
            (vec![("authorization", "Bearer x".to_owned()), cookie()], Some(Err(AuthError::UnknownToken))),
            (vec![bearer("Bearer"), bearer("Bearer")], Some(Err(AuthError::UnknownToken))),
            (vec![("cookie", "watchglass=x".to_owned())], None),
        ] {
            let mut map = HeaderMap::new();
            for (name, value) in &headers {
                map.append(*name, value.parse().unwrap());
            }
            assert_eq!(credential(&map), expected, "{headers:?}");
        }
    }
}
