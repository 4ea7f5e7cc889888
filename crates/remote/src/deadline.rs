//! A moment by which something must be done.

use std::io::{Error, ErrorKind};
use std::time::{Duration, Instant};

/// A moment by which something must be done.
#[derive(Clone, Copy, Debug)]
pub struct Deadline {
    end: Instant,
    /// The time there was at the beginning, for messages.
    pub within: Duration,
}

impl Deadline {
    /// The moment that far from now.
    pub fn within(within: Duration) -> Self {
        Self { end: Instant::now() + within, within }
    }

    /// The time that is left; never zero, for sockets take zero for "no limit".
    ///
    /// # Errors
    /// Of kind [`ErrorKind::TimedOut`] when none is left.
    pub fn left(&self) -> Result<Duration, Error> {
        match self.end.saturating_duration_since(Instant::now()) {
            Duration::ZERO => Err(ErrorKind::TimedOut.into()),
            left => Ok(left),
        }
    }
}

/// Whether an error of a socket says that time was up.
pub fn is_timeout(error: &Error) -> bool {
    // Linux reports a read that took too long as one that would have to wait.
    matches!(error.kind(), ErrorKind::TimedOut | ErrorKind::WouldBlock)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_it_is_over_nothing_is_left() {
        assert!(is_timeout(&Deadline::within(Duration::ZERO).left().unwrap_err()));
        let left = Deadline::within(Duration::from_secs(3600)).left().unwrap();
        assert!(!left.is_zero() && left <= Duration::from_secs(3600), "{left:?}");
    }
}
