//! Routing: the table of all routes, authorization, audit policy, rate limits and the OpenAPI document. The handlers are in
//! `api` and `web`.

mod actor;
mod audit_policy;
mod auth_rejection;
mod authorize;
mod base_path;
mod deprecation;
mod docs;
mod openapi;
mod panics;
mod rate_limit;
mod route;
mod route_policies;
mod table;
mod work_limit;

pub(crate) use authorize::AuthLayer;

use crate::api::{handshake, live};
use crate::app_state::AppState;
use crate::edge::{self, TrustedProxies};
use crate::host_origin::{self, HostGuard};
use crate::http::ApiError;
use crate::web::pages;
use axum::Router;
use axum::http::header::ALLOW;
use axum::http::{Extensions, Uri};
use axum::middleware;
use axum::response::{IntoResponse, Response};
use route::Route;
use route_policies::RoutePolicies;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use watchglass_instrument::requests::{RequestLayer, matched_path};

/// Router with all layers: host check, authorization, rate limits and security headers, below the base path.
pub(crate) fn router(
    state: AppState,
    proxies: TrustedProxies,
    guard: HostGuard,
    auth_layer: AuthLayer,
) -> Router {
    let requests = Arc::clone(&state.requests);
    let table = table::routes();
    let policies = Arc::new(RoutePolicies::new(&table));
    let router = routes(&table)
        .with_state(state)
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state((auth_layer, policies), authorize::check))
        .layer(middleware::from_fn_with_state(guard, host_origin::check))
        .layer(middleware::from_fn_with_state(proxies, edge::identify))
        .layer(middleware::from_fn(panics::catch))
        .layer(middleware::from_fn(edge::security_headers))
        // The last layer is the outermost, so requests rejected by the host check are counted too.
        .layer(RequestLayer::new(requests, route_name));
    base_path::below(app::base_path(), router)
}

/// Router of the route table, with the pages as fallback.
fn routes(table: &[Route]) -> Router<AppState> {
    let mut router = Router::new();
    for route in table {
        let handler = route.handler();
        for path in route.paths() {
            router = router.route(&path, handler.clone());
        }
    }
    router.fallback(pages::page_or_file).method_not_allowed_fallback(method_not_allowed)
}

/// 405. The router adds the allowed methods of the route, unless they are set here.
async fn method_not_allowed(uri: Uri) -> Response {
    let mut response = ApiError::method_not_allowed().into_response();
    if uri.path() == live::PATH {
        response.headers_mut().insert(ALLOW, handshake::ALLOWED_METHODS);
    }
    response
}

/// Route name in request metrics: route or page, or one name for all front end files.
fn route_name<'r>(uri: &'r Uri, extensions: &'r Extensions) -> Option<&'r str> {
    matched_path(uri, extensions).or_else(|| match uri.path() {
        path if app::PAGES.iter().any(|(page, _)| *page == path) => Some(path),
        path => crate::assets::find(path).map(|_| "front end"),
    })
}
