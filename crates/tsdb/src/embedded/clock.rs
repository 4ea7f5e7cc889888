//! Confirmed time for retention, robust against clock jumps.

use std::collections::VecDeque;

/// Number of batches that must agree: one hour at one per second.
const CONFIRMATIONS: usize = 3600;

/// Times of the newest batches. A forward clock jump counts only after confirmation; a backward one counts at once,
/// because it deletes nothing.
#[derive(Debug, Default)]
pub(crate) struct Clock(VecDeque<i64>);

impl Clock {
    /// Records the time of a batch.
    pub(crate) fn note(&mut self, millis: i64) {
        if self.0.len() >= CONFIRMATIONS {
            self.0.pop_front();
        }
        self.0.push_back(millis);
    }

    /// The confirmed lower bound of the current time; `None` with too few batches.
    pub(crate) fn confirmed(&self) -> Option<i64> {
        self.0.iter().copied().min().filter(|_| self.0.len() >= CONFIRMATIONS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forward_jumps_need_confirmation() {
        let mut clock = Clock::default();
        (0..3599).for_each(|second| clock.note(second));
        assert_eq!(clock.confirmed(), None);
        clock.note(3599);
        assert_eq!(clock.confirmed(), Some(0));
        clock.note(1_000_000);
        assert_eq!(clock.confirmed(), Some(1));
        clock.note(-7);
        assert_eq!(clock.confirmed(), Some(-7));
        (0..3600).for_each(|second| clock.note(2_000_000 + second));
        assert_eq!(clock.confirmed(), Some(2_000_000));
    }
}
