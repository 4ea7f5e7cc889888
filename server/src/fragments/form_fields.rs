//! Submitted form fields, and the error of a form.

use super::duration;
use crate::service_errors::status_of;
use crate::services::{ErrorKind, ServiceError};
use app::fragments::{FormValues, label};
use axum::http::StatusCode;

/// Form fields in their order.
#[derive(Clone, Debug)]
pub(crate) struct FormFields(Vec<(String, String)>);

impl FormFields {
    pub(crate) fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// First field with that name, trimmed; empty if there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.get_all(name).next().unwrap_or_default()
    }

    /// First field with that name, not trimmed, as for passwords; empty if there is none.
    pub(super) fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All fields with that name, trimmed.
    pub(super) fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Whether there is such a field, as for a checked checkbox.
    pub(super) fn contains(&self, name: &str) -> bool {
        self.get_all(name).next().is_some()
    }

    /// Field value; `None` if it is empty.
    pub(super) fn non_empty(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Field value as a duration in seconds; `None` if it is empty.
    ///
    /// # Errors
    /// Invalid duration.
    pub(super) fn seconds(&self, name: &'static str) -> Result<Option<u32>, FormError> {
        duration::parse(self.get(name)).map_err(|reason| FormError::invalid_field(name, &reason))
    }

    /// Values for showing the form again; `wrong` is the invalid field.
    pub(super) fn to_values(&self, wrong: Option<&'static str>) -> FormValues {
        FormValues::new(self.0.clone(), wrong)
    }
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
        let text = match label(name) {
            label if label == name => format!("{name}: {reason}"),
            label => format!("{label} ({name}): {reason}"),
        };
        Self { status: StatusCode::BAD_REQUEST, message: text, field: Some(name) }
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
