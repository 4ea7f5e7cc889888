//! HTTP routes: pages, REST API and WebSocket.

mod action_links;
mod annotations;
mod audit;
mod audit_policy;
mod auth_rejection;
mod authorize;
mod channels;
mod cookie;
mod docs;
mod find;
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
mod rules;
mod scrape;
mod silences;
mod snapshot;
mod system;
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
use axum::routing::{delete, get, patch, post, put};
use std::sync::Arc;
use tower_http::compression::CompressionLayer;
use watchglass_instrument::requests::{RequestLayer, matched_path};

/// Paths that the OpenAPI document must contain.
#[cfg(test)]
const DOCUMENTED_PATHS: [&str; 37] = [
    "/api/admin/alerts/acknowledge",
    "/api/admin/alerts/acknowledge/withdraw",
    "/api/admin/annotations",
    "/api/admin/annotations/{id}",
    "/api/admin/audit",
    "/api/admin/channels",
    "/api/admin/channels/{name}/test",
    "/api/admin/deliveries",
    "/api/admin/deliveries/resend",
    "/api/admin/rules",
    "/api/admin/rules/preview",
    "/api/admin/rules/{id}",
    "/api/admin/rules/{id}/enabled",
    "/api/admin/sessions",
    "/api/admin/sessions/{id}",
    "/api/admin/silences",
    "/api/admin/silences/{id}",
    "/api/admin/system/alerts/",
    "/api/admin/system/health/",
    "/api/admin/system/history/",
    "/api/admin/system/metrics/",
    "/api/admin/tokens",
    "/api/admin/tokens/{id}",
    "/api/admin/users",
    "/api/admin/users/{name}",
    "/api/annotations",
    "/api/core/admin/system/alerts/",
    "/api/core/admin/system/health/",
    "/api/core/admin/system/history/",
    "/api/core/admin/system/metrics/",
    "/api/ingest",
    "/api/live",
    "/api/login",
    "/api/logout",
    "/api/openapi.json",
    "/api/snapshot.html",
    "/metrics",
];

/// Router with all layers: host check, authorization, rate limits and security headers.
pub(crate) fn router(state: AppState, proxies: TrustedProxies, guard: HostGuard, doors: AuthLayer) -> Router {
    let requests = Arc::clone(&state.requests);
    routes()
        .with_state(state)
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(auth_layer, authorize::check))
        .layer(middleware::from_fn_with_state(guard, host_origin::check))
        .layer(middleware::from_fn_with_state(proxies, edge::identify))
        .layer(middleware::from_fn(panics::catch))
        .layer(middleware::from_fn(edge::security_headers))
        // The last layer is the outermost, so requests rejected by the host check are counted too.
        .layer(RequestLayer::new(requests, route_name))
}

/// All routes. Each needs an entry in the permission table.
fn routes() -> Router<AppState> {
    Router::new()
        .route("/login", get(login::page))
        .route("/api/login", post(login::login))
        .route("/api/logout", post(login::logout))
        .route("/api/live", get(liveness::live))
        .route("/api/openapi.json", get(openapi::openapi))
        .route("/api/docs", get(docs::docs))
        .route("/metrics", get(scrape::scrape))
        .route("/api/ingest", post(ingest::ingest))
        .route("/api/snapshot.html", get(snapshot::snapshot))
        .route("/api/annotations", post(annotations::add_annotation))
        .merge(admin_routes())
        .merge(system::routes())
        .route("/ws/live", get(live::open))
        .route("/api/fragment/{page}", get(fragment::fragment))
        .route("/alerts", get(pages::page_or_file).post(fragment::alerts_action))
        .route("/arrange", get(layout::page).post(layout::submit))
        .route(layout::STYLESHEET_URL, get(layout::stylesheet))
        .route("/find", get(find::page))
        .route("/panels/{panel}", get(panel::table))
        .route("/panels/{panel}/csv", get(panel::csv))
        .route("/settings", get(pages::page_or_file).post(fragment::settings_action))
        .route("/do/{token}", get(action_links::show).post(action_links::execute))
        .route(&format!("{}/{{function}}", app::api::PREFIX), get(functions::call))
        .fallback(pages::page_or_file)
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
}

/// Routes below `/api/admin`. List routes exist with and without a trailing slash.
fn admin_routes() -> Router<AppState> {
    let mut router = Router::new()
        .route("/api/admin/rules/preview", post(rules::preview))
        .route(
            "/api/admin/rules/{id}",
            get(rules::rule).put(rules::changes::put_rule).delete(rules::changes::delete_rule),
        )
        .route("/api/admin/rules/{id}/enabled", put(rules::changes::enable_rule))
        .route("/api/admin/silences/{id}", delete(silences::end_silence))
        .route("/api/admin/annotations/{id}", delete(annotations::remove_annotation))
        .route("/api/admin/alerts/acknowledge", post(silences::acknowledge))
        .route("/api/admin/alerts/acknowledge/withdraw", post(silences::unacknowledge))
        .route("/api/admin/channels/{name}/test", post(channels::test))
        .route("/api/admin/deliveries/resend", post(channels::resend))
        .route("/api/admin/users/{name}", patch(users::change_user))
        .route("/api/admin/tokens/{id}", delete(tokens::revoke_token))
        .route("/api/admin/sessions/{id}", delete(tokens::end_session));
    for slash in ["", "/"] {
        router = router
            .route(&format!("/api/admin/rules{slash}"), get(rules::rules).post(rules::changes::create_rule))
            .route(
                &format!("/api/admin/silences{slash}"),
                get(silences::silences).post(silences::add_silence),
            )
            .route(
                &format!("/api/admin/annotations{slash}"),
                get(annotations::annotations).post(annotations::add_annotation_as_admin),
            )
            .route(&format!("/api/admin/channels{slash}"), get(channels::channels))
            .route(&format!("/api/admin/deliveries{slash}"), get(channels::deliveries))
            .route(&format!("/api/admin/users{slash}"), get(users::users).post(users::add_user))
            .route(&format!("/api/admin/tokens{slash}"), get(tokens::tokens).post(tokens::add_token))
            .route(&format!("/api/admin/sessions{slash}"), get(tokens::sessions))
            .route(&format!("/api/admin/audit{slash}"), get(audit::audit));
    }
    router
}

/// Route name in request metrics: route or page, or one name for all front end files.
fn route_name<'r>(uri: &'r Uri, extensions: &'r Extensions) -> Option<&'r str> {
    matched_path(uri, extensions).or_else(|| match uri.path() {
        path if app::PAGES.iter().any(|(page, _)| *page == path) => Some(path),
        path => crate::assets::find(path).map(|_| "front end"),
    })
}
