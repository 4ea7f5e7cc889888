//! How long to wait before the next attempt.

use std::time::Duration;

/// After the first failure.
const FIRST: Duration = Duration::from_secs(5);
/// It doubles up to this.
const LONGEST: Duration = Duration::from_secs(10 * 60);
/// With waits that double up to ten minutes, at most as many as fit into [`MOST_AGE`].
pub const MOST_ATTEMPTS: u32 = 150;
/// When this old a message is tried once more, and no more.
pub const MOST_AGE: Duration = Duration::from_secs(24 * 3600);

/// The wait after so many failures, from 1 on: 5 s, doubled each time up to ten minutes; of that between the half and
/// the whole, as `jitter` from 0 to 1 says, so that those who failed together do not come back together.
pub(super) fn wait(failures: u32, jitter: f64) -> Duration {
    let doubled = FIRST.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    let whole = doubled.min(LONGEST);
    let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 1.0 };
    whole / 2 + (whole / 2).mul_f64(jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_doubles_up_to_ten_minutes() {
        let seconds = |failures, jitter| wait(failures, jitter).as_secs_f64();
        for (failures, least, most) in [
            (0, 2.5, 5.0),
            (1, 2.5, 5.0),
            (2, 5.0, 10.0),
            (5, 40.0, 80.0),
            (10, 300.0, 600.0),
            (u32::MAX, 300.0, 600.0),
        ] {
            assert_eq!((seconds(failures, 0.0), seconds(failures, 1.0)), (least, most), "{failures}");
            assert_eq!((seconds(failures, -7.0), seconds(failures, f64::NAN)), (least, most), "{failures}");
            assert_eq!(seconds(failures, 0.5), (least + most) / 2.0, "{failures}");
        }
        let all: Duration = (1..MOST_ATTEMPTS).map(|failures| wait(failures, 1.0)).sum();
        assert!(all < MOST_AGE && all > MOST_AGE / 2, "{all:?}");
    }
}
