//! HTTP routes: pages, REST API and WebSocket.

mod action_links;
mod annotations;
mod audit;
mod audit_policy;
mod auth_rejection;
mod authorize;
mod body;
mod channels;
mod cookie;
mod deprecation;
mod docs;
mod envelope;
mod error;
mod find;
mod fragment;
mod functions;
mod html;
mod ingest;
mod layout;
mod live;
mod liveness;
mod login;
mod openapi;
mod page_context;
mod pages;
mod panel;
mod panics;
mod query;
mod query_limit;
mod rate_limit;
mod route;
mod route_policies;
mod rules;
mod scrape;
mod silences;
mod snapshot;
mod system;
mod table;
mod time_params;
mod tokens;
mod users;

pub(crate) use authorize::AuthLayer;
pub(crate) use envelope::{Done, Envelope, Failure};
pub(crate) use error::ApiError;
pub(crate) use query::{Parameters, bad_request};
pub(crate) use rules::PREVIEW_RANGE;
pub(crate) use silences::DEFAULT_SILENCE_DURATION;

use crate::access::Access;
use crate::app_state::AppState;
use crate::audit::AuditLog;
use crate::config::PublicUrl;
use crate::edge::{self, TrustedProxies};
use crate::host_origin::{self, HostGuard};
use axum::Router;
use axum::http::{Extensions, Uri};
use axum::middleware;
use query_limit::QueryLimiter;
use route::Route;
use route_policies::RoutePolicies;
use std::sync::Arc;
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;
use watchglass_instrument::requests::{RequestLayer, matched_path};

/// State of the routes.
#[derive(Clone)]
pub(crate) struct ApiState {
    core: Arc<AppState>,
    access: Arc<Access>,
    audit: Arc<AuditLog>,
    /// Configured public URL, if any.
    public_url: Option<PublicUrl>,
    /// Concurrency limit of heavy history queries.
    query_limiter: QueryLimiter,
    /// True during shutdown; long-lived connections then end.
    stopping: watch::Receiver<bool>,
}

impl ApiState {
    /// Runs a query on a blocking thread: disk reads take milliseconds or more, and would delay live frames on the async workers.
    ///
    /// # Errors
    /// 500 when the query panicked.
    async fn run_blocking<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&AppState) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let core = Arc::clone(&self.core);
        tokio::task::spawn_blocking(move || ask(&core)).await.map_err(|error| {
            tracing::error!(%error, "blocking query panicked");
            ApiError::internal()
        })
    }
}

/// Router with all layers: host check, authorization, rate limits and security headers.
pub(crate) fn router(
    core: Arc<AppState>,
    proxies: TrustedProxies,
    guard: HostGuard,
    doors: AuthLayer,
    public_url: Option<PublicUrl>,
    stopping: watch::Receiver<bool>,
) -> Router {
    let requests = Arc::clone(&core.requests);
    let (access, audit) = (Arc::clone(&doors.access), Arc::clone(&doors.audit));
    let table = table::routes();
    let policies = Arc::new(RoutePolicies::new(&table));
    routes(&table)
        .with_state(ApiState {
            core,
            access,
            audit,
            public_url,
            query_limiter: QueryLimiter::default(),
            stopping,
        })
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state((doors, policies), authorize::check))
        .layer(middleware::from_fn_with_state(guard, host_origin::check))
        .layer(middleware::from_fn_with_state(proxies, edge::identify))
        .layer(middleware::from_fn(panics::catch))
        .layer(middleware::from_fn(edge::security_headers))
        // The last layer is the outermost, so requests rejected by the host check are counted too.
        .layer(RequestLayer::new(requests, route_name))
}

/// Router of the route table, with the pages as fallback.
fn routes(table: &[Route]) -> Router<ApiState> {
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
