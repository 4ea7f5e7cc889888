//! Exponential backoff between attempts.

use std::time::Duration;

/// Delay after the first failure.
const MIN_DELAY: Duration = Duration::from_secs(5);
/// The delay doubles up to this.
const MAX_DELAY: Duration = Duration::from_secs(10 * 60);
/// Maximum attempts: with the delays above, about as many as fit into [`MAX_AGE`].
pub const MAX_ATTEMPTS: u32 = 150;
/// The first attempt that fails after this age is the last one.
pub const MAX_AGE: Duration = Duration::from_secs(24 * 3600);

/// Delay after `failures` failures (from 1): 5 s, doubled each time up to 10 minutes, multiplied by 0.5 to 1 according
/// to `jitter` (0 to 1), so that messages that failed together are not retried together.
pub(super) fn delay(failures: u32, jitter: f64) -> Duration {
    let doubled = MIN_DELAY.saturating_mul(2_u32.saturating_pow(failures.saturating_sub(1)));
    let whole = doubled.min(MAX_DELAY);
    let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 1.0 };
    whole / 2 + (whole / 2).mul_f64(jitter)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delay_doubles_up_to_ten_minutes() {
        let seconds = |failures, jitter| delay(failures, jitter).as_secs_f64();
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
        let all: Duration = (1..MAX_ATTEMPTS).map(|failures| delay(failures, 1.0)).sum();
        assert!(all < MAX_AGE && all > MAX_AGE / 2, "{all:?}");
    }
}
