//! Numbers of requests by outcome.

use super::StatusClass;
use super::class::CLASSES;

/// How many requests ended, by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    answered: [u64; CLASSES],
    cancelled: u64,
}

impl Counts {
    pub(crate) fn new(answered: [u64; CLASSES], cancelled: u64) -> Self {
        Self { answered, cancelled }
    }

    /// Requests that were answered with a status of that class.
    pub fn of(&self, class: StatusClass) -> u64 {
        self.answered.get(class as usize).copied().unwrap_or_default()
    }

    /// Requests that were answered.
    pub fn answered(&self) -> u64 {
        self.answered.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Requests that were given up before there was an answer.
    pub fn cancelled(&self) -> u64 {
        self.cancelled
    }

    /// Requests that ended, either way.
    pub fn ended(&self) -> u64 {
        self.answered().saturating_add(self.cancelled)
    }

    /// The part of the answers that were faults of the server; `None` when there were no answers.
    pub fn error_ratio(&self) -> Option<f64> {
        let answered = self.answered();
        (answered > 0).then(|| self.of(StatusClass::ServerError) as f64 / answered as f64)
    }

    /// Both together.
    #[must_use]
    pub fn plus(&self, more: &Self) -> Self {
        self.with(more, u64::saturating_add)
    }

    /// What is in this and not in `earlier`.
    #[must_use]
    pub fn since(&self, earlier: &Self) -> Self {
        self.with(earlier, u64::saturating_sub)
    }

    fn with(&self, other: &Self, combine: impl Fn(u64, u64) -> u64) -> Self {
        let mut answered = self.answered;
        for (count, other) in answered.iter_mut().zip(other.answered) {
            *count = combine(*count, other);
        }
        Self { answered, cancelled: combine(self.cancelled, other.cancelled) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn add_up_and_tell_their_difference() {
        let counts = Counts::new([0, 6, 1, 2, 1], 3);
        assert_eq!((counts.answered(), counts.ended(), counts.error_ratio()), (10, 13, Some(0.1)));
        assert_eq!(counts.plus(&counts).since(&counts), counts);
        assert_eq!(Counts::default().since(&counts), Counts::default());
        assert_eq!(Counts::new([0; 5], 3).error_ratio(), None, "nothing was answered");
    }
}
