//! Audit context of a request: set by the authorisation middleware, passed to whatever makes changes, and recorded with them.

use super::AuditLog;
use super::entry::{ActorKind, AuditTarget, Change, Entry};
use crate::clock;
use crate::http::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use watchglass_auth::{Credential as Proof, Principal};

/// The actor of a request, with the audit log to record changes in.
#[derive(Clone, Debug)]
pub(crate) struct AuditContext {
    audit: Arc<AuditLog>,
    by: ActorKind,
    who: String,
    address: Option<IpAddr>,
    /// Whether this request has an entry already, or needs none.
    is_recorded: Arc<AtomicBool>,
}

impl AuditContext {
    /// The context of a principal, or of an unauthenticated client, at an address.
    pub(crate) fn new(audit: Arc<AuditLog>, pass: Option<&Principal>, address: Option<IpAddr>) -> Self {
        let (by, who) = match pass {
            Some(Principal { credential: Proof::Session(_), name, .. }) => (ActorKind::User, name.clone()),
            Some(Principal { credential: Proof::Token(_), name, .. }) => (ActorKind::Token, name.clone()),
            None => (ActorKind::Anonymous, String::new()),
        };
        Self { audit, by, who, address, is_recorded: Arc::default() }
    }

    /// The same request with another actor.
    pub(crate) fn with_actor(&self, by: ActorKind, who: &str) -> Self {
        Self { by, who: who.to_owned(), ..self.clone() }
    }

    /// Records an action on `subject`, which is of type `what`. Only the differing fields of the two objects of `change` are
    /// kept. They must not contain secrets.
    pub(crate) fn record(&self, what: AuditTarget, action: &str, subject: &str, change: Change) {
        self.is_recorded.store(true, Ordering::Relaxed);
        let address = self.address.map(|address| address.to_string());
        let entry = Entry::new(clock::now(), (self.by, &self.who, address), (what, action, subject), change);
        self.audit.record(&entry);
    }

    /// Records a failed sign-in or password check for `user`. `None` for an unknown user: the typed name is not logged, since it
    /// may be a password typed into the wrong field.
    pub(crate) fn record_failure(&self, user: Option<&str>, action: &str) {
        self.is_recorded.store(true, Ordering::Relaxed);
        let (now, address) = (clock::now(), self.address.map(|address| address.to_string()));
        let subject = user.unwrap_or("unknown user");
        let entry = Entry::new(
            now,
            (self.by, &self.who, address),
            (AuditTarget::Session, action, subject),
            (None, None),
        );
        self.audit.record_failure(&entry);
    }

    /// Marks that this request has changed nothing that needs an entry.
    pub(crate) fn record_nothing(&self) {
        self.is_recorded.store(true, Ordering::Relaxed);
    }

    /// Whether the client is authenticated.
    pub(crate) fn is_authenticated(&self) -> bool {
        self.by != ActorKind::Anonymous
    }

    /// Whether this request has an entry already, or needs none.
    pub(crate) fn is_recorded(&self) -> bool {
        self.is_recorded.load(Ordering::Relaxed)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for AuditContext {
    type Rejection = ApiError;

    /// Set by the authorisation middleware; a route without it is an internal error.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| {
            tracing::error!(path = parts.uri.path(), "request without audit context");
            ApiError::internal()
        })
    }
}
