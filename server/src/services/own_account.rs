//! What users change about themselves: password and second factor, after entering the current password. Waits for the disk
//! and for the hashing queue.

use super::AccountError;
use crate::access::{Access, Enrolment, recovery_bytes};
use crate::audit::{Actor, AuditTarget};
use crate::clock;
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use watchglass_auth::{
    Accounts, Credential, Digest, Password, PasswordHash, Principal, SecondFactor, TotpSecret,
};
use watchglass_model::Timestamp;

/// Changes of the actor's own account.
#[derive(Clone, Debug)]
pub(crate) struct OwnAccountService {
    pub(crate) access: Arc<Access>,
}

impl OwnAccountService {
    /// Sets the password after checking the current one. The other sessions of the user end.
    ///
    /// # Errors
    /// Not a signed-in user, an invalid or wrong password, too many failed attempts, or a failed write.
    pub(crate) fn change_password(
        &self,
        actor: &Actor,
        (old, new): (String, String),
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let (user, session) = signed_in_user(actor)?;
        let new = Password::new(new)?;
        let name = user.name.as_str();
        let known = self.check_password(actor, name, old, session)?;
        self.access.reset_throttle(name, session);
        let hash = self.access.hash_password(name, new)?;
        let is_done = self.access.change(|accounts| {
            if !is_unchanged(accounts, user, &known, now) {
                return Ok(false);
            }
            accounts.change_password(name, hash, Some(session), now)?;
            Ok(true)
        })?;
        if !is_done {
            return Err(AccountError::WrongPassword);
        }
        let to = json!({ "password": "changed" });
        actor.record(AuditTarget::User, "changed", name, (None, Some(to)));
        tracing::info!(name, "password changed");
        Ok(())
    }

    /// A new secret for an authenticator app. Changes nothing.
    ///
    /// # Errors
    /// Not a signed-in user, or no random numbers are available.
    pub(crate) fn begin_second_factor(&self, actor: &Actor) -> Result<Enrolment, AccountError> {
        let (user, _) = signed_in_user(actor)?;
        actor.record_nothing();
        Ok(Enrolment::new(&user.name)?)
    }

    /// Turns the second factor on after checking password and code. Returns the recovery codes, which are shown only once. The
    /// other sessions of the user end.
    ///
    /// # Errors
    /// Not a signed-in user, an invalid secret, a wrong password or code, too many failed attempts, or a failed write.
    pub(crate) fn enable_second_factor(
        &self,
        actor: &Actor,
        (secret, code, password): (&str, &str, String),
        now: Timestamp,
    ) -> Result<Vec<String>, AccountError> {
        let (user, session) = signed_in_user(actor)?;
        let secret = TotpSecret::parse(secret).ok_or(AccountError::SecretMismatch)?;
        let bytes = recovery_bytes()?;
        let known = self.check_password(actor, &user.name, password, session)?;
        self.access.reset_throttle(&user.name, session);
        let (factor, codes) =
            SecondFactor::enrol(secret, code, &bytes, now).ok_or(AccountError::CodeMismatch)?;
        let is_done = self.access.change(|accounts| {
            if !is_unchanged(accounts, user, &known, now) {
                return Ok(false);
            }
            accounts.enable_second_factor(&user.name, factor, Some(session), now)?;
            Ok(true)
        })?;
        if !is_done {
            return Err(AccountError::WrongPassword);
        }
        let to = json!({ "second_factor": true });
        actor.record(AuditTarget::User, "changed", &user.name, (None, Some(to)));
        tracing::info!(name = user.name, "second factor enabled");
        Ok(codes)
    }

    /// Turns the second factor off after checking password and code. A wrong code counts like a wrong password.
    ///
    /// # Errors
    /// Not a signed-in user, a wrong password or code, too many failed attempts, or a failed write.
    pub(crate) fn disable_second_factor(
        &self,
        actor: &Actor,
        (code, password): (&str, String),
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let (user, session) = signed_in_user(actor)?;
        let wrong = |error: AccountError| match error {
            AccountError::WrongPassword => AccountError::WrongCode,
            error => error,
        };
        let known = self.check_password(actor, &user.name, password, session).map_err(wrong)?;
        let is_off = self.access.change(|accounts| {
            let is_valid = is_unchanged(accounts, user, &known, now);
            if !is_valid || !accounts.verify_code(&user.name, code, now) {
                return Ok(false);
            }
            accounts.disable_second_factor(&user.name, now)?;
            Ok(true)
        })?;
        if !is_off {
            actor.record_failure(Some(&user.name), "second factor change failed");
            return Err(AccountError::WrongCode);
        }
        self.access.reset_throttle(&user.name, session);
        let (from, to) = (json!({ "second_factor": true }), json!({ "second_factor": false }));
        actor.record(AuditTarget::User, "changed", &user.name, (Some(from), Some(to)));
        tracing::info!(name = user.name, "second factor disabled");
        Ok(())
    }

    /// Checks the password of a user; this counts as a failed attempt until the throttle is reset. Returns the hash that matched.
    fn check_password(
        &self,
        actor: &Actor,
        name: &str,
        typed: String,
        session: Digest,
    ) -> Result<PasswordHash, AccountError> {
        let throttled = |wait: Duration| AccountError::Throttled(wait.as_secs() + 1);
        self.access.throttle(name, session, clock::uptime()).map_err(throttled)?;
        let known =
            self.access.with_accounts(|accounts| accounts.user(name).map(|user| user.password.clone()));
        let (known, typed) = known.zip(Password::from_input(typed)).ok_or(AccountError::WrongPassword)?;
        let checked = self.access.matches(name, known.clone(), typed);
        if checked.is_err() {
            self.access.cancel_attempt(name, session);
        }
        if checked? {
            return Ok(known);
        }
        actor.record_failure(Some(name), "password change failed");
        Err(AccountError::WrongPassword)
    }
}

/// Whether password and session are still valid: while a password is hashed, the session may have ended, or another process
/// may have set a password.
fn is_unchanged(accounts: &Accounts, user: &Principal, known: &PasswordHash, now: Timestamp) -> bool {
    accounts.user(&user.name).is_some_and(|user| user.password == *known)
        && accounts.authenticate(user.credential, now).is_ok()
}

/// The signed-in user, with the digest of the session.
fn signed_in_user(actor: &Actor) -> Result<(&Principal, Digest), AccountError> {
    let user = actor.principal().ok_or(AccountError::NotAUser)?;
    match user.credential {
        Credential::Session(session) => Ok((user, session)),
        Credential::Token(_) => Err(AccountError::NotAUser),
    }
}
