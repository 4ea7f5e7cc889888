//! Server functions of the pages, with fixed URLs below [`app::api::PREFIX`]. Pages request their compact format; other clients
//! get JSON.

use super::layout;
use super::page_backend::PageBackend;
use crate::app_state::AppState;
use crate::http::ApiError;
use app::{Backend, JsonReply, POSTCARD_MIME_TYPE};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, REFERER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use std::sync::Arc;

/// Size limit of an error body that is inspected; errors are one sentence.
const MAX_ERROR_BYTES: usize = 64 << 10;
/// Prefixes of leptos errors for invalid arguments.
const CLIENT_ERROR_PREFIXES: [&str; 3] = ["Args|", "MissingArg|", "Deserialization|"];

/// Calls the server function with this path.
pub(crate) async fn call(State(state): State<AppState>, mut request: Request) -> Response {
    let path = request.uri().path();
    if !leptos::server_fn::axum::server_fn_paths().any(|(known, _)| known == path) {
        return ApiError::not_found(path).into_response();
    }
    // HEAD is handled as GET; the router drops the body.
    *request.method_mut() = Method::GET;
    let in_json = request.headers().get(ACCEPT).is_none_or(|accept| accept != POSTCARD_MIME_TYPE);
    // With these headers leptos would redirect browsers to the referring page, as after a form.
    for header in [ACCEPT, REFERER] {
        request.headers_mut().remove(header);
    }
    let layout = layout::user_layout(&state, request.extensions().get());
    let backend = Arc::new(PageBackend { state, layout, has_all_series: in_json });
    let context = move || {
        provide_context::<Arc<dyn Backend>>(backend.clone());
        if in_json {
            provide_context(JsonReply);
        }
    };
    let mut response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    if in_json && response.status() == StatusCode::OK {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    map_client_errors(response).await
}

/// Maps errors in arguments to 400; leptos returns 500 for every error.
async fn map_client_errors(response: Response) -> Response {
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MAX_ERROR_BYTES).await else {
        return ApiError::internal().into_response();
    };
    if CLIENT_ERROR_PREFIXES.iter().any(|prefix| body.starts_with(prefix.as_bytes())) {
        parts.status = StatusCode::BAD_REQUEST;
    }
    Response::from_parts(parts, Body::from(body))
}
