//! A second factor, switched on and off by the person whose it is, who proves that with what they know. Everything here waits for the disk and for its turn to hash.

use super::random::random;
use super::sign_in::ANYWHERE;
use super::{Access, AccessError, ChangeError};
use crate::audit::{Actor, What};
use serde_json::json;
use std::net::IpAddr;
use std::sync::PoisonError;
use std::time::Duration;
use watchglass_access::{By, Digest, Factor, Pass, Password, PasswordHash, RECOVERY_CODES, TotpSecret};
use watchglass_model::Timestamp;

/// What an app calls this program; with the name of the person behind it.
const ISSUER: &str = "Watchglass";

/// A secret that an app is to be told.
#[derive(Clone, Debug)]
pub(crate) struct Enrolment {
    /// In groups of four.
    pub(crate) groups: String,
    /// For apps on the same device.
    pub(crate) uri: String,
}

impl Enrolment {
    /// A new secret for the person of that name.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub(crate) fn new(name: &str) -> Result<Self, ChangeError> {
        Ok(Self::of(&TotpSecret::new(random().map_err(AccessError::from)?), name))
    }

    /// The one that was shown before, as its form brings it back; `None` where that is none.
    pub(crate) fn again(text: &str, name: &str) -> Option<Self> {
        TotpSecret::parse(text).map(|secret| Self::of(&secret, name))
    }

    fn of(secret: &TotpSecret, name: &str) -> Self {
        let mut groups = String::with_capacity(40);
        for (place, letter) in secret.text().chars().enumerate() {
            if place > 0 && place % 4 == 0 {
                groups.push(' ');
            }
            groups.push(letter);
        }
        Self { groups, uri: secret.uri(ISSUER, name) }
    }
}

impl Access {
    /// Switches a second factor on for the person who asks, knows their password, and whose app shows the right code. Gives the
    /// codes for when the app is lost: they are shown this once. Their other sessions end.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn begin_factor(
        &self,
        actor: &Actor,
        pass: &Pass,
        (secret, code, password): (&str, &str, String),
        address: IpAddr,
        now: Timestamp,
    ) -> Result<Vec<String>, ChangeError> {
        let own = own_session(pass)?;
        let secret = TotpSecret::parse(secret).ok_or(ChangeError::NoSecret)?;
        let mut bytes = [[0; 16]; RECOVERY_CODES];
        for code in &mut bytes {
            *code = random().map_err(AccessError::from)?;
        }
        let known = self.prove_password(actor, &pass.name, password, address, now)?;
        self.forgive(&pass.name, address);
        let (factor, codes) = Factor::begin(secret, code, &bytes, now).ok_or(ChangeError::NoCode)?;
        self.change(|book| {
            // Meanwhile the session may have ended, or somebody else may have set a password.
            let is_same = book.user(&pass.name).is_some_and(|user| user.password == known);
            if !is_same || book.pass(pass.by, now).is_err() {
                return Ok(Err(ChangeError::Wrong));
            }
            Ok(Ok(book.set_factor(&pass.name, factor, Some(own), now)?))
        })??;
        let to = json!({ "second_factor": true });
        actor.note(What::User, "changed", &pass.name, (None, Some(to)));
        tracing::info!(name = pass.name, "a user has switched a second factor on");
        Ok(codes)
    }

    /// Switches the second factor of the person off who asks, and knows their password and a code. A wrong code counts as a
    /// wrong password does.
    ///
    /// # Errors
    /// See [`ChangeError`].
    pub(crate) fn end_factor(
        &self,
        actor: &Actor,
        pass: &Pass,
        (code, password): (&str, String),
        address: IpAddr,
        now: Timestamp,
    ) -> Result<(), ChangeError> {
        own_session(pass)?;
        let wrong = |error: ChangeError| match error {
            ChangeError::Wrong => ChangeError::WrongCode,
            error => error,
        };
        let known = self.prove_password(actor, &pass.name, password, address, now).map_err(wrong)?;
        let delays = || self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        let is_early = delays().attempt(&pass.name, ANYWHERE, now).is_err();
        let is_off = self.change(|book| {
            let is_same = book.user(&pass.name).is_some_and(|user| user.password == known);
            let is_in = is_same && !is_early && book.pass(pass.by, now).is_ok();
            if !is_in || !book.accept_code(&pass.name, code, now) {
                return Ok(false);
            }
            book.remove_factor(&pass.name, now)?;
            Ok(true)
        })?;
        if !is_off {
            actor.failed(Some(&pass.name), "second factor not changed");
            return Err(ChangeError::WrongCode);
        }
        self.forgive(&pass.name, address);
        delays().succeeded(&pass.name, ANYWHERE);
        let (from, to) = (json!({ "second_factor": true }), json!({ "second_factor": false }));
        actor.note(What::User, "changed", &pass.name, (Some(from), Some(to)));
        tracing::info!(name = pass.name, "a user has switched the second factor off");
        Ok(())
    }

    /// Looks whether somebody who is signed in knows their password, which counts as an attempt until it is
    /// [forgiven](Self::forgive). Gives the hash that it fits.
    pub(super) fn prove_password(
        &self,
        actor: &Actor,
        name: &str,
        typed: String,
        address: IpAddr,
        now: Timestamp,
    ) -> Result<PasswordHash, ChangeError> {
        let wait = |wait: Duration| ChangeError::Wait(wait.as_secs() + 1);
        let delays = || self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        delays().attempt(name, &address.to_string(), now).map_err(wait)?;
        let known = self.look_up(|book| book.user(name).map(|user| user.password.clone()));
        let (known, typed) = known.zip(Password::typed(typed)).ok_or(ChangeError::Wrong)?;
        let hash = known.clone();
        if self.in_turn(move || hash.fits(&typed))? {
            return Ok(known);
        }
        actor.failed(Some(name), "password not changed");
        Err(ChangeError::Wrong)
    }

    /// Lets somebody who has proved who they are try again at once.
    pub(super) fn forgive(&self, name: &str, address: IpAddr) {
        let mut delays = self.delays.lock().unwrap_or_else(PoisonError::into_inner);
        delays.succeeded(name, &address.to_string());
    }
}

fn own_session(pass: &Pass) -> Result<Digest, ChangeError> {
    match pass.by {
        By::Session(own) => Ok(own),
        By::Token(_) => Err(ChangeError::NoPerson),
    }
}
