//! When reports are sent. Pure: the time and the dice are handed in.

use std::time::Duration;

const SECOND: Duration = Duration::from_secs(1);

/// The longest pause between two attempts.
const LONGEST: Duration = Duration::from_secs(10);

/// How far into each second of the clock one process reports: from 0.3 s to 0.7 s, by the dice, 0 to 1.
///
/// The server measures at full seconds. So far from them, one report lies between two of its ticks even when it is
/// late by a little, and not all processes report at once.
pub(crate) fn phase(dice: f64) -> Duration {
    Duration::from_millis(300) + Duration::from_millis(400).mul_f64(dice.clamp(0.0, 1.0))
}

/// The pause until the next second of the clock is as old as `phase`. It is never shorter than half a second, so that
/// two reports are never close together.
pub(crate) fn until_next(since_epoch: Duration, phase: Duration) -> Duration {
    let into = Duration::from_nanos(u64::from(since_epoch.subsec_nanos()));
    let pause = if into < phase { phase - into } else { phase + SECOND - into };
    if pause < SECOND / 2 { pause + SECOND } else { pause }
}

/// The pause after that many failures in a row: twice as long each time, up to ten seconds, of which a random part
/// up to half is taken off so that many processes do not come back at once.
pub(crate) fn backoff(failures: u32, dice: f64) -> Duration {
    let whole =
        SECOND.saturating_mul(1_u32.checked_shl(failures.saturating_sub(1)).unwrap_or(u32::MAX)).min(LONGEST);
    whole.mul_f64(1.0 - dice.clamp(0.0, 1.0) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn pauses_grow_to_ten_seconds() {
        for (failures, dice, millis) in [
            (0, 0.0, 1_000),
            (1, 0.0, 1_000),
            (2, 0.0, 2_000),
            (3, 1.0, 2_000),
            (5, 0.0, 10_000),
            (99, 1.0, 5_000),
        ] {
            assert_eq!(backoff(failures, dice).as_millis(), millis, "{failures} {dice}");
        }
    }

    #[test]
    fn reports_lie_far_from_the_full_second() {
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
        fn the_next_report_is_at_the_phase_half_to_one_and_a_half_seconds_away(
            now in 0_u64..1 << 50, dice in 0.0_f64..=1.0,
        ) {
            let (now, phase) = (Duration::from_nanos(now), phase(dice));
            prop_assert!((300..=700).contains(&phase.as_millis()));
            let pause = until_next(now, phase);
            prop_assert!((500..=1500).contains(&pause.as_millis()), "{pause:?}");
            prop_assert_eq!((now + pause).subsec_nanos(), phase.subsec_nanos());
        }
    }
}
