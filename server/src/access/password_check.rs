//! Hashing and checking of passwords in the hashing queue, and throttling of failed attempts. For threads that may block.

use super::hasher::{HashCaller, HasherBusy};
use super::random::random;
use super::{Access, AccessError};
use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::Handle;
use watchglass_auth::{Digest, LoginThrottle, Password, PasswordHash};

/// Why a password was not hashed.
#[derive(Debug, Error)]
pub(crate) enum HashError {
    #[error(transparent)]
    Busy(#[from] HasherBusy),
    /// No random numbers are available.
    #[error(transparent)]
    Random(#[from] AccessError),
}

impl Access {
    /// Hashes a password that the user `caller` has set.
    ///
    /// # Errors
    /// The hashing queue is full, or no random numbers are available.
    pub(crate) fn hash_password(&self, caller: &str, password: Password) -> Result<PasswordHash, HashError> {
        let salt = random().map_err(AccessError::from)?;
        Ok(self.run_in_hash_queue(caller, move || PasswordHash::new(&password, &salt))?)
    }

    /// Whether a password that the user `caller` has entered matches a hash.
    ///
    /// # Errors
    /// The hashing queue is full.
    pub(crate) fn matches(
        &self,
        caller: &str,
        hash: PasswordHash,
        password: Password,
    ) -> Result<bool, HasherBusy> {
        self.run_in_hash_queue(caller, move || hash.verify(&password))
    }

    /// Counts an attempt with a password or code in a session as failed, until the throttle is reset. It is counted for the
    /// session: others must not delay a signed-in user, whatever their address.
    ///
    /// # Errors
    /// Too many failed attempts: the time to wait.
    pub(crate) fn throttle(&self, name: &str, session: Digest, uptime: Duration) -> Result<(), Duration> {
        self.login_throttle().try_login(name, &session.to_string(), uptime)
    }

    /// Takes an attempt back whose password was not checked.
    pub(crate) fn cancel_attempt(&self, name: &str, session: Digest) {
        self.login_throttle().cancelled(name, &session.to_string());
    }

    /// Resets the throttle after a successful check, so that the next attempt needs no wait.
    pub(crate) fn reset_throttle(&self, name: &str, session: Digest) {
        self.login_throttle().succeeded(name, &session.to_string());
    }

    pub(super) fn login_throttle(&self) -> MutexGuard<'_, LoginThrottle> {
        self.login_throttle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Runs slow work in the hashing queue, and waits for it.
    fn run_in_hash_queue<T: Send + 'static>(
        &self,
        caller: &str,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, HasherBusy> {
        Handle::current().block_on(self.hasher.run(HashCaller::User(caller.to_owned()), work))
    }
}
