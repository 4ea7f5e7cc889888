//! Signing in and out, and ending sessions.

use super::{AccountError, ErrorKind, ServiceError};
use crate::access::{Access, SignInError, SignInOrigin, SignedIn};
use crate::audit::{Actor, AuditTarget};
use crate::clock::Moment;
use crate::rate_limit::RateLimiter;
use serde_json::json;
use std::sync::Arc;
use watchglass_auth::{AccountsError, Credential, Permission};
use watchglass_model::Timestamp;

/// Seconds after which to try again while too many users sign in.
const BUSY_SECONDS: u64 = 2;

/// What a user entered to sign in.
pub(crate) struct SignInRequest {
    pub(crate) name: String,
    pub(crate) password: String,
    /// Code of the second factor; empty if none was entered.
    pub(crate) code: String,
}

impl ServiceError for SignInError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        match self {
            Self::BadCredentials => (ErrorKind::Unauthenticated, "bad_credentials"),
            Self::RateLimited(_) => (ErrorKind::Throttled, "rate_limited"),
            Self::Throttled(_) => (ErrorKind::Throttled, "too_many_attempts"),
            Self::Busy => (ErrorKind::Busy, "busy"),
            Self::Internal(_) => (ErrorKind::Internal, "internal"),
        }
    }

    fn retry_after(&self) -> Option<u64> {
        match self {
            Self::RateLimited(exceeded) => Some(exceeded.quota.retry_after_seconds()),
            Self::Throttled(wait) => Some(u64::try_from(wait.as_millis().div_ceil(1000)).unwrap_or(u64::MAX)),
            Self::Busy => Some(BUSY_SECONDS),
            Self::BadCredentials | Self::Internal(_) => None,
        }
    }
}

/// Changes of sessions.
#[derive(Clone, Debug)]
pub(crate) struct SessionService {
    pub(crate) access: Arc<Access>,
    pub(crate) limiter: Arc<RateLimiter>,
}

impl SessionService {
    /// Signs a user in.
    ///
    /// # Errors
    /// Wrong credentials, too many failed attempts, too many sign-ins at once, or a failed write.
    pub(crate) async fn sign_in(
        &self,
        actor: &Actor,
        request: SignInRequest,
        origin: SignInOrigin,
        now: Moment,
    ) -> Result<SignedIn, SignInError> {
        let SignInRequest { name, password, code } = request;
        let address = origin.address;
        let permit = self.limiter.acquire_sign_in(&name, origin.throttle_source(&name), now.uptime);
        let permit = permit.map_err(SignInError::RateLimited)?;
        let signed_in = self.access.sign_in(&name, (password, code), origin, now).await;
        if !matches!(signed_in, Err(SignInError::BadCredentials)) {
            permit.refund();
        }
        let known =
            || self.access.with_accounts(|accounts| accounts.user(&name).map(|user| user.name.clone()));
        match &signed_in {
            Ok(SignedIn { principal, .. }) => {
                let actor = actor.signed_in_as(principal);
                actor.record(AuditTarget::Session, "signed in", &principal.name, (None, None));
                tracing::info!(user = principal.name, %address, "user signed in");
            }
            Err(SignInError::BadCredentials) => actor.record_failure(known().as_deref(), "sign-in failed"),
            Err(SignInError::Throttled(_) | SignInError::RateLimited(_)) => {
                actor.record_failure(known().as_deref(), "kept waiting")
            }
            Err(SignInError::Busy | SignInError::Internal(_)) => {}
        }
        signed_in
    }

    /// Signs the actor out: ends the session and its live connections. Does nothing for a token. Waits for the disk; if that
    /// cannot be written, the session ends in memory.
    ///
    /// # Errors
    /// Those of the accounts.
    pub(crate) fn sign_out(&self, actor: &Actor, now: Timestamp) -> Result<(), AccountError> {
        let Some(user) = actor.principal() else { return Ok(()) };
        let Credential::Session(session) = user.credential else { return Ok(()) };
        self.access.sign_out(session, now)?;
        actor.record(AuditTarget::Session, "signed out", &user.name, (None, None));
        tracing::info!(user = user.name, "user signed out");
        Ok(())
    }

    /// Ends a session and its live connections; an administrator may end all, others only their own. Waits for the disk.
    ///
    /// # Errors
    /// No permission, no such session, or a failed write.
    pub(crate) fn end(&self, actor: &Actor, id: &str, now: Timestamp) -> Result<(), AccountError> {
        actor.require(Permission::Viewer)?;
        let is_allowed = |user: &str| actor.allows(Permission::Admin) || user == actor.name();
        let ended = self.access.change(|accounts| {
            let ended = accounts.revoke_session(id, now)?;
            // A change that fails is not saved.
            if is_allowed(&ended.user) { Ok(ended) } else { Err(AccountsError::UnknownSession.into()) }
        })?;
        let from = json!({ "id": ended.digest.short() });
        actor.record(AuditTarget::Session, "ended", &ended.user, (Some(from), None));
        tracing::info!(user = ended.user, "session ended");
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn wait_is_rounded_up_to_seconds() {
        for (millis, seconds) in [(1, 1), (1000, 1), (1001, 2), (900_000, 900)] {
            let error = SignInError::Throttled(Duration::from_millis(millis));
            assert_eq!(error.retry_after(), Some(seconds));
            assert!(error.to_string().ends_with(&format!("try again in {seconds} s")), "{error}");
        }
    }
}
