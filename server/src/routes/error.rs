//! Errors of the API: `{"success":false,"error":{"code","message"}}` with a status that fits.

use super::envelope::{Failure, Reason};
use super::html::{document, escaped};
use super::pages::PAGE_ASSETS;
use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{Html, IntoResponse, Response};

/// An error answer.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
    /// After how many seconds another attempt makes sense.
    after: Option<u64>,
}

impl ApiError {
    /// `code` is for programs and stays the same; `message` says what was wrong and what would be right.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: String) -> Self {
        Self { status, code, message, after: None }
    }

    /// With the header `Retry-After`, in seconds.
    pub(crate) fn after(self, seconds: u64) -> Self {
        Self { after: Some(seconds), ..self }
    }

    /// 404 at that path.
    pub(crate) fn not_found(path: &str) -> Self {
        let shown: String = path.chars().take(200).collect();
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("There is nothing at {shown}"))
    }

    /// 405.
    pub(crate) fn method_not_allowed() -> Self {
        let message = "This address takes another method; the Allow header names those it takes".to_owned();
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", message)
    }

    /// 500, for a fault of the server's own; the log has the details.
    pub(crate) fn internal() -> Self {
        let message = "The server ran into a fault of its own; its log says more".to_owned();
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", message)
    }

    /// What was wrong, for people.
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// As a page for a person who reads it in a browser, or as JSON.
    pub(crate) fn into_response_for(self, takes_html: bool) -> Response {
        if !takes_html {
            return self.into_response();
        }
        let reason = escaped(&self.message);
        let body = format!(
            "<main class=\"document deed\"><h1>This cannot be done</h1><p>{reason}.</p>\
             <p class=\"ways\"><a href=\"/\">Overview</a></p></main>"
        );
        (self.status, Html(document("Refused", &PAGE_ASSETS.styles, None, &body))).into_response()
    }

    /// The status that the answer has.
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, message, after } = self;
        let mut response =
            (status, Json(Failure { success: false, error: Reason { code, message } })).into_response();
        if let Some(seconds) = after {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
