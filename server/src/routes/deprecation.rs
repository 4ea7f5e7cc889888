//! Deprecated routes: their responses and the log name the successor.

use crate::app_state::AppState;
use axum::extract::{Request, State};
use axum::http::header::LINK;
use axum::http::{HeaderName, HeaderValue, Method};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::MethodRouter;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const DEPRECATION: HeaderName = HeaderName::from_static("deprecation");

/// A deprecated route and its successor.
#[derive(Clone)]
pub(super) struct Deprecation {
    route: Arc<str>,
    successor: Arc<str>,
    /// `Deprecation` header: a date (RFC 9745, section 2.1).
    since: HeaderValue,
    /// `Link` header with the path of the successor.
    link: Option<HeaderValue>,
    /// Whether the warning is in the log: once per start.
    is_logged: Arc<AtomicBool>,
}

impl Deprecation {
    /// `since` is the day of the deprecation as Unix time.
    pub(super) fn new(route: String, method: &Method, path: &str, since: i64) -> Self {
        Self {
            route: route.into(),
            successor: format!("{method} {path}").into(),
            since: HeaderValue::try_from(format!("@{since}"))
                .unwrap_or_else(|_| HeaderValue::from_static("@0")),
            link: HeaderValue::try_from(format!("<{}>; rel=\"successor-version\"", app::url(path))).ok(),
            is_logged: Arc::default(),
        }
    }

    /// Adds headers and warning to the handler of the route.
    pub(super) fn announced_by(self, handler: MethodRouter<AppState>) -> MethodRouter<AppState> {
        handler.route_layer(middleware::from_fn_with_state(self, announce))
    }
}

async fn announce(State(deprecation): State<Deprecation>, request: Request, next: Next) -> Response {
    if !deprecation.is_logged.swap(true, Ordering::Relaxed) {
        let Deprecation { route, successor, .. } = &deprecation;
        tracing::warn!(%route, %successor, "deprecated route requested");
    }
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(DEPRECATION, deprecation.since);
    if let Some(link) = deprecation.link {
        headers.append(LINK, link);
    }
    response
}
