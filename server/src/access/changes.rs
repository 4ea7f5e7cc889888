//! Changes of users, tokens and sessions by signed-in users. Everything here waits for the disk, and setting a password
//! also for the hashing queue: call it from threads that may block.

use super::random::random;
use super::{Access, AccessError};
use crate::audit::{AuditContext, AuditTarget};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::Handle;
use watchglass_auth::{
    Accounts, AccountsError, Credential, Password, PasswordError, PasswordHash, Principal, Role, Secret,
    TokenState,
};
use watchglass_model::Timestamp;

/// The longest lifetime of a token in days, the same as on the command line.
pub(crate) const MAX_TOKEN_DAYS: u32 = 3650;

/// Why a change was rejected.
#[derive(Debug, Error)]
pub(crate) enum ChangeError {
    /// The accounts rejected it.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The new password is invalid.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The current password is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The current password or the code is wrong.
    #[error("the current password or the code is wrong; each code is valid once, for 30 seconds")]
    WrongCode,
    /// The code does not match the secret.
    #[error("the code does not match: check the secret and the clock in the authenticator app")]
    CodeMismatch,
    /// The secret is not the one that was shown.
    #[error("the secret does not match the one that was shown: start again")]
    SecretMismatch,
    /// Too many attempts failed.
    #[error("too many failed attempts: try again in {0} s")]
    Throttled(u64),
    /// The hashing queue is full.
    #[error("too many password checks in progress: try again in a moment")]
    Busy,
    /// A token has no password.
    #[error("only signed-in users have a password; to replace a token, create a new one")]
    NotAUser,
}

impl ChangeError {
    /// HTTP status and error code of the response.
    pub(crate) fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Access(AccessError::Accounts(error)) => match error {
                AccountsError::UnknownUser(_) => (StatusCode::NOT_FOUND, "no_user"),
                AccountsError::UnknownToken(_) => (StatusCode::NOT_FOUND, "no_token"),
                AccountsError::UnknownSession => (StatusCode::NOT_FOUND, "no_session"),
                AccountsError::UserExists(_) => (StatusCode::CONFLICT, "taken"),
                AccountsError::LastAdministrator(_) => (StatusCode::CONFLICT, "last_administrator"),
                AccountsError::AmbiguousToken { .. } => (StatusCode::CONFLICT, "several_tokens"),
                AccountsError::LimitReached(_) => (StatusCode::CONFLICT, "too_many"),
                AccountsError::SecondFactorEnabled(_) | AccountsError::SecondFactorDisabled(_) => {
                    (StatusCode::CONFLICT, "second_factor")
                }
                AccountsError::Name(_) | AccountsError::IngestUser => {
                    (StatusCode::BAD_REQUEST, "bad_parameter")
                }
            },
            Self::Access(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Password(_) => (StatusCode::BAD_REQUEST, "bad_password"),
            Self::WrongPassword | Self::WrongCode => (StatusCode::FORBIDDEN, "bad_credentials"),
            Self::CodeMismatch | Self::SecretMismatch => (StatusCode::BAD_REQUEST, "bad_code"),
            Self::Throttled(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::NotAUser => (StatusCode::CONFLICT, "no_person"),
        }
    }

    /// The message for the user. Details of an internal error go to the log only.
    pub(crate) fn user_message(&self) -> String {
        if self.status_and_code().0 == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = %self, "account change failed");
            return "Internal error: see the server log".to_owned();
        }
        self.to_string()
    }
}

/// Changes of a user. `None` leaves a field unchanged.
#[derive(Debug, Default)]
pub(crate) struct UserChange {
    /// Admin or viewer.
    pub(crate) role: Option<Role>,
    /// Whether the user may not sign in.
    pub(crate) disabled: Option<bool>,
    pub(crate) password: Option<String>,
    /// Whether to turn the second factor off.
    pub(crate) remove_second_factor: bool,
}

impl Access {
    /// Reads from the accounts in memory.
    pub(crate) fn with_accounts<T>(&self, read: impl FnOnce(&Accounts) -> T) -> T {
        read(&self.loaded().accounts)
    }

    /// Adds a user.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn add_user(
        &self,
        actor: &AuditContext,
        name: &str,
        role: Role,
        password: String,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let hash = self.hash_password(Password::new(password)?)?;
        self.change(|accounts| Ok(accounts.add_user(name, role, hash, now)?))?;
        actor.record(AuditTarget::User, "added", &name.to_ascii_lowercase(), (None, self.audited_user(name)));
        tracing::info!(name, %role, "user added");
        Ok(())
    }

    /// Changes a user atomically. A change ends their sessions.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn change_user(
        &self,
        actor: &AuditContext,
        name: &str,
        change: UserChange,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let UserChange { role, disabled, password, remove_second_factor: is_factor_off } = change;
        let hash = password.map(|password| self.hash_password(Password::new(password)?)).transpose()?;
        let is_password = hash.is_some();
        let before = self.audited_user(name);
        self.change(|accounts| {
            if let Some(role) = role {
                accounts.set_role(name, role, now)?;
            }
            if let Some(disabled) = disabled {
                accounts.set_disabled(name, disabled, now)?;
            }
            if let Some(hash) = hash {
                accounts.set_password(name, hash, now)?;
            }
            if is_factor_off {
                accounts.disable_second_factor(name, now)?;
            }
            Ok(())
        })?;
        let mut after = self.audited_user(name);
        if let (true, Some(Value::Object(after))) = (is_password, &mut after) {
            after.insert("password".to_owned(), json!("changed"));
        }
        actor.record(AuditTarget::User, "changed", &name.to_ascii_lowercase(), (before, after));
        tracing::info!(name, ?role, ?disabled, is_password, is_factor_off, "user changed");
        Ok(())
    }

    /// Sets the caller's own password after checking the current one. Their other sessions end.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn change_own_password(
        &self,
        actor: &AuditContext,
        pass: &Principal,
        (old, new): (String, String),
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let Credential::Session(own) = pass.credential else { return Err(ChangeError::NotAUser) };
        let new = Password::new(new)?;
        let name = pass.name.as_str();
        let known = self.verify_password(actor, name, old, address, now)?;
        self.reset_throttle(name, address);
        let hash = self.hash_password(new)?;
        let is_done = self.change(|accounts| {
            // In the meantime the session may have ended, or another process may have set a password.
            let is_same = accounts.user(name).is_some_and(|user| user.password == known);
            if !is_same || accounts.authenticate(pass.credential, now).is_err() {
                return Ok(false);
            }
            accounts.change_password(name, hash, Some(own), now)?;
            Ok(true)
        })?;
        if !is_done {
            return Err(ChangeError::WrongPassword);
        }
        let to = json!({ "password": "changed" });
        actor.record(AuditTarget::User, "changed", name, (None, Some(to)));
        tracing::info!(name, "password changed");
        Ok(())
    }

    /// Creates a token, valid for `days` or until it is revoked.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn add_token(
        &self,
        actor: &AuditContext,
        name: &str,
        role: Role,
        days: Option<u32>,
        now: Timestamp,
    ) -> Result<Secret, ChangeError> {
        let secret = Secret::new(random().map_err(AccessError::from)?);
        let expires = days.map(|days| now + Duration::from_secs(86_400) * days);
        self.change(|accounts| {
            accounts.remove_expired(now);
            Ok(accounts.add_token(name, role, expires, &secret, now)?)
        })?;
        let to = json!({ "id": secret.digest().short(), "role": role, "days": days });
        actor.record(AuditTarget::Token, "added", name, (None, Some(to)));
        tracing::info!(name, %role, "token created");
        Ok(secret)
    }

    /// Revokes the valid token of that id or name.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn revoke_token(
        &self,
        actor: &AuditContext,
        which: &str,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let (name, id) = self.change(|accounts| {
            let valid = accounts.tokens().into_iter().filter(|token| token.state(now) == TokenState::Active);
            let mut named = valid.filter(|token| token.name == which || token.digest.short() == which);
            let named = named.next().map(|token| (token.name.clone(), token.digest.short()));
            accounts.revoke_token(which, now)?;
            Ok(named.unwrap_or_default())
        })?;
        actor.record(AuditTarget::Token, "revoked", &name, (Some(json!({ "id": id })), None));
        tracing::info!(which, "token revoked");
        Ok(())
    }

    /// Ends a session; with `only`, just if it belongs to that user.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn end_session(
        &self,
        actor: &AuditContext,
        id: &str,
        only: Option<&str>,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let ended = self.change(|accounts| {
            let ended = accounts.revoke_session(id, now)?;
            // A change that fails is not saved.
            let is_theirs = only.is_none_or(|only| only == ended.user);
            if is_theirs { Ok(ended) } else { Err(AccountsError::UnknownSession.into()) }
        })?;
        let from = json!({ "id": ended.digest.short() });
        actor.record(AuditTarget::Session, "ended", &ended.user, (Some(from), None));
        tracing::info!(user = ended.user, "session ended");
        Ok(())
    }

    /// The audited fields of a user.
    fn audited_user(&self, name: &str) -> Option<Value> {
        let name = name.to_ascii_lowercase();
        let value = |user: &watchglass_auth::User| json!({ "role": user.role, "disabled": user.disabled, "second_factor": user.second_factor.is_some() });
        self.with_accounts(|accounts| accounts.users().find(|user| user.name == name).map(value))
    }

    pub(super) fn hash_password(&self, password: Password) -> Result<PasswordHash, ChangeError> {
        let salt = random().map_err(AccessError::from)?;
        self.run_in_hash_queue(move || PasswordHash::new(&password, &salt))
    }

    /// Runs slow work in the hashing queue, and waits for it.
    pub(super) fn run_in_hash_queue<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ChangeError> {
        Handle::current().block_on(self.hasher.run(work)).map_err(|_| ChangeError::Busy)
    }
}
