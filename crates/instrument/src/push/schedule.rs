//! Report schedule. Pure functions: time and random numbers are passed in.

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// Maximum retry delay.
const MAX_BACKOFF: Duration = Duration::from_secs(10);

/// Offset of a process's reports within each second: 0.3 s to 0.7 s, from a random number 0 to 1.
///
/// The server samples at full seconds. The offset keeps one report between two ticks even when it is a little late,
/// and spreads the processes.
pub(crate) fn phase(random: f64) -> Duration {
    Duration::from_millis(300) + Duration::from_millis(400).mul_f64(random.clamp(0.0, 1.0))
}

/// The pause until the next `phase` offset, at least half a second, so that reports never bunch up.
pub(crate) fn until_next(since_epoch: Duration, phase: Duration) -> Duration {
    let into = Duration::from_nanos(u64::from(since_epoch.subsec_nanos()));
    let pause = if into < phase { phase - into } else { phase + SECOND - into };
    if pause < SECOND / 2 { pause + SECOND } else { pause }
}

/// Exponential backoff after consecutive failures: doubled up to 10 s, minus a random part of up to half, so that
/// processes do not reconnect at the same time.
pub(crate) fn backoff(failures: u32, random: f64) -> Duration {
    let whole = SECOND
        .saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX))
        .min(MAX_BACKOFF);
    whole.mul_f64(1.0 - random.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn backoff_grows_to_ten_seconds() {
        for (failures, random, millis) in [
            (0, 0.0, 1_000),
            (1, 0.0, 1_000),
            (2, 0.0, 2_000),
            (3, 1.0, 2_000),
            (5, 0.0, 10_000),
            (99, 1.0, 5_000),
        ] {
            assert_eq!(backoff(failures, random).as_millis(), millis, "{failures} {random}");
        }
    }

    #[test]
    fn reports_are_far_from_full_seconds() {
        let millis = Duration::from_millis;
        for (now, phase, pause) in [
            (5_000, 500, 500),
            (5_000, 300, 1_300),
            (5_300, 300, 1_000),
            (5_310, 300, 990),
            (5_290, 300, 1_010),
            (5_999, 700, 701),
            (5_700, 300, 600),
        ] {
            assert_eq!(until_next(millis(now), millis(phase)), millis(pause), "{now} {phase}");
        }
    }

    proptest! {
        #[test]
        fn next_report_is_at_the_phase_in_half_to_one_and_a_half_seconds(
            now in 0_u64..1 << 50, random in 0.0_f64..=1.0,
        ) {
            let (now, phase) = (Duration::from_nanos(now), phase(random));
            prop_assert!((300..=700).contains(&phase.as_millis()));
            let pause = until_next(now, phase);
            prop_assert!((500..=1500).contains(&pause.as_millis()), "{pause:?}");
            prop_assert_eq!((now + pause).subsec_nanos(), phase.subsec_nanos());
        }
    }
}
