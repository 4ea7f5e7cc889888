//! JSON envelopes of API responses.

use serde::Serialize;
use utoipa::ToSchema;

/// Successful response: `{"success":true,"data":…}`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Envelope<T> {
    /// Always true.
    success: bool,
    /// Response data.
    data: T,
}

impl<T> Envelope<T> {
    /// Wraps `data`.
    pub(crate) fn of(data: T) -> axum::Json<Self> {
        axum::Json(Self { success: true, data })
    }
}

/// Response data of an action without a result.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    /// Always true.
    done: bool,
}

impl Default for Done {
    fn default() -> Self {
        Self { done: true }
    }
}

/// Error response: `{"success":false,"error":{"code","message"}}`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failure {
    /// Always false.
    pub(super) success: bool,
    /// Error.
    pub(super) error: Reason,
}

/// Error details.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// Stable error code.
    pub(super) code: &'static str,
    /// Error message.
    pub(super) message: String,
}
