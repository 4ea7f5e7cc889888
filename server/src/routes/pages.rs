//! Everything that is no route of its own: files of the front end, pages, and what there is not.

use super::moments::address_in_millis;
use super::{ApiError, Shared, arrange};
use crate::arranging::Reader;
use crate::fragments::Visit;
use crate::{assets, edge};
use app::{Backend, Lists, ResponseStatus, Theme};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::{ACCEPT, ALLOW, CONTENT_SECURITY_POLICY, COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use leptos::nonce::Nonce;
use leptos::prelude::provide_context;
use std::sync::{Arc, LazyLock};
use url::form_urlencoded;

pub(super) static PAGE_ASSETS: LazyLock<app::PageAssets> = LazyLock::new(assets::page_assets);

/// Answers with the file or the page at the path.
pub(crate) async fn page_or_file(State(shared): State<Shared>, request: Request) -> Response {
    let path = request.uri().path();
    let file = assets::find(path);
    if file.is_none() && has_no_pages(path) {
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
    if let Some(address) = address_in_millis(path, request.uri().query().unwrap_or_default()) {
        return Redirect::to(&address).into_response();
    }
    let (mut parts, body) = request.into_parts();
    match Visit::from_request_parts(&mut parts, &shared).await {
        Ok(visit) => render(visit, Request::from_parts(parts, body)).await,
        Err(error) => error.into_response(),
    }
}

/// Below these, what is not there is not there: no page, whatever the method.
pub(super) fn has_no_pages(path: &str) -> bool {
    let below =
        |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    ["/api", "/ws", "/pkg"].into_iter().any(below)
}

async fn render(visit: Visit, request: Request) -> Response {
    let theme = theme(request.headers());
    let is_wall = is_wall(request.uri().query().unwrap_or_default());
    let status = ResponseStatus::default();
    let layout = arrange::layout(&visit.core, request.extensions().get());
    let mut assets = PAGE_ASSETS.clone();
    if layout.is_some() {
        assets.styles.push(arrange::STYLE_SHEET.to_owned());
    }
    let (nonce, policy) = edge::living_page();
    let context = {
        let (backend, status) = (Reader::backend(Arc::clone(&visit.core), layout), status.clone());
        let lists: Arc<dyn Lists> = Arc::new(visit);
        move || {
            // In place of the one that the library has made: this one is in the header as well.
            provide_context(Nonce::from_value(nonce.clone().unwrap_or_default()));
            provide_context::<Arc<dyn Backend>>(backend.clone());
            provide_context(Arc::clone(&lists));
            provide_context(status.clone());
        }
    };
    let document = move || app::document(assets.clone(), theme, is_wall);
    let mut response = leptos_axum::render_app_async_with_context(context, document)(request).await;
    if status.is_not_found() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
    response
}

/// Whether the page is for a screen on a wall.
fn is_wall(query: &str) -> bool {
    form_urlencoded::parse(query.as_bytes()).any(|(name, _)| name == "wall")
}

/// The theme that the reader has chosen.
pub(super) fn theme(headers: &HeaderMap) -> Option<Theme> {
    let cookies = headers.get(COOKIE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    Theme::from_cookies(cookies)
}

/// Whether a browser shows the answer to a person. Everybody else is told of errors in the API's form.
pub(super) fn takes_html(headers: &HeaderMap) -> bool {
    let mut accept = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    accept.any(|value| value.contains("text/html"))
}
