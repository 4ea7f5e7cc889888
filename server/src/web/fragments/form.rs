//! Response to a form, and the error of its action.

use crate::service_errors::status_of;
use crate::services::{ErrorKind, ServiceError};
use axum::http::StatusCode;
use watchglass_pages::ui::FieldError;

/// Response to a form.
#[derive(Debug)]
pub(crate) struct FormResponse {
    /// 200, or the status of the error.
    pub(crate) status: StatusCode,
    /// View with the success or error message.
    pub(crate) html: String,
    /// URL of that view.
    pub(crate) location: String,
    /// Redirect target for browsers without scripts (post/redirect/get): reloading must not repeat the action.
    pub(crate) redirect_to: Option<String>,
}

/// Why a form action failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct FormError {
    pub(super) status: StatusCode,
    /// What is invalid, and the accepted form.
    pub(super) message: String,
    /// Invalid field.
    pub(super) field: Option<&'static str>,
}

impl FormError {
    pub(super) fn new(status: StatusCode, text: String) -> Self {
        Self { status, message: text, field: None }
    }

    /// Invalid field.
    pub(super) fn invalid_field(name: &'static str, reason: &str) -> Self {
        FieldError::new(name, reason).into()
    }

    /// Error of a service. `form_field` maps its field names to those of the form.
    pub(super) fn of<E: ServiceError>(error: &E, form_field: impl Fn(&str) -> Option<&'static str>) -> Self {
        let kind = error.kind_and_code().0;
        let field = error.field().and_then(form_field);
        let message = match (field, error.reason()) {
            (Some(field), Some(reason)) => Self::invalid_field(field, &reason).message,
            _ => error.user_message().into_owned(),
        };
        let status = match kind {
            // Not a 502 or 503: a reverse proxy may replace those with pages of its own.
            ErrorKind::Upstream | ErrorKind::Busy => StatusCode::CONFLICT,
            kind => status_of(kind),
        };
        Self { status, message, field }
    }
}

impl From<FieldError> for FormError {
    fn from(error: FieldError) -> Self {
        Self { status: StatusCode::BAD_REQUEST, message: error.message, field: Some(error.field) }
    }
}
