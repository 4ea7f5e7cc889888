//! Everything that is no route of its own: files of the front end, pages, and what there is not.

use super::{ApiError, Shared};
use crate::assets;
use app::{Backend, ResponseStatus, Theme};
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, ALLOW, COOKIE};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use std::sync::{Arc, LazyLock};

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
    render(shared, request).await
}

/// Below these, what is not there is not there: no page, whatever the method.
fn has_no_pages(path: &str) -> bool {
    let below =
        |prefix: &str| path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    ["/api", "/ws", "/pkg"].into_iter().any(below)
}

async fn render(shared: Shared, request: Request) -> Response {
    let theme = theme(request.headers());
    let status = ResponseStatus::default();
    let context = {
        let (core, status) = (shared.core, status.clone());
        move || {
            provide_context::<Arc<dyn Backend>>(core.clone());
            provide_context(status.clone());
        }
    };
    let document = move || app::document(PAGE_ASSETS.clone(), theme);
    let mut response = leptos_axum::render_app_async_with_context(context, document)(request).await;
    if status.is_not_found() {
        *response.status_mut() = StatusCode::NOT_FOUND;
    }
    response
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
