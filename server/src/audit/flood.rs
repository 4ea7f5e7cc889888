//! Failures to sign in are noted, and a flood of them is not: in each hour so many have an entry of their own, and the others
//! are counted.

use std::time::Duration;
use watchglass_model::Timestamp;

/// How many failures of an hour have an entry of their own: 720 a day at most, some 150 kB.
const MOST: u32 = 30;
const HOUR: Duration = Duration::from_secs(3600);

/// The failures of this hour.
#[derive(Debug, Default)]
pub(super) struct Flood {
    since: Option<Timestamp>,
    noted: u32,
    left_out: u32,
}

/// What is to be noted of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Noted {
    /// Whether it has an entry of its own.
    pub(super) is_noted: bool,
    /// How many of the hour before had none, if that is to be told now.
    pub(super) left_out: Option<u32>,
}

impl Flood {
    /// Counts a failure.
    pub(super) fn failure(&mut self, now: Timestamp) -> Noted {
        let left_out = self.left_out(now);
        self.since.get_or_insert(now);
        let is_noted = self.noted < MOST;
        if is_noted {
            self.noted += 1;
        } else {
            self.left_out = self.left_out.saturating_add(1);
        }
        Noted { is_noted, left_out }
    }

    /// How many of an hour that is over had no entry, once. To be asked from time to time, for no failure may follow.
    pub(super) fn left_out(&mut self, now: Timestamp) -> Option<u32> {
        // A clock that was set back begins a new hour as well.
        self.since.filter(|since| *since + HOUR <= now || now < *since)?;
        let left_out = std::mem::take(self).left_out;
        (left_out > 0).then_some(left_out)
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
    fn the_first_of_an_hour_are_noted_and_the_others_counted() {
        let mut flood = Flood::default();
        for _ in 0..MOST {
            assert_eq!(flood.failure(at(0)), Noted { is_noted: true, left_out: None });
        }
        for _ in 0..5 {
            assert_eq!(flood.failure(at(3599)), Noted { is_noted: false, left_out: None });
        }
        assert_eq!(flood.left_out(at(3599)), None);
        assert_eq!(flood.failure(at(3600)), Noted { is_noted: true, left_out: Some(5) });
        assert_eq!(flood.left_out(at(9000)), None);
    }

    proptest! {
        /// Whenever they come: none is forgotten, and of any hour no more than twice the limit are noted.
        #[test]
        fn every_failure_is_noted_or_counted(pauses in prop::collection::vec(0_u64..400, 1..500)) {
            let (mut flood, mut time, mut noted, mut counted) = (Flood::default(), 0, Vec::new(), 0);
            for pause in &pauses {
                time += pause;
                let found = flood.failure(at(time));
                if found.is_noted {
                    noted.push(time);
                }
                counted += found.left_out.unwrap_or(0);
            }
            counted += flood.left_out(at(time + 3600)).unwrap_or(0);
            prop_assert_eq!(noted.len() + counted as usize, pauses.len());
            for first in &noted {
                let of_hour = noted.iter().filter(|time| (*first..*first + 3600).contains(*time)).count();
                prop_assert!(of_hour <= 2 * MOST as usize);
            }
        }
    }
}
