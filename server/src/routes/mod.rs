//! HTTP routes: pages, REST API and WebSocket.

mod action_links;
mod actor;
mod annotations;
mod audit;
mod audit_policy;
mod auth_rejection;
mod authorize;
mod channels;
mod cookie;
mod deprecation;
mod docs;
mod fragment;
mod functions;
mod ingest;
mod layout;
mod live;
mod liveness;
mod login;
mod openapi;
mod page_backend;
mod page_context;
mod pages;
mod panel;
mod panics;
mod rate_limit;
mod route;
mod route_policies;
mod rules;
mod scrape;
mod search;
mod silences;
mod snapshot;
mod system;
mod table;
mod time_params;
mod tokens;
mod users;

pub(crate) use authorize::AuthLayer;

use crate::app_state::AppState;
use crate::edge::{self, TrustedProxies};
use crate::host_origin::{self, HostGuard};
use crate::http::ApiError;
use axum::Router;
use axum::http::{Extensions, Uri};
use axum::middleware;
use route::Route;
use route_policies::RoutePolicies;
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use watchglass_instrument::requests::{RequestLayer, matched_path};

/// Router with all layers: host check, authorization, rate limits and security headers.
pub(crate) fn router(
    state: AppState,
    proxies: TrustedProxies,
    guard: HostGuard,
    auth_layer: AuthLayer,
) -> Router {
    let requests = Arc::clone(&state.requests);
    let table = table::routes();
    let policies = Arc::new(RoutePolicies::new(&table));
    routes(&table)
        .with_state(state)
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state((auth_layer, policies), authorize::check))
        .layer(middleware::from_fn_with_state(guard, host_origin::check))
        .layer(middleware::from_fn_with_state(proxies, edge::identify))
        .layer(middleware::from_fn(panics::catch))
        .layer(middleware::from_fn(edge::security_headers))
        // The last layer is the outermost, so requests rejected by the host check are counted too.
        .layer(RequestLayer::new(requests, route_name))
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
    router
        .fallback(pages::page_or_file)
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
}

/// Route name in request metrics: route or page, or one name for all front end files.
fn route_name<'r>(uri: &'r Uri, extensions: &'r Extensions) -> Option<&'r str> {
    matched_path(uri, extensions).or_else(|| match uri.path() {
        path if app::PAGES.iter().any(|(page, _)| *page == path) => Some(path),
        path => crate::assets::find(path).map(|_| "front end"),
    })
}
