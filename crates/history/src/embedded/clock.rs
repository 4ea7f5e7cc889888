//! What time it is, as far as that can be believed when old data is to be deleted.

use std::collections::VecDeque;

/// Batches that must agree: an hour of them at one a second.
const CONFIRMATIONS: usize = 3600;

/// The times of the newest batches. A clock that jumps ahead is believed only when it stays there; one that jumps back
/// at once, because that deletes nothing.
#[derive(Debug, Default)]
pub(crate) struct Clock(VecDeque<i64>);

impl Clock {
    /// Notes the time of a batch.
    pub(crate) fn note(&mut self, millis: i64) {
        if self.0.len() >= CONFIRMATIONS {
            self.0.pop_front();
        }
        self.0.push_back(millis);
    }

    /// The time that it is at least; `None` while too little was seen.
    pub(crate) fn confirmed(&self) -> Option<i64> {
        self.0.iter().copied().min().filter(|_| self.0.len() >= CONFIRMATIONS)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_jump_ahead_must_last_and_one_back_need_not() {
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
