//! Errors.

use thiserror::Error;

/// Invalid histogram from outside.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum InvalidHistogram {
    /// Unknown schema.
    #[error("schema {found} is unknown: must be -53 or from -4 to 52")]
    Schema {
        /// The schema.
        found: i32,
    },
    /// Invalid zero threshold.
    #[error("zero threshold {found} must be finite and at least 0")]
    ZeroThreshold {
        /// The zero threshold.
        found: f64,
    },
    /// Invalid upper bounds of custom buckets.
    #[error("custom bounds must be ascending numbers, at most {} of them", crate::MAX_CUSTOM_BOUNDS)]
    CustomBounds,
    /// Spans that do not match the counts.
    #[error("spans must have as many buckets as there are counts, in ascending order")]
    Spans,
    /// A bucket outside the range of the schema.
    #[error("bucket {index} is outside the range of the schema")]
    BucketIndex {
        /// Index of the bucket.
        index: i32,
    },
    /// Negative or infinite count.
    #[error("count {found} must be finite and at least 0")]
    Count {
        /// The count.
        found: f64,
    },
    /// Cumulative counts of classic buckets that descend.
    #[error("cumulative count of le={bound} must not be below that of the bucket before")]
    Descending {
        /// Upper bound of the bucket.
        bound: f64,
    },
    /// Classic buckets without a total.
    #[error("classic buckets must include le=+Inf")]
    NoInfinity,
}

/// Bytes that are no encoded histogram.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// Newer or unknown version.
    #[error("version {found} of the histogram encoding is unknown: must be 1")]
    Version {
        /// The version.
        found: u8,
    },
    /// Damaged or truncated bytes.
    #[error("encoded histogram is damaged: {0}")]
    Damaged(&'static str),
}
