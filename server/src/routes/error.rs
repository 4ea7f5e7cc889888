//! Errors of the API: `{"success":false,"error":{"code","message"}}` with a status that fits.

use super::envelope::{Failure, Reason};
use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// An error answer.
#[derive(Debug)]
pub(crate) struct ApiError {
    status: StatusCode,
    code: &'static str,
    message: String,
}

impl ApiError {
    /// `code` is for programs and stays the same; `message` says what was wrong and what would be right.
    pub(crate) fn new(status: StatusCode, code: &'static str, message: String) -> Self {
        Self { status, code, message }
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

    #[cfg(test)]
    pub(crate) fn status(&self) -> StatusCode {
        self.status
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let Self { status, code, message } = self;
        (status, Json(Failure { success: false, error: Reason { code, message } })).into_response()
    }
}
