//! Backoff for unreachable servers.

use crate::ProbeError;

/// Maximum number of skipped rounds between two attempts.
const MAX_SKIPPED_ROUNDS: u32 = 5;

/// Skips an increasing number of rounds while a server is unreachable: one, three, then five after each attempt. The
/// first failure is retried in the next round, because most are restarts.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    skipped: u32,
    error: Option<ProbeError>,
}

impl Backoff {
    /// Whether this round may connect.
    ///
    /// # Errors
    /// The error of the last attempt, if this round is skipped.
    pub(crate) fn check(&mut self) -> Result<(), ProbeError> {
        match &self.error {
            Some(error) if self.skipped > 0 => {
                self.skipped -= 1;
                Err(error.clone())
            }
            _ => Ok(()),
        }
    }

    /// Records a failed attempt.
    pub(crate) fn failed(&mut self, error: &ProbeError) {
        self.skipped = (2 * self.failures).saturating_sub(1).min(MAX_SKIPPED_ROUNDS);
        self.failures = self.failures.saturating_add(1).min(MAX_SKIPPED_ROUNDS);
        self.error = Some(error.clone());
    }

    /// Resets the backoff after a success.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_remote::RemoteError;

    #[test]
    fn rounds_are_skipped_until_a_success() {
        let error = RemoteError::Unreachable { instance: "a:1".to_owned(), reason: "refused".to_owned() };
        let error = ProbeError::Remote(error);
        let mut backoff = Backoff::default();
        for _ in 0..2 {
            let tried: String = (0..24)
                .map(|_| match backoff.check() {
                    Ok(()) => {
                        backoff.failed(&error);
                        'x'
                    }
                    Err(again) => {
                        assert_eq!(again, error);
                        '.'
                    }
                })
                .collect();
            assert_eq!(tried, "xx.x...x.....x.....x....");
            backoff.succeeded();
        }
    }
}
