//! Every route of the server.

mod error;
mod functions;
mod live;
mod pages;
mod panics;

pub(crate) use error::ApiError;

use crate::core::Core;
use crate::guard::{self, Guard};
use axum::Router;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS};
use axum::middleware;
use axum::routing::get;
use axum::serve::ListenerExt;
use std::sync::Arc;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;
use tower_http::set_header::SetResponseHeaderLayer;

/// What the routes share.
#[derive(Clone)]
pub(crate) struct Shared {
    core: Arc<Core>,
    /// Turns true when the server stops: long-lived connections then end.
    stopping: watch::Receiver<bool>,
}

/// All routes, behind the guard.
pub(crate) fn router(core: Arc<Core>, guard: Guard, stopping: watch::Receiver<bool>) -> Router {
    let header = |name, value| SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value));
    Router::new()
        .route(
            "/api/live",
            get(|| async { axum::Json(serde_json::json!({ "success": true, "data": { "live": true } })) }),
        )
        .route("/ws/live", get(live::open))
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
