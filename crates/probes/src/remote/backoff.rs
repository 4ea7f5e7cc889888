//! Patience with a server that cannot be reached.

use crate::ProbeError;

/// The most rounds that are left out between two attempts.
const MOST_ROUNDS: u32 = 5;

/// Leaves out more and more rounds while a server cannot be reached: one, three, then five after each attempt.
/// The first failure is followed by an attempt at once, for most are a restart.
#[derive(Debug, Default)]
pub(crate) struct Backoff {
    failures: u32,
    left_out: u32,
    error: Option<ProbeError>,
}

impl Backoff {
    /// Whether this round may try to connect.
    ///
    /// # Errors
    /// Why the last attempt failed, when this round is left out.
    pub(crate) fn permit(&mut self) -> Result<(), ProbeError> {
        match &self.error {
            Some(error) if self.left_out > 0 => {
                self.left_out -= 1;
                Err(error.clone())
            }
            _ => Ok(()),
        }
    }

    /// Notes that an attempt failed.
    pub(crate) fn failed(&mut self, error: &ProbeError) {
        self.left_out = (2 * self.failures).saturating_sub(1).min(MOST_ROUNDS);
        self.failures = self.failures.saturating_add(1).min(MOST_ROUNDS);
        self.error = Some(error.clone());
    }

    /// Notes that the server answers.
    pub(crate) fn succeeded(&mut self) {
        *self = Self::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_remote::RemoteError;

    #[test]
    fn rounds_are_left_out_while_it_fails_and_no_longer() {
        let error = RemoteError::Unreachable { instance: "a:1".to_owned(), reason: "refused".to_owned() };
        let error = ProbeError::Remote(error);
        let mut backoff = Backoff::default();
        for _ in 0..2 {
            let tried: String = (0..24)
                .map(|_| match backoff.permit() {
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
