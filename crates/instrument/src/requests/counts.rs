//! Request counts by outcome.

use super::StatusClass;
use super::class::CLASSES;

/// Number of finished requests by outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    answered: [u64; CLASSES],
    cancelled: u64,
}

impl Counts {
    pub(crate) fn new(answered: [u64; CLASSES], cancelled: u64) -> Self {
        Self { answered, cancelled }
    }

    /// Requests answered with a status of that class.
    pub fn of(&self, class: StatusClass) -> u64 {
        self.answered.get(class as usize).copied().unwrap_or_default()
    }

    /// Answered requests.
    pub fn answered(&self) -> u64 {
        self.answered.iter().fold(0, |sum, count| sum.saturating_add(*count))
    }

    /// Requests cancelled before a response.
    pub fn cancelled(&self) -> u64 {
        self.cancelled
    }

    /// Finished requests, answered or cancelled.
    pub fn ended(&self) -> u64 {
        self.answered().saturating_add(self.cancelled)
    }

    /// Share of 5xx responses; `None` without responses.
    pub fn error_ratio(&self) -> Option<f64> {
        let answered = self.answered();
        (answered > 0).then(|| self.of(StatusClass::ServerError) as f64 / answered as f64)
    }

    /// The sum.
    #[must_use]
    pub fn plus(&self, more: &Self) -> Self {
        self.with(more, u64::saturating_add)
    }

    /// The increase since `earlier`.
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
    fn counts_add_and_subtract() {
        let counts = Counts::new([0, 6, 1, 2, 1], 3);
        assert_eq!((counts.answered(), counts.ended(), counts.error_ratio()), (10, 13, Some(0.1)));
        assert_eq!(counts.plus(&counts).since(&counts), counts);
        assert_eq!(Counts::default().since(&counts), Counts::default());
        assert_eq!(Counts::new([0; 5], 3).error_ratio(), None, "nothing was answered");
    }
}
