//! Submitted form fields, and the error of an invalid one.

use super::{FormValues, duration, label};

/// Form fields in their order.
#[derive(Clone, Debug)]
pub struct FormFields(Vec<(String, String)>);

impl FormFields {
    /// Fields as they were submitted.
    pub fn new(fields: Vec<(String, String)>) -> Self {
        Self(fields)
    }

    /// First field with that name, trimmed; empty if there is none.
    pub fn get(&self, name: &str) -> &str {
        self.get_all(name).next().unwrap_or_default()
    }

    /// First field with that name, not trimmed, as for passwords; empty if there is none.
    pub fn raw(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// All fields with that name, trimmed.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.iter().filter(move |(known, _)| known == name).map(|(_, value)| value.trim())
    }

    /// Whether there is such a field, as for a checked checkbox.
    pub fn contains(&self, name: &str) -> bool {
        self.get_all(name).next().is_some()
    }

    /// Field value; `None` if it is empty.
    pub fn non_empty(&self, name: &str) -> Option<String> {
        Some(self.get(name)).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// Field value as a duration in seconds; `None` if it is empty.
    ///
    /// # Errors
    /// Invalid duration.
    pub fn seconds(&self, name: &'static str) -> Result<Option<u32>, FieldError> {
        duration::parse(self.get(name)).map_err(|reason| FieldError::new(name, &reason))
    }

    /// Values for showing the form again; `wrong` is the invalid field.
    pub fn to_values(&self, wrong: Option<&'static str>) -> FormValues {
        FormValues::new(self.0.clone(), wrong)
    }
}

/// Invalid form field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// Name of the field.
    pub field: &'static str,
    /// Label of the field, what is invalid, and the accepted form.
    pub message: String,
}

impl FieldError {
    /// Error of the field with that name.
    pub fn new(field: &'static str, reason: &str) -> Self {
        Self { field, message: format!("{}: {reason}", label(field)) }
    }
}
