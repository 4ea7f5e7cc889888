//! Row limits of history responses.

use crate::http::{ApiError, bad_request};
use watchglass_model::TimeRange;

/// Row limit per series.
const MAX_ROWS: i64 = 11_000;
/// Limit of rows times series: about 40 MB of JSON.
const MAX_CELLS: i64 = 500_000;
/// Step limit in seconds: seven days.
pub(super) const MAX_STEP_SECONDS: i64 = 604_800;

/// Checks the number of rows before the query.
///
/// # Errors
/// 400 with a step or range that would be accepted.
pub(super) fn check_rows(range: TimeRange, step: i64) -> Result<(), ApiError> {
    check(range, step, MAX_ROWS, None)
}

/// Checks the number of rows of all series together.
///
/// # Errors
/// 400 with a step or range that would be accepted.
pub(super) fn check_series(range: TimeRange, step: i64, series: usize) -> Result<(), ApiError> {
    let series = i64::try_from(series).unwrap_or(i64::MAX).max(1);
    check(range, step, MAX_CELLS / series, Some(series))
}

/// Rejects more than `limit` rows, with a suggestion. `series` is their number if it caused the limit.
fn check(range: TimeRange, step: i64, limit: i64, series: Option<i64>) -> Result<(), ApiError> {
    let rows = range.millis() / step.max(1);
    if rows <= limit {
        return Ok(());
    }
    let reason = match series {
        Some(series) => {
            format!(
                "too many rows: {rows} for each of {series} series, the limit is {limit} each, {MAX_CELLS} in total"
            )
        }
        None => format!("too many rows: {rows}, the limit is {limit}"),
    };
    let seconds = (range.millis() / limit.max(1)).saturating_add(999) / 1000;
    Err(bad_request(if limit > 0 && seconds <= MAX_STEP_SECONDS {
        format!("{reason}; use step={seconds}s, or a time range of {} s", limit.saturating_mul(step) / 1000)
    } else {
        format!("{reason}; use a shorter time range")
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::Timestamp;

    #[test]
    fn too_many_rows_are_rejected_with_a_suggestion() {
        let at = Timestamp::from_millis;
        let check = |seconds: i64, step: i64, limit, series| {
            let range = TimeRange { start: at(0), end: at(seconds * 1000) };
            super::check(range, step * 1000, limit, series).map_err(|error| error.message().to_owned())
        };
        for (seconds, step, limit, series, expected) in [
            (11_000, 1, MAX_ROWS, None, None),
            (11_000 * 60, 60, MAX_ROWS, None, None),
            (
                604_800,
                1,
                MAX_ROWS,
                None,
                Some("rows: 604800, the limit is 11000; use step=55s, or a time range of 11000 s"),
            ),
            (
                86_400,
                5,
                5000,
                Some(100),
                Some(
                    "17280 for each of 100 series, the limit is 5000 each, 500000 in total; use step=18s, or a time range of 25000 s",
                ),
            ),
            (86_400, 5, 50, Some(10_000), Some("use step=1728s")),
            (100, 1, 0, Some(1_000_000), Some("use a shorter time range")),
            (i64::MAX / 1000, 604_800, MAX_ROWS, None, Some("use a shorter time range")),
        ] {
            match (check(seconds, step, limit, series), expected) {
                (Ok(()), None) => {}
                (Err(error), Some(expected)) => {
                    assert!(error.contains(expected), "{error}");
                    // The suggested step is accepted.
                    if let Some((_, rest)) = error.split_once("step=") {
                        let step: i64 = rest.split_once("s,").unwrap().0.parse().unwrap();
                        assert_eq!(check(seconds, step, limit, series), Ok(()), "{step}");
                    }
                }
                (found, expected) => panic!("{seconds} {step}: {found:?}, not {expected:?}"),
            }
        }
    }
}
