//! Server functions of the pages. Each has a fixed address below [`app::api::PREFIX`]. A page asks for the form that it reads;
//! everybody else is answered in JSON.

use super::{ApiError, Shared, arrange};
use crate::arranging::Reader;
use app::{Backend, InJson, POSITIONAL};
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT, CONTENT_TYPE, REFERER};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use std::sync::Arc;

/// An error that a function answers with is a sentence; a longer one is not looked into.
const MOST_OF_AN_ERROR: usize = 64 << 10;
/// How leptos writes errors of a call that are the caller's: its arguments are missing, unreadable or impossible.
const CALLERS_FAULTS: [&str; 3] = ["Args|", "MissingArg|", "Deserialization|"];

/// Calls the function that the path names.
pub(crate) async fn call(State(shared): State<Shared>, mut request: Request) -> Response {
    let path = request.uri().path();
    if !leptos::server_fn::axum::server_fn_paths().any(|(known, _)| known == path) {
        return ApiError::not_found(path).into_response();
    }
    // Asked for the head alone, a function answers as it would to GET; the router leaves out the body.
    *request.method_mut() = Method::GET;
    let in_json = request.headers().get(ACCEPT).is_none_or(|accept| accept != POSITIONAL);
    // Leptos sends a browser that wants a page back to where it came from, as after a form; here is none.
    for header in [ACCEPT, REFERER] {
        request.headers_mut().remove(header);
    }
    let layout = arrange::layout(&shared.core, request.extensions().get());
    let backend = Reader::backend(shared.core, layout);
    let context = move || {
        provide_context::<Arc<dyn Backend>>(backend.clone());
        if in_json {
            provide_context(InJson);
        }
    };
    let mut response = leptos_axum::handle_server_fns_with_context(context, request).await.into_response();
    if in_json && response.status() == StatusCode::OK {
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    blame_the_caller(response).await
}

/// Leptos answers every error with 500. One in the arguments is a 400.
async fn blame_the_caller(response: Response) -> Response {
    if response.status() != StatusCode::INTERNAL_SERVER_ERROR {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let Ok(body) = axum::body::to_bytes(body, MOST_OF_AN_ERROR).await else {
        return ApiError::internal().into_response();
    };
    if CALLERS_FAULTS.iter().any(|fault| body.starts_with(fault.as_bytes())) {
        parts.status = StatusCode::BAD_REQUEST;
    }
    Response::from_parts(parts, Body::from(body))
}
