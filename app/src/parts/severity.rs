//! How bad it is, for people.

use watchglass_model::Severity;

/// The word, and the class for style sheets.
pub(crate) fn severity(severity: Severity) -> (&'static str, &'static str) {
    match severity {
        Severity::Info => ("Info", "info"),
        Severity::Warning => ("Warning", "warning"),
        Severity::Critical => ("Critical", "critical"),
    }
}
