//! How many rows an answer about the past has at most, and what is said to whoever asks for more.

use crate::routes::{ApiError, bad};
use watchglass_model::TimeRange;

/// The most rows of a metric.
const MOST_ROWS: i64 = 11_000;
/// The most rows of all series of a metric together: some 40 MB of JSON.
const MOST_CELLS: i64 = 500_000;
/// The longest step in seconds: seven days.
pub(super) const LONGEST_STEP: i64 = 604_800;

/// Refuses too many rows before anything is read.
///
/// # Errors
/// 400, with what would pass.
pub(super) fn check_rows(range: TimeRange, step: i64) -> Result<(), ApiError> {
    check(range, step, MOST_ROWS, None)
}

/// Refuses too many rows of so many series together.
///
/// # Errors
/// 400, with what would pass.
pub(super) fn check_series(range: TimeRange, step: i64, series: usize) -> Result<(), ApiError> {
    let series = i64::try_from(series).unwrap_or(i64::MAX).max(1);
    check(range, step, MOST_CELLS / series, Some(series))
}

/// Refuses more rows than there may be, and says what would pass. `series` is how many share them, where that is the reason.
fn check(range: TimeRange, step: i64, most: i64, series: Option<i64>) -> Result<(), ApiError> {
    let rows = range.millis() / step.max(1);
    if rows <= most {
        return Ok(());
    }
    let what = match series {
        Some(series) => {
            format!("that is {rows} rows of {series} series: at most {most} of each, {MOST_CELLS} in all")
        }
        None => format!("that is {rows} rows: at most {most}"),
    };
    let seconds = (range.millis() / most.max(1)).saturating_add(999) / 1000;
    Err(bad(if most > 0 && seconds <= LONGEST_STEP {
        format!("{what}; step={seconds}s would pass, or a stretch of {} s", most.saturating_mul(step) / 1000)
    } else {
        format!("{what}; take a shorter stretch")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::Timestamp;

    #[test]
    fn too_many_rows_are_refused_with_what_would_pass() {
        let at = Timestamp::from_millis;
        let check = |seconds: i64, step: i64, most, series| {
            let range = TimeRange { start: at(0), end: at(seconds * 1000) };
            super::check(range, step * 1000, most, series).map_err(|error| error.message().to_owned())
        };
        for (seconds, step, most, series, expected) in [
            (11_000, 1, MOST_ROWS, None, None),
            (11_000 * 60, 60, MOST_ROWS, None, None),
            (
                604_800,
                1,
                MOST_ROWS,
                None,
                Some("604800 rows: at most 11000; step=55s would pass, or a stretch of 11000 s"),
            ),
            (
                86_400,
                5,
                5000,
                Some(100),
                Some(
                    "17280 rows of 100 series: at most 5000 of each, 500000 in all; step=18s would pass, or a stretch of 25000 s",
                ),
            ),
            (86_400, 5, 50, Some(10_000), Some("step=1728s would pass")),
            (100, 1, 0, Some(1_000_000), Some("take a shorter stretch")),
            (i64::MAX / 1000, 604_800, MOST_ROWS, None, Some("take a shorter stretch")),
        ] {
            match (check(seconds, step, most, series), expected) {
                (Ok(()), None) => {}
                (Err(error), Some(expected)) => {
                    assert!(error.contains(expected), "{error}");
                    // What is said to pass does.
                    if let Some((_, rest)) = error.split_once("step=") {
                        let step: i64 = rest.split_once("s ").unwrap().0.parse().unwrap();
                        assert_eq!(check(seconds, step, most, series), Ok(()), "{step}");
                    }
                }
                (found, expected) => panic!("{seconds} {step}: {found:?}, not {expected:?}"),
            }
        }
    }
}
