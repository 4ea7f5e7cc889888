//! The form of all answers of the API.

use serde::Serialize;
use utoipa::ToSchema;

/// An answer: `{"success":true,"data":…}`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Envelope<T> {
    /// Always true; errors have another form.
    success: bool,
    /// What was asked for.
    data: T,
}

impl<T> Envelope<T> {
    /// Around `data`.
    pub(crate) fn of(data: T) -> axum::Json<Self> {
        axum::Json(Self { success: true, data })
    }
}

/// What was done, where there is nothing to show of it.
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

/// An error: `{"success":false,"error":{"code","message"}}`.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Failure {
    /// Always false.
    pub(super) success: bool,
    /// What went wrong.
    pub(super) error: Reason,
}

/// What went wrong.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Reason {
    /// For programs; it stays the same.
    pub(super) code: &'static str,
    /// For people: what was wrong, and what would be right.
    pub(super) message: String,
}
