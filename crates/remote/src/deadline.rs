//! Deadline of an operation.

use std::io::{Error, ErrorKind};
use std::time::{Duration, Instant};

/// Deadline of an operation.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    end: Instant,
    /// The original timeout, for error messages.
    pub timeout: Duration,
}

impl Deadline {
    /// A deadline `within` from now.
    pub fn after(within: Duration) -> Self {
        Self { end: Instant::now() + within, timeout: within }
    }

    /// A deadline for the first of `count` equal parts of the remaining time.
    #[must_use]
    pub fn share(&self, count: usize) -> Self {
        let left = self.end.saturating_duration_since(Instant::now());
        Self::after(left / u32::try_from(count.max(1)).unwrap_or(u32::MAX))
    }

    /// Remaining time; never zero, because a zero socket timeout means "no limit".
    ///
    /// # Errors
    /// Of kind [`ErrorKind::TimedOut`] after the deadline.
    pub fn remaining(&self) -> Result<Duration, Error> {
        match self.end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(ErrorKind::TimedOut.into()),
            left => Ok(left),
        }
    }
}

/// Whether a socket error is a timeout.
pub fn is_timeout(error: &Error) -> bool {
    // Linux reports a read timeout as WouldBlock.
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_expired_deadline_has_no_time_left() {
        assert!(is_timeout(&Deadline::after(Duration::ZERO).remaining().unwrap_err()));
        let left = Deadline::after(Duration::from_secs(3600)).remaining().unwrap();
        assert!(!left.is_zero() && left <= Duration::from_secs(3600), "{left:?}");
        let share = Deadline::after(Duration::from_secs(3600)).share(4).timeout;
        assert!(share <= Duration::from_secs(900) && share > Duration::from_secs(800), "{share:?}");
    }
}
