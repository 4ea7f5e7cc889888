//! Who may call, changed by people who are signed in. Everything here waits for the disk, and what sets a password for its
//! turn to be hashed: it is called from threads that may wait.

use super::random::random;
use super::{Access, AccessError};
use crate::audit::{Actor, What};
use axum::http::StatusCode;
use serde_json::{Value, json};
use std::net::IpAddr;
use std::time::Duration;
use thiserror::Error;
use tokio::runtime::Handle;
use watchglass_access::{
    Book, BookError, By, Pass, Password, PasswordError, PasswordHash, Role, Secret, Standing,
};
use watchglass_model::Timestamp;

/// A token can be made for so many days at most, as by the command.
pub(crate) const MOST_DAYS: u32 = 3650;

/// Why it is not changed.
#[derive(Debug, Error)]
pub(crate) enum ChangeError {
    /// The book does not take it.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The new password cannot be.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The password that was typed to prove who it is, is another.
    #[error("the password that you have now is another one")]
    Wrong,
    /// The password or the code that was typed to prove who it is, is another.
    #[error(
        "the password that you have now or the code is another one; a code is good once, for half a minute"
    )]
    WrongCode,
    /// What the app shows is no code of the secret.
    #[error("the code is not what the app should show now: look whether secret and time are right in it")]
    NoCode,
    /// What came back is not what was shown.
    #[error("the secret is not the one that was shown: begin again")]
    NoSecret,
    /// Too many attempts failed.
    #[error("too many attempts failed: try again in {0} s")]
    Wait(u64),
    /// Too many passwords are waiting for their turn.
    #[error("too many passwords are being looked at: try again in a moment")]
    Busy,
    /// A token has none.
    #[error("only a person who is signed in has a password: a token is made anew")]
    NoPerson,
}

impl ChangeError {
    /// The status of an answer, and the code of the error for programs.
    pub(crate) fn answer(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Access(AccessError::Book(error)) => match error {
                BookError::NoUser(_) => (StatusCode::NOT_FOUND, "no_user"),
                BookError::NoToken(_) => (StatusCode::NOT_FOUND, "no_token"),
                BookError::NoSession => (StatusCode::NOT_FOUND, "no_session"),
                BookError::Taken(_) => (StatusCode::CONFLICT, "taken"),
                BookError::LastAdministrator(_) => (StatusCode::CONFLICT, "last_administrator"),
                BookError::SeveralTokens { .. } => (StatusCode::CONFLICT, "several_tokens"),
                BookError::Full(_) => (StatusCode::CONFLICT, "too_many"),
                BookError::HasFactor(_) | BookError::NoFactor(_) => (StatusCode::CONFLICT, "second_factor"),
                BookError::Name(_) | BookError::IngestUser => (StatusCode::BAD_REQUEST, "bad_parameter"),
            },
            Self::Access(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Password(_) => (StatusCode::BAD_REQUEST, "bad_password"),
            Self::Wrong | Self::WrongCode => (StatusCode::FORBIDDEN, "bad_credentials"),
            Self::NoCode | Self::NoSecret => (StatusCode::BAD_REQUEST, "bad_code"),
            Self::Wait(_) => (StatusCode::TOO_MANY_REQUESTS, "too_many_attempts"),
            Self::Busy => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            Self::NoPerson => (StatusCode::CONFLICT, "no_person"),
        }
    }

    /// What is said of it: a fault of the server's own stays in the log.
    pub(crate) fn said(&self) -> String {
        if self.answer().0 == StatusCode::INTERNAL_SERVER_ERROR {
            tracing::error!(error = %self, "people and tokens cannot be changed");
            return "The server ran into a fault of its own; its log says more".to_owned();
        }
        self.to_string()
    }
}

/// What is to be another with a person. What is `None` stays.
#[derive(Debug, Default)]
pub(crate) struct UserChange {
    /// Administrator or viewer.
    pub(crate) role: Option<Role>,
    /// Whether signing in is forbidden.
    pub(crate) disabled: Option<bool>,
    /// The password.
    pub(crate) password: Option<String>,
    /// Whether the second factor is to be switched off.
    pub(crate) is_factor_off: bool,
}

impl Access {
    /// Looks at the newest book that is known.
    pub(crate) fn look_up<T>(&self, look: impl FnOnce(&Book) -> T) -> T {
        look(&self.held().book)
    }

    /// Adds a person.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn add_user(
        &self,
        actor: &Actor,
        name: &str,
        role: Role,
        password: String,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let hash = self.hashed(Password::new(password)?)?;
        self.change(|book| Ok(book.add_user(name, role, hash, now)?))?;
        actor.note(What::User, "added", &name.to_ascii_lowercase(), (None, self.user_value(name)));
        tracing::info!(name, %role, "a user was added");
        Ok(())
    }

    /// Changes a person: all of it, or nothing. Where something is another then, their sessions end.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn change_user(
        &self,
        actor: &Actor,
        name: &str,
        change: UserChange,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let UserChange { role, disabled, password, is_factor_off } = change;
        let hash = password.map(|password| self.hashed(Password::new(password)?)).transpose()?;
        let is_password = hash.is_some();
        let before = self.user_value(name);
        self.change(|book| {
            if let Some(role) = role {
                book.set_role(name, role, now)?;
            }
            if let Some(disabled) = disabled {
                book.set_disabled(name, disabled, now)?;
            }
            if let Some(hash) = hash {
                book.set_password(name, hash, now)?;
            }
            if is_factor_off {
                book.remove_factor(name, now)?;
            }
            Ok(())
        })?;
        let mut after = self.user_value(name);
        if let (true, Some(Value::Object(after))) = (is_password, &mut after) {
            after.insert("password".to_owned(), json!("another one"));
        }
        actor.note(What::User, "changed", &name.to_ascii_lowercase(), (before, after));
        tracing::info!(name, ?role, ?disabled, is_password, is_factor_off, "a user was changed");
        Ok(())
    }

    /// Sets the password of the person who asks and knows the one before. Their other sessions end.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn change_own_password(
        &self,
        actor: &Actor,
        pass: &Pass,
        (old, new): (String, String),
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let By::Session(own) = pass.by else { return Err(ChangeError::NoPerson) };
        let new = Password::new(new)?;
        let name = pass.name.as_str();
        let known = self.prove_password(actor, name, old, address, now)?;
        self.forgive(name, address);
        let hash = self.hashed(new)?;
        let is_done = self.change(|book| {
            // Meanwhile the session may have ended, or somebody else may have set a password.
            let is_same = book.user(name).is_some_and(|user| user.password == known);
            if !is_same || book.pass(pass.by, now).is_err() {
                return Ok(false);
            }
            book.change_password(name, hash, Some(own), now)?;
            Ok(true)
        })?;
        if !is_done {
            return Err(ChangeError::Wrong);
        }
        let to = json!({ "password": "another one" });
        actor.note(What::User, "changed", name, (None, Some(to)));
        tracing::info!(name, "a user has changed the password");
        Ok(())
    }

    /// Makes a token, which is good for some days or until it is revoked.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn add_token(
        &self,
        actor: &Actor,
        name: &str,
        role: Role,
        days: Option<u32>,
        now: Timestamp,
    ) -> Result<Secret, ChangeError> {
        let secret = Secret::new(random().map_err(AccessError::from)?);
        let expires = days.map(|days| now + Duration::from_secs(86_400) * days);
        self.change(|book| {
            book.forget(now);
            Ok(book.add_token(name, role, expires, &secret, now)?)
        })?;
        let to = json!({ "id": secret.digest().short(), "role": role, "days": days });
        actor.note(What::Token, "added", name, (None, Some(to)));
        tracing::info!(name, %role, "a token was made");
        Ok(secret)
    }

    /// Takes back the good token of that id or name.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn revoke_token(&self, actor: &Actor, which: &str, now: Timestamp) -> Result<(), ChangeError> {
        let (name, id) = self.change(|book| {
            let good = book.tokens().into_iter().filter(|token| token.standing(now) == Standing::Good);
            let mut named = good.filter(|token| token.name == which || token.digest.short() == which);
            let named = named.next().map(|token| (token.name.clone(), token.digest.short()));
            book.revoke_token(which, now)?;
            Ok(named.unwrap_or_default())
        })?;
        actor.note(What::Token, "revoked", &name, (Some(json!({ "id": id })), None));
        tracing::info!(which, "a token was revoked");
        Ok(())
    }

    /// Ends a session, of `only` that person if one is named.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn end_session(
        &self,
        actor: &Actor,
        id: &str,
        only: Option<&str>,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        let ended = self.change(|book| {
            let ended = book.end_session(id, now)?;
            // The change is not written down where it fails.
            let is_theirs = only.is_none_or(|only| only == ended.user);
            if is_theirs { Ok(ended) } else { Err(BookError::NoSession.into()) }
        })?;
        let from = json!({ "id": ended.digest.short() });
        actor.note(What::Session, "ended", &ended.user, (Some(from), None));
        tracing::info!(user = ended.user, "a session was ended");
        Ok(())
    }

    /// What is noted of a person.
    fn user_value(&self, name: &str) -> Option<Value> {
        let name = name.to_ascii_lowercase();
        let value = |user: &watchglass_access::User| json!({ "role": user.role, "disabled": user.disabled, "second_factor": user.factor.is_some() });
        self.look_up(|book| book.users().find(|user| user.name == name).map(value))
    }

    pub(super) fn hashed(&self, password: Password) -> Result<PasswordHash, ChangeError> {
        let salt = random().map_err(AccessError::from)?;
        self.in_turn(move || PasswordHash::of(&password, &salt))
    }

    /// Does what takes long where passwords are hashed, and waits for it.
    pub(super) fn in_turn<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ChangeError> {
        Handle::current().block_on(self.hasher.run(work)).map_err(|_| ChangeError::Busy)
    }
}
