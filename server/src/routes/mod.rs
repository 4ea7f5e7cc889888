//! Every route of the server.

mod annotations;
mod arrange;
mod asking;
mod audit;
mod audited;
mod body;
mod channels;
mod cookie;
mod deeds;
mod docs;
mod doors;
mod envelope;
mod error;
mod find;
mod fragment;
mod functions;
mod html;
mod ingest;
mod limiting;
mod live;
mod live_state;
mod login;
mod moments;
mod offline;
mod openapi;
mod pages;
mod panel;
mod panics;
mod query;
mod refused;
mod rules;
mod scrape;
mod silences;
mod system;
mod tokens;
mod users;
mod visit;

pub(crate) use doors::Doors;
pub(crate) use envelope::{Done, Envelope, Failure};
pub(crate) use error::ApiError;
pub(crate) use query::{Parameters, bad};
pub(crate) use rules::LOOKS_BACK;
pub(crate) use silences::USUAL_LENGTH;

use crate::access::Access;
use crate::audit::Audit;
use crate::core::Core;
use crate::edge::{self, Proxies};
use crate::guard::{self, Guard};
use crate::settings::PublicUrl;
use asking::Asking;
use axum::Router;
use axum::http::{Extensions, Uri};
use axum::middleware;
use axum::routing::{delete, get, patch, post, put};
use std::sync::Arc;
use tokio::sync::watch;
use tower_http::compression::CompressionLayer;
use watchglass_instrument::requests::{RequestLayer, matched_path};

/// What the routes share.
#[derive(Clone)]
pub(crate) struct Shared {
    core: Arc<Core>,
    /// Who may call.
    access: Arc<Access>,
    /// What was done.
    audit: Arc<Audit>,
    /// Where people reach this server, if that is known.
    public_url: Option<PublicUrl>,
    /// Who may ask the history through the REST API now.
    asking: Asking,
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
const DESCRIBED: [&str; 37] = [
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

/// All routes, behind the guard and the doors.
pub(crate) fn router(
    core: Arc<Core>,
    proxies: Proxies,
    guard: Guard,
    doors: Doors,
    public_url: Option<PublicUrl>,
    stopping: watch::Receiver<bool>,
) -> Router {
    let requests = Arc::clone(&core.requests);
    let (access, audit) = (Arc::clone(&doors.access), Arc::clone(&doors.audit));
    routes()
        .with_state(Shared { core, access, audit, public_url, asking: Asking::default(), stopping })
        .layer(CompressionLayer::new())
        .layer(middleware::from_fn_with_state(doors, doors::check))
        .layer(middleware::from_fn_with_state(guard, guard::check))
        .layer(middleware::from_fn_with_state(proxies, edge::identify))
        .layer(middleware::from_fn(panics::catch))
        .layer(middleware::from_fn(edge::dress))
        // The last layer is the outermost: what the guard refuses is counted as well.
        .layer(RequestLayer::new(requests, route_name))
}

/// Each has its door in `doors.rs`.
fn routes() -> Router<Shared> {
    Router::new()
        .route("/login", get(login::page))
        .route("/api/login", post(login::login))
        .route("/api/logout", post(login::logout))
        .route("/api/live", get(live_state::live))
        .route("/api/openapi.json", get(openapi::openapi))
        .route("/api/docs", get(docs::docs))
        .route("/metrics", get(scrape::scrape))
        .route("/api/ingest", post(ingest::ingest))
        .route("/api/snapshot.html", get(offline::snapshot))
        .route("/api/annotations", post(annotations::add_annotation))
        .merge(admin_routes())
        .merge(system::routes())
        .route("/ws/live", get(live::open))
        .route("/api/fragment/{page}", get(fragment::fragment))
        .route("/alerts", get(pages::page_or_file).post(fragment::act))
        .route("/arrange", get(arrange::page).post(arrange::act))
        .route(arrange::STYLE_SHEET, get(arrange::style_sheet))
        .route("/find", get(find::page))
        .route("/panels/{panel}", get(panel::table))
        .route("/panels/{panel}/csv", get(panel::csv))
        .route("/settings", get(pages::page_or_file).post(fragment::act_settings))
        .route("/do/{token}", get(deeds::show).post(deeds::carry_out))
        .route(&format!("{}/{{function}}", app::api::PREFIX), get(functions::call))
        .fallback(pages::page_or_file)
        .method_not_allowed_fallback(|| async { ApiError::method_not_allowed() })
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
        .route("/api/admin/annotations/{id}", delete(annotations::remove_annotation))
        .route("/api/admin/alerts/acknowledge", post(silences::acknowledge))
        .route("/api/admin/alerts/acknowledge/withdraw", post(silences::withdraw))
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

/// What a request is counted under: its route or page, or one name for all files of the front end.
fn route_name<'r>(uri: &'r Uri, extensions: &'r Extensions) -> Option<&'r str> {
    matched_path(uri, extensions).or_else(|| match uri.path() {
        path if app::PAGES.iter().any(|(page, _)| *page == path) => Some(path),
        path => crate::assets::find(path).map(|_| "front end"),
    })
}
