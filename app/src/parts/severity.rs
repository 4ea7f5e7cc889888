//! How bad it is, for people.

use watchglass_live::AlertSeverity;

/// The word, and the class for style sheets.
pub(crate) fn severity(severity: AlertSeverity) -> (&'static str, &'static str) {
    match severity {
        AlertSeverity::Info => ("Info", "info"),
        AlertSeverity::Warning => ("Warning", "warning"),
        AlertSeverity::Critical => ("Critical", "critical"),
    }
}
