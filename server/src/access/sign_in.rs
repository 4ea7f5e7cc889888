//! Sign-in with name, password and, where a second factor is on, a code. The error never tells which of them was wrong.

use super::random::random;
use super::{Access, AccessError};
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use watchglass_auth::{Credential, Digest, Password, PasswordHash, Principal, Secret};
use watchglass_model::Timestamp;

/// Stands for all addresses: wrong codes are counted per user, not per address.
pub(super) const ALL_ADDRESSES: &str = "anywhere";

/// A new session.
#[derive(Debug)]
pub(crate) struct SignedIn {
    /// The value of the session cookie.
    pub(crate) secret: Secret,
    /// The signed-in user.
    pub(crate) principal: Principal,
}

/// Why a sign-in failed.
#[derive(Debug, Error)]
pub(crate) enum SignInError {
    /// Unknown user, wrong password or wrong code; which of them is not told.
    #[error("Wrong username, password or two-factor code")]
    BadCredentials,
    /// Too many failed attempts: time to wait.
    #[error("Too many failed attempts: try again in {} s", .0.as_millis().div_ceil(1000))]
    Throttled(Duration),
    /// Too many sign-ins at the same time.
    #[error("Too many concurrent sign-ins: try again in 2 s")]
    Busy,
    /// Internal error.
    #[error(transparent)]
    Internal(AccessError),
}

impl Access {
    /// Creates a session after checking the password and, where required, the code. `before` is the session that the browser had.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub(crate) async fn sign_in(
        self: &Arc<Self>,
        name: &str,
        (password, code): (String, String),
        address: IpAddr,
        before: Option<Digest>,
        now: Timestamp,
    ) -> Result<SignedIn, SignInError> {
        let address = address.to_string();
        let delays = || self.login_throttle();
        delays().try_login(name, &address, now).map_err(SignInError::Throttled)?;
        let known =
            self.loaded().accounts.user(name).map(|user| (user.password.clone(), user.second_factor.clone()));
        let (known, factor) = known.unzip();
        // Equal timing: an unknown user and an invalid password take as long as a known user.
        let hash = known.clone().unwrap_or_else(PasswordHash::unmatchable);
        let typed = Password::from_input(password);
        let check = move || {
            let fits = hash.verify(&typed.clone().unwrap_or_else(|| Password::generate(&[0; 20])));
            fits && typed.is_some()
        };
        let is_password_right = self.hasher.run(check).await.map_err(|_| SignInError::Busy)?;
        // Checked before the disk is accessed, which would make it slower than a wrong password.
        let is_code_right = match factor.flatten() {
            None => true,
            // Six digits are few: a client that knows the password must not try them from many addresses, and does not learn why
            // it was rejected.
            Some(mut factor) => {
                is_password_right
                    && delays().try_login(name, ALL_ADDRESSES, now).is_ok()
                    && factor.verify(&code, now)
            }
        };
        let Some(known) = known.filter(|_| is_password_right && is_code_right) else {
            return Err(SignInError::BadCredentials);
        };
        let (access, user) = (Arc::clone(self), name.to_owned());
        let session =
            tokio::task::spawn_blocking(move || access.create_session(&user, (&known, &code), before, now));
        let session =
            session.await.map_err(|error| SignInError::Internal(std::io::Error::other(error).into()))?;
        if session.is_ok() {
            delays().succeeded(name, &address);
            delays().succeeded(name, ALL_ADDRESSES);
        }
        // The browser may call another server next.
        self.wait_for_sync().await;
        session
    }

    fn create_session(
        &self,
        name: &str,
        (known, code): (&PasswordHash, &str),
        before: Option<Digest>,
        now: Timestamp,
    ) -> Result<SignedIn, SignInError> {
        let secret = random().map(Secret::new).map_err(|error| SignInError::Internal(error.into()))?;
        let pass = self.change(|accounts| {
            // In the meantime the password may have changed, or the user may have been disabled.
            if accounts.user(name).is_none_or(|user| user.password != *known) {
                return Ok(None);
            }
            // Checked under the lock: of two requests with the same code at the same time one succeeds.
            if !accounts.verify_code(name, code, now) {
                return Ok(None);
            }
            accounts.sign_in(name, &secret, before, now)?;
            Ok(accounts.authenticate(Credential::Session(secret.digest()), now).ok())
        });
        match pass {
            Ok(Some(pass)) => Ok(SignedIn { secret, principal: pass }),
            Ok(None) => Err(SignInError::BadCredentials),
            Err(error) => Err(SignInError::Internal(error)),
        }
    }
}
