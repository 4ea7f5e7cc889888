//! Query step for a range and number of points.

use watchglass_model::{ROUND_STEPS, TimeRange};

const WEEK: i64 = 7 * 24 * 3_600_000;

/// The shortest step in milliseconds with at most `points` complete rows over `range`: one of [`ROUND_STEPS`], or a
/// multiple of 7 days. Zero `points` count as one. Steps from one minute are whole minutes, and from 15 minutes whole
/// quarters of an hour, so that downsampled data can be used.
///
/// A result is aligned to its step and may have one more row.
pub fn step_for(range: TimeRange, points: usize) -> i64 {
    let points = i64::try_from(points).unwrap_or(i64::MAX).max(1);
    let least = range.millis() / points + i64::from(range.millis() % points != 0);
    ROUND_STEPS
        .into_iter()
        .find(|&step| step >= least)
        .unwrap_or_else(|| (least / WEEK + i64::from(least % WEEK != 0)).saturating_mul(WEEK))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::Timestamp;

    const SECOND: i64 = 1000;
    const MINUTE: i64 = 60 * SECOND;
    const HOUR: i64 = 60 * MINUTE;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn steps_are_the_shortest_that_fit() {
        for (length, points, expected) in [
            (0, 100, SECOND),
            (HOUR, 3600, SECOND),
            (HOUR, 3599, 2 * SECOND),
            (HOUR, 1000, 5 * SECOND),
            (DAY, 1000, 2 * MINUTE),
            (7 * DAY, 1000, 15 * MINUTE),
            (7 * DAY, 0, 7 * DAY),
            (365 * DAY, 1000, 12 * HOUR),
            (100 * DAY, 5, 21 * DAY),
            (i64::MAX, 1, i64::MAX),
        ] {
            let range = TimeRange { start: Timestamp::from_millis(0), end: Timestamp::from_millis(length) };
            assert_eq!(step_for(range, points), expected, "{length} in {points}");
        }
    }
}
