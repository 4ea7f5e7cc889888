//! Why a report cannot be taken.

use super::{LONGEST_NAME, LONGEST_ROUTE, MOST_BYTES, VERSION};
use crate::sketch::BINS;

/// What is wrong with a report, where, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is too long.
    #[error("the report is longer than {MOST_BYTES} bytes: send it in parts")]
    TooLong,
    /// It is not JSON, or a field is missing, unknown or of another type.
    #[error("{0}")]
    Malformed(String),
    /// It is of another version.
    #[error("the report is of version {found}: this server reads version {VERSION}")]
    Version {
        /// The version it says.
        found: u64,
    },
    /// A name that cannot be one.
    #[error(
        "{field} must be 1 to {LONGEST_NAME} letters, digits, dots, underscores or hyphens, the first a letter or digit"
    )]
    Name {
        /// Which field.
        field: &'static str,
    },
    /// A route that cannot be one.
    #[error("routes[{place}].route must have 1 to {LONGEST_ROUTE} bytes and no control characters")]
    Route {
        /// Which route, counted from zero.
        place: usize,
    },
    /// An outcome of requests that there is not.
    #[error(
        "routes[{place}].methods: an outcome is \"1xx\", \"2xx\", \"3xx\", \"4xx\", \"5xx\" or \"cancelled\""
    )]
    Outcome {
        /// Which route, counted from zero.
        place: usize,
    },
    /// A number that is too large or too small.
    #[error("{field} must be within {least} and {most}")]
    Number {
        /// Which field.
        field: String,
        /// The least it may be.
        least: u64,
        /// The most it may be.
        most: u64,
    },
    /// A bin that there is not.
    #[error("routes[{place}].latency.bins: a bin's number must be below {BINS}")]
    Bin {
        /// Which route, counted from zero.
        place: usize,
    },
}
