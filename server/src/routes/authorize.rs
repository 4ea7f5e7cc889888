//! Authorization layer: every request goes through [`check`], which looks up the policy of its route in the route table.
//! Matched routes without a policy are rejected.

use super::audit_policy::{self, AuditPolicy};
use super::auth_rejection::AuthRejection;
use super::route::{RoutePolicy, Work};
use super::route_policies::RoutePolicies;
use super::{rate_limit, work_limit};
use crate::access::Access;
use crate::app_state::AppState;
use crate::audit::{Actor, AuditLog};
use crate::edge::Client;
use crate::rate_limit::{Caller, LimitClass, RateLimiter};
use crate::web::cookie;
use crate::work_limit::WorkLimiter;
use crate::{assets, clock};
use axum::extract::{MatchedPath, Request, State};
use axum::http::header::AUTHORIZATION;
use axum::http::{HeaderMap, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::sync::Arc;
use watchglass_auth::{AuthError, Credential, Permission, Principal, Secret};
use watchglass_model::Timestamp;

pub(super) const METRICS_PATH: &str = "/metrics";

/// State of the authorization layer.
#[derive(Clone)]
pub(crate) struct AuthLayer {
    access: Arc<Access>,
    audit: Arc<AuditLog>,
    /// Whether `/metrics` needs no authentication.
    metrics_anonymous: bool,
    limiter: Arc<RateLimiter>,
    work_limiter: WorkLimiter,
}

/// Passes an authorized request on, with its principal in the extensions, or rejects it.
pub(super) async fn check(
    State((auth_layer, policies)): State<(AuthLayer, Arc<RoutePolicies>)>,
    mut request: Request,
    next: Next,
) -> Response {
    let route = request.extensions().get::<MatchedPath>().map(MatchedPath::as_str);
    let policy = auth_layer.policy(&policies, route, request.uri().path(), request.method());
    let permission = policy.map(|policy| policy.permission);
    let now = clock::now();
    let pass = match credential(request.headers()) {
        Some(Ok(by)) => Some(auth_layer.access.authenticate_with_sync(by, now).await),
        Some(Err(refusal)) => Some(Err(refusal)),
        None => None,
    };
    let known = pass.as_ref().and_then(|pass| pass.as_ref().ok());
    let caller = auth_layer.caller(&request, known, now);
    let limit = policy.map_or(Some(LimitClass::Pages), |policy| policy.limit);
    let limit = limit.map(|limit| rate_limit::class(limit, known.is_some()));
    let count = |limit| auth_layer.limiter.acquire(limit, caller.clone(), clock::uptime());
    let taken = match limit.map(count).transpose() {
        Ok(taken) => taken,
        Err(exceeded) => return rate_limit::too_many_requests(&exceeded, &request),
    };
    let taken = taken.as_ref();
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
        return rate_limit::with_headers(taken, refused.respond(&request, known));
    }
    let pass = pass.and_then(Result::ok);
    let address = request.extensions().get::<Client>().map(|client| client.address);
    let actor = Actor::new(Arc::clone(&auth_layer.audit), pass.as_ref(), address);
    request.extensions_mut().insert(actor.clone());
    if let Some(pass) = pass {
        request.extensions_mut().insert(pass);
    }
    let audit = policy.map_or(AuditPolicy::Audited, |policy| policy.audit);
    let answer = move |request| audit_policy::audit_changes(actor, audit, request, next);
    let response = match policy.map(|policy| policy.work) {
        Some(Work::Heavy) => work_limit::run(&auth_layer.work_limiter, caller, request, answer).await,
        Some(Work::Light) | None => answer(request).await,
    };
    rate_limit::with_headers(taken, response)
}

impl AuthLayer {
    pub(crate) fn new(state: &AppState, metrics_anonymous: bool) -> Self {
        Self {
            access: Arc::clone(&state.access),
            audit: Arc::clone(&state.audit),
            metrics_anonymous,
            limiter: Arc::clone(&state.limiter),
            work_limiter: state.work_limiter.clone(),
        }
    }

    /// Whose requests are counted together.
    fn caller(&self, request: &Request, known: Option<&Principal>, now: Timestamp) -> Caller {
        // The signature is checked only where it matters.
        let cookie = if known.is_none() { cookie::browser(request.headers()) } else { None };
        let browser = cookie.and_then(|cookie| self.access.known_browser(cookie, now));
        Caller::new(known, browser.as_ref(), rate_limit::client_address(request.extensions()))
    }

    /// Policy of a request; `None` for a route missing from the table. Requests without a route are for pages, front end files
    /// or unknown paths; the latter need the viewer role, so that anonymous clients cannot probe for them.
    fn policy(
        &self,
        policies: &RoutePolicies,
        route: Option<&str>,
        path: &str,
        method: &Method,
    ) -> Option<RoutePolicy> {
        if let Some(route) = route {
            let policy = policies.find(route, method)?;
            let is_open = route == METRICS_PATH && self.metrics_anonymous;
            return Some(if is_open {
                RoutePolicy { permission: Permission::Public, ..policy }
            } else {
                policy
            });
        }
        let is_read = matches!(*method, Method::GET | Method::HEAD);
        let is_file = assets::find(path).is_some();
        Some(RoutePolicy {
            permission: match (is_file, is_read) {
                (true, _) => Permission::Public,
                (false, true) => Permission::Viewer,
                (false, false) => Permission::Admin,
            },
            audit: if is_read { AuditPolicy::ReadOnly } else { AuditPolicy::Audited },
            limit: Some(LimitClass::Pages),
            work: if is_read && !is_file { Work::Heavy } else { Work::Light },
        })
    }
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
    use super::super::table;
    use super::*;
    use crate::test_support::gauge_store;

    fn policy(
        metrics_anonymous: bool,
        route: Option<&str>,
        path: &str,
        method: Method,
    ) -> Option<RoutePolicy> {
        let folder = tempfile::tempdir().unwrap();
        let state = AppState::for_tests(folder.path(), gauge_store(0..0)).unwrap();
        let policies = RoutePolicies::new(&table::routes());
        AuthLayer::new(&state, metrics_anonymous).policy(&policies, route, path, &method)
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
            let found = policy(false, route, path, method.clone()).map(|policy| policy.permission);
            assert_eq!(found, expected, "{method} {route:?} {path}");
        }
    }

    #[test]
    fn metrics_are_public_if_configured() {
        let permission = |is_open| {
            policy(is_open, Some(METRICS_PATH), METRICS_PATH, Method::GET).map(|policy| policy.permission)
        };
        assert_eq!(
            (permission(true), permission(false)),
            (Some(Permission::Public), Some(Permission::Viewer))
        );
    }

    #[test]
    fn requests_without_a_route_have_the_limit_of_pages() {
        for method in [Method::GET, Method::POST] {
            let limit = policy(false, None, "/database", method).map(|policy| policy.limit);
            assert_eq!(limit, Some(Some(LimitClass::Pages)));
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
