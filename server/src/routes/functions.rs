//! Server functions of the pages. Each has a fixed address below [`app::api::PREFIX`].

use super::{ApiError, Shared};
use app::Backend;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use leptos::prelude::provide_context;
use std::sync::Arc;

/// Calls the function that the path names.
pub(crate) async fn call(State(shared): State<Shared>, request: Request) -> Response {
    let path = request.uri().path();
    if !leptos::server_fn::axum::server_fn_paths().any(|(known, _)| known == path) {
        return ApiError::not_found(path).into_response();
    }
    let core = shared.core;
    let context = move || provide_context::<Arc<dyn Backend>>(core.clone());
    leptos_axum::handle_server_fns_with_context(context, request).await.into_response()
}
