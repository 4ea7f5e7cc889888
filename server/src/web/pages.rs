//! Fallback of the router: front end files, pages, and not found.

use super::PageContext;
use super::page_backend::PageBackend;
use super::time_params::url_with_millis;
use super::{cookie, layout, valid_html};
use crate::app_state::AppState;
use crate::assets::{self, PAGE_ASSETS};
use crate::edge::{self, Client};
use crate::http::ApiError;
use app::{Backend, FragmentRenderer, ResponseStatus, Theme};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_SECURITY_POLICY, COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::nonce::Nonce;
use leptos::prelude::provide_context;
use std::sync::Arc;
use url::form_urlencoded;

/// Serves the file or the page at the path.
pub(crate) async fn page_or_file(State(state): State<AppState>, request: Request) -> Response {
    let path = request.uri().path();
    let file = assets::find(path);
    if file.is_none() && is_below_api(path) {
        return ApiError::not_found(path).into_response();
    }
    if !matches!(*request.method(), Method::GET | Method::HEAD) {
        let mut response = ApiError::method_not_allowed().into_response();
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
        return response;
    }
    if let Some(file) = file {
        return file.respond(request.headers()).into_response();
    }
    if let Some(address) = url_with_millis(path, request.uri().query().unwrap_or_default()) {
        return Redirect::to(&address).into_response();
    }
    let (mut parts, body) = request.into_parts();
    match PageContext::from_request_parts(&mut parts, &state).await {
        Ok(visit) => render(visit, Request::from_parts(parts, body)).await,
        Err(error) => error.into_response(),
    }
}

/// Whether the path is below a prefix without pages: unknown paths there are always 404.
pub(crate) fn is_below_api(path: &str) -> bool {
    let below =
        |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    ["/api", "/ws", "/pkg"].into_iter().any(below)
}

async fn render(visit: PageContext, request: Request) -> Response {
    let theme = theme(request.headers());
    let is_wall = is_tv_mode(request.uri().query().unwrap_or_default());
    let status = ResponseStatus::default();
    let layout = layout::user_layout(&visit.state, request.extensions().get());
    let warning = request.extensions().get::<Client>().and_then(|client| {
        cookie::insecure_warning(request.headers(), *client, visit.state.public_url.as_ref())
    });
    let mut assets = PAGE_ASSETS.clone();
    if layout.is_some() {
        assets.styles.push(layout::STYLESHEET_URL.to_owned());
    }
    let (nonce, policy) = edge::hydrated_csp();
    let context = {
        let (backend, status) = (
            Arc::new(PageBackend { state: visit.state.clone(), layout, has_all_series: false }),
            status.clone(),
        );
        let lists: Arc<dyn FragmentRenderer> = Arc::new(visit);
        move || {
            // Replaces the nonce of leptos by the one in the CSP header.
            provide_context(Nonce::from_value(nonce.clone().unwrap_or_default()));
            provide_context::<Arc<dyn Backend>>(backend.clone());
            provide_context(Arc::clone(&lists));
            provide_context(status.clone());
        }
    };
    let document = move || app::document(assets.clone(), theme, is_wall, warning);
    let request = with_url_of_browser(request);
    let rendered = leptos_axum::render_app_async_with_context(context, document)(request).await;
    let mut response = valid_html::finish(rendered).await;
    if let Some(status) = status.get().and_then(|status| StatusCode::from_u16(status).ok()) {
        *response.status_mut() = status;
    }
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// The request with the URL that the browser shows, which the router of the pages matches on both sides.
fn with_url_of_browser(mut request: Request) -> Request {
    let path = request.uri().path_and_query().map_or("/", |path| path.as_str());
    if let Ok(uri) = format!("{}{path}", app::base_path()).parse() {
        *request.uri_mut() = uri;
    }
    request
}

/// Whether the page is in TV mode: `kiosk`, or its former name.
fn is_tv_mode(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| matches!(&*name, "kiosk" | "wall"))
}

/// Theme chosen by the user.
pub(crate) fn theme(headers: &HeaderMap) -> Option<Theme> {
    let cookies = headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Theme::from_cookies(cookies)
}

/// Whether the client is a browser that shows HTML. Other clients get errors as JSON.
pub(crate) fn accepts_html(headers: &HeaderMap) -> bool {
    let mut accept = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accept.any(|value| value.contains("text/html"))
}
