//! Errors of invalid reports.

use super::{MAX_NAME_BYTES, MAX_REPORT_BYTES, MAX_ROUTE_BYTES, VERSION};
use crate::sketch::BINS;

/// Invalid report: field, location and accepted form.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Report too large.
    #[error("report larger than {MAX_REPORT_BYTES} bytes: send it in parts")]
    TooLong,
    /// Invalid JSON, or a missing, unknown or mistyped field.
    #[error("{0}")]
    Malformed(String),
    /// Unsupported version.
    #[error("unsupported report version {found}: this server reads version {VERSION}")]
    Version {
        /// Version of the report.
        found: u64,
    },
    /// Invalid name.
    #[error(
        "{field} must be 1 to {MAX_NAME_BYTES} letters, digits, dots, underscores or hyphens, starting with a letter or digit"
    )]
    Name {
        /// Which field.
        field: &'static str,
    },
    /// Invalid route.
    #[error("routes[{place}].route must have 1 to {MAX_ROUTE_BYTES} bytes and no control characters")]
    Route {
        /// Which route, counted from zero.
        place: usize,
    },
    /// Unknown request outcome.
    #[error(
        "routes[{place}].methods: an outcome is \"1xx\", \"2xx\", \"3xx\", \"4xx\", \"5xx\" or \"cancelled\""
    )]
    Outcome {
        /// Which route, counted from zero.
        place: usize,
    },
    /// Number out of range.
    #[error("{field} must be {least} to {most}")]
    Number {
        /// Which field.
        field: String,
        /// Minimum.
        least: u64,
        /// Maximum.
        most: u64,
    },
    /// Bin number out of range.
    #[error("routes[{place}].latency.bins: bin number must be below {BINS}")]
    Bin {
        /// Which route, counted from zero.
        place: usize,
    },
}
