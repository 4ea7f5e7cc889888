//! The fields of a form that was sent, and why it cannot be done.

use super::duration;
use app::fragments::{Typed, label};
use axum::http::StatusCode;

/// The fields, in the order in which they came.
#[derive(Clone, Debug)]
pub(crate) struct Fields(Vec<(String, String)>);

impl Fields {
    pub(crate) fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// The first field with that name, without the space around it; empty when there is none.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The first field with that name as it was typed: of a password every byte counts. Empty when there is none.
    pub(super) fn untrimmed(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All fields with that name.
    pub(super) fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Whether there is such a field: a box that is ticked.
    pub(super) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }

    /// The field, or `None` when it is empty.
    pub(super) fn given(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The field as a duration in seconds, or `None` when it is empty.
    ///
    /// # Errors
    /// It is none.
    pub(super) fn seconds(&self, name: &'static str) -> Result<Option<u32>, Refusal> {
        duration::read(self.get(name)).map_err(|reason| Refusal::field(name, &reason))
    }

    /// As the form shows them again, with the one that cannot be used.
    pub(super) fn typed(&self, wrong: Option<&'static str>) -> Typed {
        Typed::new(self.0.clone(), wrong)
    }
}

/// Why something is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) status: StatusCode,
    /// What was wrong, and what would be right.
    pub(super) text: String,
    /// The field that is to blame.
    pub(super) field: Option<&'static str>,
}

impl Refusal {
    pub(super) fn new(status: StatusCode, text: String) -> Self {
        Self { status, text, field: None }
    }

    /// A field cannot be used.
    pub(super) fn field(name: &'static str, reason: &str) -> Self {
        let text = match label(name) {
            label if label == name => format!("{name}: {reason}"),
            label => format!("{label} ({name}): {reason}"),
        };
        Self { status: StatusCode::BAD_REQUEST, text, field: Some(name) }
    }
}
