//! Signing in with name and password, and a code where a second factor is switched on. Nobody learns which of them was wrong.

use super::random::random;
use super::{Access, AccessError};
use std::net::IpAddr;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use watchglass_access::{By, Digest, Pass, Password, PasswordHash, Secret};
use watchglass_model::Timestamp;

/// What stands for all addresses where wrong codes are counted.
pub(super) const ANYWHERE: &str = "anywhere";

/// A new session.
#[derive(Debug)]
pub(crate) struct SignedIn {
    /// What the browser is given.
    pub(crate) secret: Secret,
    /// Who it is.
    pub(crate) pass: Pass,
}

/// Why somebody is not signed in.
#[derive(Debug)]
pub(crate) enum SignInError {
    /// There is no such person, or it is another password or code: nobody learns which.
    Wrong,
    /// After too many failures.
    Wait(Duration),
    /// Too many sign in at the same time.
    Busy,
    /// A fault of the server's own.
    Fault(AccessError),
}

impl Access {
    /// Begins a session of the person who knows the password, and a code where one is asked for. `before` is the session that their browser had.
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
        let delays = || self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        delays().attempt(name, &address, now).map_err(SignInError::Wait)?;
        let known = self.held().book.user(name).map(|user| (user.password.clone(), user.factor.clone()));
        let (known, factor) = known.unzip();
        // An unknown person takes as long as a known one, and so does a password that nobody can have.
        let hash = known.clone().unwrap_or_else(PasswordHash::nobody);
        let typed = Password::typed(password);
        let check = move || {
            let fits = hash.fits(&typed.clone().unwrap_or_else(|| Password::made(&[0; 20])));
            fits && typed.is_some()
        };
        let is_right = self.hasher.run(check).await.map_err(|_| SignInError::Busy)?;
        // Looked at before the disk is asked, which would take longer than a wrong password.
        let is_proved = match factor.flatten() {
            None => true,
            // Six digits are few: who knows the password cannot try them from many addresses, and does not learn why not.
            Some(mut factor) => {
                is_right && delays().attempt(name, ANYWHERE, now).is_ok() && factor.accept(&code, now)
            }
        };
        let Some(known) = known.filter(|_| is_right && is_proved) else { return Err(SignInError::Wrong) };
        let (access, person) = (Arc::clone(self), name.to_owned());
        let begun = tokio::task::spawn_blocking(move || access.begin(&person, (&known, &code), before, now));
        let begun = begun.await.map_err(|error| SignInError::Fault(std::io::Error::other(error).into()))?;
        if begun.is_ok() {
            delays().succeeded(name, &address);
            delays().succeeded(name, ANYWHERE);
        }
        // The browser may ask another server next.
        self.meet().await;
        begun
    }

    fn begin(
        &self,
        name: &str,
        (known, code): (&PasswordHash, &str),
        before: Option<Digest>,
        now: Timestamp,
    ) -> Result<SignedIn, SignInError> {
        let secret = random().map(Secret::new).map_err(|error| SignInError::Fault(error.into()))?;
        let pass = self.change(|book| {
            // Meanwhile the password may have been changed, or the person may have been banned.
            if book.user(name).is_none_or(|user| user.password != *known) {
                return Ok(None);
            }
            // Looked at where it is kept: of two who come with the same code at once one is let in.
            if !book.accept_code(name, code, now) {
                return Ok(None);
            }
            book.sign_in(name, &secret, before, now)?;
            Ok(book.pass(By::Session(secret.digest()), now).ok())
        });
        match pass {
            Ok(Some(pass)) => Ok(SignedIn { secret, pass }),
            Ok(None) => Err(SignInError::Wrong),
            Err(error) => Err(SignInError::Fault(error)),
        }
    }
}
