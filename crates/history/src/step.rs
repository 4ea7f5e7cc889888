//! How far apart the rows of an answer are.

use watchglass_model::TimeRange;

const SECOND: i64 = 1000;
const MINUTE: i64 = 60 * SECOND;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Steps that fit clocks and calendars, shortest first. From a minute on, each is a whole number of minutes and from a
/// quarter of an hour on almost each of quarters, so that rollups answer.
const STEPS: [i64; 20] = [
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

/// The shortest step in milliseconds that gives at most `points` whole rows over `range`: one of 1, 2, 5, 10, 15, 30 s,
/// the same in minutes, 1, 2, 3, 6, 12 h, 1, 2, 7 days, or a multiple of 7 days. No `points` count as one.
///
/// An answer is aligned to its step and may have one row more, begun at the one end and ended at the other.
pub fn step_for(range: TimeRange, points: usize) -> i64 {
    let points = i64::try_from(points).unwrap_or(i64::MAX).max(1);
    let least = range.millis() / points + i64::from(range.millis() % points != 0);
    let week = 7 * DAY;
    STEPS
        .into_iter()
        .find(|&step| step >= least)
        .unwrap_or_else(|| (least / week + i64::from(least % week != 0)).saturating_mul(week))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::Timestamp;

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
