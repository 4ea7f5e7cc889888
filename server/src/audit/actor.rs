//! Who makes a change: set by the authorization layer, passed to the services, and recorded with what they change.

use super::AuditLog;
use super::entry::{ActorKind, AuditTarget, Change, Entry};
use crate::clock;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use thiserror::Error;
use watchglass_auth::{Credential, Permission, Principal, Role};

/// Who makes a change, with what they may do, and the audit log that records it.
#[derive(Clone, Debug)]
pub(crate) struct Actor {
    audit: Arc<AuditLog>,
    kind: ActorKind,
    name: String,
    /// `None` for an unauthenticated client.
    role: Option<Role>,
    principal: Option<Principal>,
    address: Option<IpAddr>,
    /// Whether this request has an entry already, or needs none.
    is_recorded: Arc<AtomicBool>,
}

/// The actor may not do this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("this action requires the {0} role")]
pub(crate) struct PermissionDenied(&'static str);

impl Actor {
    /// A principal, or an unauthenticated client, at an address.
    pub(crate) fn new(audit: Arc<AuditLog>, principal: Option<&Principal>, address: Option<IpAddr>) -> Self {
        let anonymous = Self {
            audit,
            kind: ActorKind::Anonymous,
            name: String::new(),
            role: None,
            principal: None,
            address,
            is_recorded: Arc::default(),
        };
        principal.map_or_else(|| anonymous.clone(), |principal| anonymous.signed_in_as(principal))
    }

    /// A command on the machine of the server: whoever may write to the data directory may change everything in it.
    pub(crate) fn command(audit: Arc<AuditLog>, name: String) -> Self {
        let kind = ActorKind::Command;
        Self { kind, name, role: Some(Role::Admin), ..Self::new(audit, None, None) }
    }

    /// The same request, by the user of a signed action link. Its token permits the action of the link.
    pub(crate) fn by_link(&self, name: &str) -> Self {
        Self { kind: ActorKind::Link, name: name.to_owned(), role: Some(Role::Admin), ..self.clone() }
    }

    /// The same request, by this principal.
    pub(crate) fn signed_in_as(&self, principal: &Principal) -> Self {
        Self {
            kind: match principal.credential {
                Credential::Session(_) => ActorKind::User,
                Credential::Token(_) => ActorKind::Token,
            },
            name: principal.name.clone(),
            role: Some(principal.role),
            principal: Some(principal.clone()),
            ..self.clone()
        }
    }

    /// Checks a permission.
    ///
    /// # Errors
    /// The actor does not have it.
    pub(crate) fn require(&self, permission: Permission) -> Result<(), PermissionDenied> {
        let name = match permission {
            Permission::Public => return Ok(()),
            Permission::Viewer => Role::Viewer.name(),
            Permission::Ingest => Role::Ingest.name(),
            Permission::Admin => Role::Admin.name(),
        };
        if self.allows(permission) { Ok(()) } else { Err(PermissionDenied(name)) }
    }

    /// Whether the actor has a permission.
    pub(crate) fn allows(&self, permission: Permission) -> bool {
        self.role.is_some_and(|role| role.allows(permission))
    }

    /// Name of the user or token, or what the user of a link entered; empty for an unauthenticated client.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The authenticated principal; `None` for commands and links.
    pub(crate) fn principal(&self) -> Option<&Principal> {
        self.principal.as_ref()
    }

    /// Records an action on `subject`, which is of type `what`. Only the differing fields of the two objects of `change` are
    /// kept. They must not contain secrets.
    pub(crate) fn record(&self, what: AuditTarget, action: &str, subject: &str, change: Change) {
        self.audit.record(&self.entry(what, action, subject, change));
    }

    /// Records an object before and after a change; the action follows from which of them there are. Returns whether they
    /// differ: otherwise there is no entry.
    pub(crate) fn record_change(&self, what: AuditTarget, subject: &str, change: Change) -> bool {
        if change.0 == change.1 {
            self.record_nothing();
            return false;
        }
        let action = match change {
            (None, _) => "added",
            (Some(_), None) => "removed",
            (Some(_), Some(_)) => "changed",
        };
        self.record(what, action, subject, change);
        true
    }

    /// Records a failed sign-in or password check for `user`. `None` for an unknown user: the typed name is not logged, since it
    /// may be a password typed into the wrong field.
    pub(crate) fn record_failure(&self, user: Option<&str>, action: &str) {
        let subject = user.unwrap_or("unknown user");
        self.audit.record_failure(&self.entry(AuditTarget::Session, action, subject, (None, None)));
    }

    /// Marks that this request has changed nothing that needs an entry.
    pub(crate) fn record_nothing(&self) {
        self.is_recorded.store(true, Ordering::Relaxed);
    }

    /// Whether the client is authenticated.
    pub(crate) fn is_authenticated(&self) -> bool {
        self.kind != ActorKind::Anonymous
    }

    /// Whether this request has an entry already, or needs none.
    pub(crate) fn is_recorded(&self) -> bool {
        self.is_recorded.load(Ordering::Relaxed)
    }

    /// Waits at most a second until the entries of this request are on disk.
    pub(crate) fn wait_recorded(&self) {
        self.audit.wait_saved();
    }

    fn entry(&self, what: AuditTarget, action: &str, subject: &str, change: Change) -> Entry {
        self.is_recorded.store(true, Ordering::Relaxed);
        let address = self.address.map(|address| address.to_string());
        Entry::new(clock::now(), (self.kind, &self.name, address), (what, action, subject), change)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_auth::Secret;

    #[test]
    fn permission_is_that_of_the_role_and_links_and_commands_may_change() {
        let folder = tempfile::tempdir().unwrap();
        let audit = Arc::new(AuditLog::open(folder.path()).unwrap());
        let anonymous = Actor::new(Arc::clone(&audit), None, None);
        let signed_in = |role| {
            let credential = Credential::Session(Secret::new([1; 32]).digest());
            anonymous.signed_in_as(&Principal { credential, name: "ada".to_owned(), role })
        };
        for (actor, permission, expected) in [
            (anonymous.clone(), Permission::Public, true),
            (anonymous.clone(), Permission::Viewer, false),
            (signed_in(Role::Viewer), Permission::Viewer, true),
            (signed_in(Role::Viewer), Permission::Admin, false),
            (signed_in(Role::Ingest), Permission::Ingest, true),
            (signed_in(Role::Ingest), Permission::Admin, false),
            (signed_in(Role::Admin), Permission::Admin, true),
            (anonymous.by_link("ada"), Permission::Admin, true),
            (Actor::command(Arc::clone(&audit), "uid 0".to_owned()), Permission::Admin, true),
        ] {
            assert_eq!(actor.require(permission).is_ok(), expected, "{actor:?} {permission:?}");
        }
        let denied = signed_in(Role::Viewer).require(Permission::Admin).unwrap_err();
        assert_eq!(denied.to_string(), "this action requires the admin role");
    }
}
