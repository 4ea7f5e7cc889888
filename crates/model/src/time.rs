//! Timestamps and time ranges, in milliseconds since the Unix epoch.

use serde::{Deserialize, Serialize};
use std::ops::{Add, Sub};
use std::time::Duration;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Round query steps and axis tick intervals in milliseconds, shortest first: 1, 2, 5, 10, 15, 30 s, the same in
/// minutes, 1, 2, 3, 6, 12 h, 1, 2, 7 days. Longer steps are multiples of the last.
pub const ROUND_STEPS: [i64; 20] = [
    SECOND,
    2 * SECOND,
    5 * SECOND,
    10 * SECOND,
    15 * SECOND,
    30 * SECOND,
    MINUTE,
    2 * MINUTE,
    5 * MINUTE,
    10 * MINUTE,
    15 * MINUTE,
    30 * MINUTE,
    HOUR,
    2 * HOUR,
    3 * HOUR,
    6 * HOUR,
    12 * HOUR,
    DAY,
    2 * DAY,
    7 * DAY,
];

/// Milliseconds since 1970-01-01 00:00 UTC. May be negative.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The timestamp `millis` milliseconds after the Unix epoch.
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn millis(self) -> i64 {
        self.0
    }

    /// Milliseconds since `earlier`; negative when `earlier` is later.
    pub const fn millis_since(self, earlier: Self) -> i64 {
        self.0.saturating_sub(earlier.0)
    }

    /// Rounds down to a multiple of `step` milliseconds. A `step` below 1 changes nothing.
    pub const fn floor(self, step: i64) -> Self {
        if step < 1 { self } else { Self(self.0.saturating_sub(self.0.rem_euclid(step))) }
    }
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(as_millis(duration)))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(as_millis(duration)))
    }
}

fn as_millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// Half-open time range: includes `start`, excludes `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TimeRange {
    /// Inclusive start.
    pub start: Timestamp,
    /// Exclusive end.
    pub end: Timestamp,
}

impl TimeRange {
    /// The range of `length` that ends at `end`.
    pub fn ending_at(end: Timestamp, length: Duration) -> Self {
        Self { start: end - length, end }
    }

    /// Whether `moment` is in the range.
    pub fn contains(&self, moment: Timestamp) -> bool {
        self.start <= moment && moment < self.end
    }

    /// Length in milliseconds; zero when `end` is not after `start`.
    pub fn millis(&self) -> i64 {
        self.end.millis_since(self.start).max(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floor_rounds_down_before_and_after_the_epoch() {
        for (millis, step, expected) in
            [(1999, 1000, 1000), (2000, 1000, 2000), (-1, 1000, -1000), (7, 0, 7), (i64::MIN, 1000, i64::MIN)]
        {
            assert_eq!(Timestamp::from_millis(millis).floor(step).millis(), expected, "{millis} by {step}");
        }
    }

    #[test]
    fn ranges_include_start_and_exclude_end() {
        let range = TimeRange::ending_at(Timestamp::from_millis(5000), Duration::from_secs(2));
        let inside = |millis| range.contains(Timestamp::from_millis(millis));
        assert_eq!([inside(2999), inside(3000), inside(4999), inside(5000)], [false, true, true, false]);
        assert_eq!(range.millis(), 2000);
    }

    #[test]
    fn round_steps_divide_a_day_or_are_whole_days() {
        assert!(ROUND_STEPS.is_sorted_by(|a, b| a < b));
        for step in ROUND_STEPS {
            assert!(DAY % step == 0 || step % DAY == 0, "{step}");
        }
    }

    #[test]
    fn arithmetic_saturates_instead_of_wrapping() {
        let last = Timestamp::from_millis(i64::MAX);
        assert_eq!(last + Duration::from_secs(1), last);
        assert_eq!(last.millis_since(Timestamp::from_millis(i64::MIN)), i64::MAX);
    }
}
