//! Limit for entries of failed sign-ins: each hour has a limited number of entries, and further failures are only counted.

use std::time::Duration;
use watchglass_model::Timestamp;

/// Entries of failed sign-ins per hour: at most 720 per day, about 150 kB.
const MAX_PER_HOUR: u32 = 30;
const HOUR: Duration = Duration::from_secs(3600);

/// Failed sign-ins of the current hour.
#[derive(Debug, Default)]
pub(super) struct FailureLimiter {
    since: Option<Timestamp>,
    logged: u32,
    suppressed: u32,
}

/// What to log for a failed sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FailureDecision {
    /// Whether it gets an entry.
    pub(super) is_logged: bool,
    /// Suppressed failures of the previous hour, to be logged now.
    pub(super) suppressed_before: Option<u32>,
}

impl FailureLimiter {
    /// Counts a failure.
    pub(super) fn failure(&mut self, now: Timestamp) -> FailureDecision {
        let left_out = self.take_suppressed(now);
        self.since.get_or_insert(now);
        let is_noted = self.logged < MAX_PER_HOUR;
        if is_noted {
            self.logged += 1;
        } else {
            self.suppressed = self.suppressed.saturating_add(1);
        }
        FailureDecision { is_logged: is_noted, suppressed_before: left_out }
    }

    /// The suppressed failures of a past hour, returned once. Call it regularly: there may be no further failure.
    pub(super) fn take_suppressed(&mut self, now: Timestamp) -> Option<u32> {
        // A clock that was set back starts a new hour as well.
        self.since.filter(|since| *since + HOUR <= now || now < *since)?;
        let suppressed = std::mem::take(self).suppressed;
        (suppressed > 0).then_some(suppressed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(seconds: u64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000) + Duration::from_secs(seconds)
    }

    #[test]
    fn first_failures_of_an_hour_are_logged_and_others_counted() {
        let mut flood = FailureLimiter::default();
        for _ in 0..MAX_PER_HOUR {
            assert_eq!(flood.failure(at(0)), FailureDecision { is_logged: true, suppressed_before: None });
        }
        for _ in 0..5 {
            assert_eq!(
                flood.failure(at(3599)),
                FailureDecision { is_logged: false, suppressed_before: None }
            );
        }
        assert_eq!(flood.take_suppressed(at(3599)), None);
        assert_eq!(flood.failure(at(3600)), FailureDecision { is_logged: true, suppressed_before: Some(5) });
        assert_eq!(flood.take_suppressed(at(9000)), None);
    }

    proptest! {
        /// Whatever the times: no failure is lost, and in any hour at most twice the limit are logged.
        #[test]
        fn every_failure_is_logged_or_counted(pauses in prop::collection::vec(0_u64..400, 1..500)) {
            let (mut flood, mut time, mut noted, mut counted) = (FailureLimiter::default(), 0, Vec::new(), 0);
            for pause in &pauses {
                time += pause;
                let found = flood.failure(at(time));
                if found.is_logged {
                    noted.push(time);
                }
                counted += found.suppressed_before.unwrap_or(0);
            }
            counted += flood.take_suppressed(at(time + 3600)).unwrap_or(0);
            prop_assert_eq!(noted.len() + counted as usize, pauses.len());
            for first in &noted {
                let of_hour = noted.iter().filter(|time| (*first..*first + 3600).contains(*time)).count();
                prop_assert!(of_hour <= 2 * MAX_PER_HOUR as usize);
            }
        }
    }
}
