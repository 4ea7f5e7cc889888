//! API errors: `{"success":false,"error":{"code","message"}}` with the matching status.

use super::envelope::{Failure, Reason};
use super::html::{document, escaped};
use crate::assets::PAGE_ASSETS;
use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

/// Error response.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// `Retry-After`, in seconds.
    retry_after: Option<u64>,
}

impl ApiError {
    /// Error with a stable `code` and a `message` for users.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: String) -> Self {
        Self { status, code, message, retry_after: None }
    }

    /// Sets `Retry-After`, in seconds.
    pub(crate) fn with_retry_after(self, seconds: u64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// `Retry-After`, in seconds.
    pub(crate) fn retry_after(&self) -> Option<u64> {
        self.retry_after
    }

    /// 404 for a path.
    pub(crate) fn not_found(path: &str) -> Self {
        let shown: String = path.chars().take(200).collect();
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("Not found: {shown}"))
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "Method not allowed; see the Allow header".to_owned();
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    /// 500; the log has the details.
    pub(crate) fn internal() -> Self {
        let message = "Internal error; see the server log".to_owned();
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// Error message.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// HTML page for browsers, or JSON.
    pub(crate) fn into_response_for(self, takes_html: bool) -> Response {
        if !takes_html {
            return self.into_response();
        }
        let reason = escaped(&self.message);
        let body = format!(
            "<main class=\"document standalone\"><h1>Request rejected</h1><p>{reason}.</p>\
             <p class=\"ways\"><a href=\"{}\">Overview</a></p></main>",
            app::url("/")
        );
        let page = Html(document("Request rejected", &PAGE_ASSETS.styles, None, &body));
        with_retry_after((self.status, page).into_response(), self.retry_after)
    }

    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, message, retry_after } = self;
        let body = Json(Failure { success: false, error: Reason { code, message } });
        with_retry_after((status, body).into_response(), retry_after)
    }
}

fn with_retry_after(mut response: Response, seconds: Option<u64>) -> Response {
    if let Some(seconds) = seconds {
        response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}
