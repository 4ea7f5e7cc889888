//! Retention and limits of the store.

use std::time::Duration;

const DAY: Duration = Duration::from_secs(86_400);

/// Retention and limits of an [`EmbeddedHistory`](crate::EmbeddedHistory).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Retention of raw samples. Whole hours are deleted.
    pub raw_retention: Duration,
    /// Retention of one-minute data, at least that of raw samples. Whole days are deleted.
    pub minute_retention: Duration,
    /// Retention of 15-minute data, at least that of one-minute data. Whole days are deleted.
    pub quarter_retention: Duration,
    /// Maximum number of series with samples in the newest hours, including those that have ended since.
    pub series_limit: usize,
}

impl Default for Options {
    /// Seven days of raw samples, five weeks of one-minute data, two years of 15-minute data, 10,000 series.
    fn default() -> Self {
        Self {
            raw_retention: 7 * DAY,
            minute_retention: 35 * DAY,
            quarter_retention: 730 * DAY,
            series_limit: 10_000,
        }
    }
}
