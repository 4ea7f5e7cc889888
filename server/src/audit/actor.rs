//! Who acts: known at the doors, handed to whatever changes something, and noted with what was done.

use super::Audit;
use super::entry::{By, Change, Entry, What};
use crate::routes::ApiError;
use crate::ticker;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use watchglass_access::{By as Proof, Pass};

/// Somebody who asks for something.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    audit: Arc<Audit>,
    by: By,
    who: String,
    address: Option<IpAddr>,
    /// Whether anything of this request was noted.
    has_noted: Arc<AtomicBool>,
}

impl Actor {
    /// Whoever has this pass, and calls from there.
    pub(crate) fn new(audit: Arc<Audit>, pass: Option<&Pass>, address: Option<IpAddr>) -> Self {
        let (by, who) = match pass {
            Some(Pass { by: Proof::Session(_), name, .. }) => (By::User, name.clone()),
            Some(Pass { by: Proof::Token(_), name, .. }) => (By::Token, name.clone()),
            None => (By::Nobody, String::new()),
        };
        Self { audit, by, who, address, has_noted: Arc::default() }
    }

    /// The same request, by somebody who is known otherwise.
    pub(crate) fn known_as(&self, by: By, who: &str) -> Self {
        Self { by, who: who.to_owned(), ..self.clone() }
    }

    /// Notes what was done: to `subject`, which is a `what`. Only what differs of the two objects of `change` is kept; secrets
    /// must not be in them.
    pub(crate) fn note(&self, what: What, deed: &str, subject: &str, change: Change) {
        self.has_noted.store(true, Ordering::Relaxed);
        let address = self.address.map(|address| address.to_string());
        let entry = Entry::new(ticker::now(), (self.by, &self.who, address), (what, deed, subject), change);
        self.audit.note(&entry);
    }

    /// Notes that somebody was not signed in under the name of a `user`, who may be none: then the name, which may be a password
    /// that was typed into the wrong field, is left out.
    pub(crate) fn failed(&self, user: Option<&str>, deed: &str) {
        self.has_noted.store(true, Ordering::Relaxed);
        let (now, address) = (ticker::now(), self.address.map(|address| address.to_string()));
        let subject = user.unwrap_or("a name that nobody has");
        let entry =
            Entry::new(now, (self.by, &self.who, address), (What::Session, deed, subject), (None, None));
        self.audit.note_failure(&entry);
    }

    /// Says that this request has changed nothing that would have to be noted.
    pub(crate) fn note_nothing(&self) {
        self.has_noted.store(true, Ordering::Relaxed);
    }

    /// Whether it is known who it is.
    pub(crate) fn is_known(&self) -> bool {
        self.by != By::Nobody
    }

    /// Whether anything of this request was noted.
    pub(crate) fn has_noted(&self) -> bool {
        self.has_noted.load(Ordering::Relaxed)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Actor {
    type Rejection = ApiError;

    /// The doors know who it is: without them it is the server's own fault.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(path = parts.uri.path(), "nobody knows who acts");
            ApiError::internal()
        })
    }
}
