//! Every route of the server.

mod body;
mod channels;
mod deeds;
mod docs;
mod envelope;
mod error;
mod fragment;
mod functions;
mod html;
mod ingest;
mod live;
mod live_state;
mod openapi;
mod pages;
mod panics;
mod query;
mod rules;
mod scrape;
mod silences;
mod system;

pub(crate) use envelope::{Done, Envelope, Failure};
pub(crate) use error::ApiError;
pub(crate) use query::{Parameters, bad};
pub(crate) use rules::LOOKS_BACK;
pub(crate) use silences::USUAL_LENGTH;

use crate::core::Core;
use crate::guard::{self, Guard};
use axum::Router;
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Extensions, HeaderValue, Uri};
use axum::middleware;
use axum::routing::{delete, get, post, put};
use axum::serve::ListenerExt;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use watchglass_instrument::requests::{RequestLayer, matched_path};

/// What the routes share.
#[derive(Clone)]
pub(crate) struct Shared {
    core: Arc<Core>,
    /// Turns true when the server stops: long-lived connections then end.
    stopping: watch::Receiver<bool>,
}

impl Shared {
    /// Asks the core what may have to be read from its files: milliseconds as a rule, of a disk that is busy more, and
    /// nothing for the threads that send live frames.
    ///
    /// # Errors
    /// 500, when answering panicked.
    async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&Core) -> T + Send + 'static,
    ) -> Result<T, ApiError> {
        let core = Arc::clone(&self.core);
        tokio::task::spawn_blocking(move || ask(&core)).await.map_err(|error| {
            tracing::error!(%error, "a question to the history broke off");
            ApiError::internal()
        })
    }
}

/// The addresses that the description of the API must have.
#[cfg(test)]
const DESCRIBED: [&str; 24] = [
    "/api/admin/alerts/acknowledge",
    "/api/admin/alerts/acknowledge/withdraw",
    "/api/admin/channels",
    "/api/admin/channels/{name}/test",
    "/api/admin/deliveries",
    "/api/admin/deliveries/resend",
    "/api/admin/rules",
    "/api/admin/rules/preview",
    "/api/admin/rules/{id}",
    "/api/admin/rules/{id}/enabled",
    "/api/admin/silences",
    "/api/admin/silences/{id}",
    "/api/admin/system/alerts/",
    "/api/admin/system/health/",
    "/api/admin/system/history/",
    "/api/admin/system/metrics/",
    "/api/core/admin/system/alerts/",
    "/api/core/admin/system/health/",
    "/api/core/admin/system/history/",
    "/api/core/admin/system/metrics/",
    "/api/ingest",
    "/api/live",
    "/api/openapi.json",
    "/metrics",
];

/// All routes, behind the guard.
pub(crate) fn router(core: Arc<Core>, guard: Guard, stopping: watch::Receiver<bool>) -> Router {
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    let requests = Arc::clone(&core.requests);
    Router::new()
        .route("/api/live", get(live_state::live))
        .route("/api/openapi.json", get(openapi::openapi))
        .route("/api/docs", get(docs::docs))
        .route("/metrics", get(scrape::scrape))
        .route("/api/ingest", post(ingest::ingest))
        .merge(admin_routes())
        .merge(system::routes())
        .route("/ws/live", get(live::open))
        .route("/api/fragment/{page}", get(fragment::fragment))
        .route("/alerts", get(pages::page_or_file).post(fragment::act))
        .route("/do/{token}", get(deeds::show).post(deeds::carry_out))
        .route(&format!("{}/{{function}}", app::api::PREFIX), get(functions::call))
        .fallback(pages::page_or_file)
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
        .with_state(Shared { core, stopping })
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .layer(middleware::from_fn(panics::catch))
        .layer(header(CACHE_CONTROL, "no-store"))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(REFERRER_POLICY, "same-origin"))
        // The last layer is the outermost: what the guard refuses is counted as well.
        .layer(RequestLayer::new(requests, route_name))
}

/// The resources below `/api/admin`. Lists answer with and without a slash at their end.
fn admin_routes() -> Router<Shared> {
    let mut router = Router::new()
        .route("/api/admin/rules/preview", post(rules::preview))
        .route(
            "/api/admin/rules/{id}",
            get(rules::rule).put(rules::changes::put_rule).delete(rules::changes::delete_rule),
        )
        .route("/api/admin/rules/{id}/enabled", put(rules::changes::enable_rule))
        .route("/api/admin/silences/{id}", delete(silences::end_silence))
        .route("/api/admin/alerts/acknowledge", post(silences::acknowledge))
        .route("/api/admin/alerts/acknowledge/withdraw", post(silences::withdraw))
        .route("/api/admin/channels/{name}/test", post(channels::test))
        .route("/api/admin/deliveries/resend", post(channels::resend));
    for slash in ["", "/"] {
        router = router
            .route(&format!("/api/admin/rules{slash}"), get(rules::rules).post(rules::changes::create_rule))
            .route(
                &format!("/api/admin/silences{slash}"),
                get(silences::silences).post(silences::add_silence),
            )
            .route(&format!("/api/admin/channels{slash}"), get(channels::channels))
            .route(&format!("/api/admin/deliveries{slash}"), get(channels::deliveries));
    }
    router
}

/// What a request is counted under: its route or page, or one name for all files of the front end.
fn route_name<'r>(uri: &'r Uri, extensions: &'r Extensions) -> Option<&'r str> {
    matched_path(uri, extensions).or_else(|| match uri.path() {
        path if app::PAGES.contains(&path) => Some(path),
        path => crate::assets::find(path).map(|_| "front end"),
    })
}

/// Small answers are sent at once: Nagle's delay would hold live frames back.
pub(crate) fn without_delay(
    listener: TcpListener,
) -> impl axum::serve::Listener<Io = TcpStream, Addr = std::net::SocketAddr> {
    listener.tap_io(|stream| {
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "a connection keeps Nagle's delay");
        }
    })
}
