//! Two-factor authentication: turned on and off by the user after checking the password. Everything here waits for the disk
//! and for the hashing queue.

use super::random::random;
use super::sign_in::ALL_ADDRESSES;
use super::{Access, AccessError, ChangeError};
use crate::audit::{AuditContext, AuditTarget};
use serde_json::json;
use std::net::IpAddr;
use std::sync::PoisonError;
use std::time::Duration;
use watchglass_auth::{
    Credential, Digest, Password, PasswordHash, Principal, RECOVERY_CODES, SecondFactor, TotpSecret,
};
use watchglass_model::Timestamp;

/// Issuer name in the authenticator app, next to the user name.
const ISSUER: &str = "Watchglass";

/// A new TOTP secret, to be entered in an authenticator app.
#[derive(Clone, Debug)]
pub(crate) struct Enrolment {
    /// The secret in groups of four characters.
    pub(crate) groups: String,
    /// `otpauth` URI, for apps on the same device.
    pub(crate) uri: String,
}

impl Enrolment {
    /// A new secret for the user of that name.
    ///
    /// # Errors
    /// No random numbers are available.
    pub(crate) fn new(name: &str) -> Result<Self, ChangeError> {
        Ok(Self::from_secret(&TotpSecret::new(random().map_err(AccessError::from)?), name))
    }

    /// The secret that was shown before, as the form sends it back; `None` if it is invalid.
    pub(crate) fn resume(text: &str, name: &str) -> Option<Self> {
        TotpSecret::parse(text).map(|secret| Self::from_secret(&secret, name))
    }

    fn from_secret(secret: &TotpSecret, name: &str) -> Self {
        let mut groups = String::with_capacity(40);
        for (index, letter) in secret.text().chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                groups.push(' ');
            }
            groups.push(letter);
        }
        Self { groups, uri: secret.uri(ISSUER, name) }
    }
}

impl Access {
    /// Turns the second factor on for the caller after checking password and code. Returns the recovery codes, which are shown
    /// only once. The caller's other sessions end.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn enable_second_factor(
        &self,
        actor: &AuditContext,
        pass: &Principal,
        (secret, code, password): (&str, &str, String),
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Vec<String>, ChangeError> {
        let own = own_session(pass)?;
        let secret = TotpSecret::parse(secret).ok_or(ChangeError::SecretMismatch)?;
        let mut bytes = [[0; 16]; RECOVERY_CODES];
        for code in &mut bytes {
            *code = random().map_err(AccessError::from)?;
        }
        let known = self.verify_password(actor, &pass.name, password, address, now)?;
        self.reset_throttle(&pass.name, address);
        let (factor, codes) =
            SecondFactor::enrol(secret, code, &bytes, now).ok_or(ChangeError::CodeMismatch)?;
        self.change(|accounts| {
            // In the meantime the session may have ended, or another process may have set a password.
            let is_same = accounts.user(&pass.name).is_some_and(|user| user.password == known);
            if !is_same || accounts.authenticate(pass.credential, now).is_err() {
                return Ok(Err(ChangeError::WrongPassword));
            }
            Ok(Ok(accounts.enable_second_factor(&pass.name, factor, Some(own), now)?))
        })??;
        let to = json!({ "second_factor": true });
        actor.record(AuditTarget::User, "changed", &pass.name, (None, Some(to)));
        tracing::info!(name = pass.name, "second factor enabled");
        Ok(codes)
    }

    /// Turns the second factor of the caller off after checking password and code. A wrong code counts like a wrong password.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn disable_second_factor(
        &self,
        actor: &AuditContext,
        pass: &Principal,
        (code, password): (&str, String),
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        own_session(pass)?;
        let wrong = |error: ChangeError| match error {
            ChangeError::WrongPassword => ChangeError::WrongCode,
            error => error,
        };
        let known = self.verify_password(actor, &pass.name, password, address, now).map_err(wrong)?;
        let delays = || self.login_throttle.lock().unwrap_or_else(PoisonError::into_inner);
        let is_throttled = delays().try_login(&pass.name, ALL_ADDRESSES, now).is_err();
        let is_off = self.change(|accounts| {
            let is_same = accounts.user(&pass.name).is_some_and(|user| user.password == known);
            let is_valid = is_same && !is_throttled && accounts.authenticate(pass.credential, now).is_ok();
            if !is_valid || !accounts.verify_code(&pass.name, code, now) {
                return Ok(false);
            }
            accounts.disable_second_factor(&pass.name, now)?;
            Ok(true)
        })?;
        if !is_off {
            actor.record_failure(Some(&pass.name), "second factor change failed");
            return Err(ChangeError::WrongCode);
        }
        self.reset_throttle(&pass.name, address);
        delays().succeeded(&pass.name, ALL_ADDRESSES);
        let (from, to) = (json!({ "second_factor": true }), json!({ "second_factor": false }));
        actor.record(AuditTarget::User, "changed", &pass.name, (Some(from), Some(to)));
        tracing::info!(name = pass.name, "second factor disabled");
        Ok(())
    }

    /// Checks the password of a signed-in user; this counts as a failed attempt until the throttle is reset. Returns the hash
    /// that matched.
    pub(super) fn verify_password(
        &self,
        actor: &AuditContext,
        name: &str,
        typed: String,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<PasswordHash, ChangeError> {
        let throttled = |wait: Duration| ChangeError::Throttled(wait.as_secs() + 1);
        let delays = || self.login_throttle.lock().unwrap_or_else(PoisonError::into_inner);
        delays().try_login(name, &address.to_string(), now).map_err(throttled)?;
        let known = self.with_accounts(|accounts| accounts.user(name).map(|user| user.password.clone()));
        let (known, typed) = known.zip(Password::from_input(typed)).ok_or(ChangeError::WrongPassword)?;
        let hash = known.clone();
        if self.run_in_hash_queue(move || hash.verify(&typed))? {
            return Ok(known);
        }
        actor.record_failure(Some(name), "password change failed");
        Err(ChangeError::WrongPassword)
    }

    /// Resets the throttle after a successful check, so that the next attempt needs no wait.
    pub(super) fn reset_throttle(&self, name: &str, address: IpAddr) {
        let mut delays = self.login_throttle.lock().unwrap_or_else(PoisonError::into_inner);
        delays.succeeded(name, &address.to_string());
    }
}

fn own_session(pass: &Principal) -> Result<Digest, ChangeError> {
    match pass.credential {
        Credential::Session(own) => Ok(own),
        Credential::Token(_) => Err(ChangeError::NotAUser),
    }
}
