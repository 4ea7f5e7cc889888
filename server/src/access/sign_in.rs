//! Sign-in with name, password and, where a second factor is on, a code. The error never tells which of them was wrong.

use super::hasher::HashCaller;
use super::random::random;
use super::{Access, AccessError};
use crate::clock::Moment;
use crate::persist::NotSaved;
use crate::rate_limit::Exceeded;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;
use thiserror::Error;
use watchglass_auth::{Credential, Digest, KnownBrowser, Password, PasswordHash, Principal, Secret};
use watchglass_model::Timestamp;

/// Stands for all addresses: wrong codes are counted per user, not per address.
const ALL_ADDRESSES: &str = "anywhere";

/// Where a sign-in comes from.
#[derive(Clone, Debug)]
pub(crate) struct SignInOrigin {
    pub(crate) address: IpAddr,
    /// The browser, if users have signed in from it before.
    pub(crate) browser: Option<KnownBrowser>,
    /// The session that the browser had, which ends.
    pub(crate) before: Option<Digest>,
}

/// A new session.
#[derive(Debug)]
pub(crate) struct SignedIn {
    /// The value of the session cookie.
    pub(crate) secret: Secret,
    /// The signed-in user.
    pub(crate) principal: Principal,
    /// The value of the cookie of the browser, which is known from now on.
    pub(crate) browser: Option<String>,
    /// Why the session is in memory only, if it is.
    pub(crate) not_saved: Option<NotSaved>,
}

/// Why a sign-in failed.
#[derive(Debug, Error)]
pub(crate) enum SignInError {
    /// Unknown user, wrong password or wrong code; which of them is not told.
    #[error("Wrong username, password or two-factor code")]
    BadCredentials,
    /// More failed attempts than an hour allows.
    #[error("{0}")]
    RateLimited(Exceeded),
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
    /// Creates a session after checking the password and, where required, the code.
    ///
    /// # Errors
    /// See [`SignInError`].
    pub(crate) async fn sign_in(
        self: &Arc<Self>,
        name: &str,
        (password, code): (String, String),
        origin: SignInOrigin,
        Moment { time: now, uptime }: Moment,
    ) -> Result<SignedIn, SignInError> {
        let source = origin.throttle_source(name);
        let hash_caller = match origin.browser_source(name) {
            Some(_) => HashCaller::User(name.to_ascii_lowercase()),
            None => HashCaller::Stranger(source.clone()),
        };
        // Codes of a known browser are counted for it alone as well.
        let code_source =
            origin.browser_source(name).map_or_else(|| ALL_ADDRESSES.to_owned(), |browser| browser + " code");
        let SignInOrigin { browser, before, .. } = origin;
        let delays = || self.login_throttle();
        delays().try_login(name, &source, uptime).map_err(SignInError::Throttled)?;
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
        let Ok(is_password_right) = self.hasher.run(hash_caller, check).await else {
            delays().cancelled(name, &source);
            return Err(SignInError::Busy);
        };
        // Checked before the disk is accessed, which would make it slower than a wrong password.
        let is_code_right = match factor.flatten() {
            None => true,
            // Six digits are few: a client that knows the password must not try them from many addresses, and does not learn why
            // it was rejected.
            Some(mut factor) => {
                is_password_right
                    && delays().try_login(name, &code_source, uptime).is_ok()
                    && factor.verify(&code, now)
            }
        };
        let Some(known) = known.filter(|_| is_password_right && is_code_right) else {
            return Err(SignInError::BadCredentials);
        };
        let failed = |error: std::io::Error| SignInError::Internal(error.into());
        let browser = self.browser_cookie(browser, name, now).map_err(failed)?;
        let (access, user) = (Arc::clone(self), name.to_owned());
        let session =
            tokio::task::spawn_blocking(move || access.create_session(&user, (&known, &code), before, now));
        let session = session.await.map_err(|error| failed(std::io::Error::other(error)))?;
        if !matches!(session, Err(SignInError::BadCredentials)) {
            delays().succeeded(name, &source);
            delays().succeeded(name, &code_source);
        }
        // The browser may call another server next.
        self.wait_for_sync().await;
        session.map(|session| SignedIn { browser, ..session })
    }

    /// Ends a session.
    ///
    /// # Errors
    /// Those of the accounts. A full disk is none: the session has ended in memory, and the file follows.
    pub(crate) fn sign_out(&self, session: Digest, now: Timestamp) -> Result<(), AccessError> {
        self.change_sessions(now, |accounts| Ok(accounts.sign_out(session))).map(drop)
    }

    fn create_session(
        &self,
        name: &str,
        (known, code): (&PasswordHash, &str),
        before: Option<Digest>,
        now: Timestamp,
    ) -> Result<SignedIn, SignInError> {
        let secret = random().map(Secret::new).map_err(|error| SignInError::Internal(error.into()))?;
        let pass = self.change_sessions(now, |accounts| {
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
            Ok((Some(principal), not_saved)) => Ok(SignedIn { secret, principal, browser: None, not_saved }),
            Ok((None, _)) => Err(SignInError::BadCredentials),
            Err(error) => Err(SignInError::Internal(error)),
        }
    }
}
