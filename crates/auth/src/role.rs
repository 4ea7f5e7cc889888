//! Roles and permissions.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// Role of a user or token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Read and write access to everything.
    Admin,
    /// Read-only access to everything.
    Viewer,
    /// Only writes metrics of applications; no read access.
    Ingest,
}

/// Invalid role.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("invalid role {0:?}: use one of admin, viewer, ingest")]
pub struct RoleError(pub String);

/// Permission that a route requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Permission {
    /// Public: no authentication.
    Public,
    /// Read access.
    Viewer,
    /// Write access for metrics.
    Ingest,
    /// Administration.
    Admin,
}

impl Role {
    /// All roles.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Viewer, Self::Ingest];

    /// Name in files and APIs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
            Self::Ingest => "ingest",
        }
    }

    /// Whether this role has the permission.
    pub const fn allows(self, permission: Permission) -> bool {
        matches!(
            (self, permission),
            (_, Permission::Public)
                | (Self::Admin, _)
                | (Self::Viewer, Permission::Viewer)
                | (Self::Ingest, Permission::Ingest)
        )
    }
}

impl Permission {
    /// The least privileged role with this permission; `None` if it is public.
    pub const fn required_role(self) -> Option<Role> {
        match self {
            Self::Public => None,
            Self::Viewer => Some(Role::Viewer),
            Self::Ingest => Some(Role::Ingest),
            Self::Admin => Some(Role::Admin),
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|role| role.name() == text).ok_or_else(|| RoleError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_have_exactly_their_permissions() {
        let permissions = [Permission::Public, Permission::Viewer, Permission::Ingest, Permission::Admin];
        for (role, expected) in [
            (Role::Admin, [true, true, true, true]),
            (Role::Viewer, [true, true, false, false]),
            (Role::Ingest, [true, false, true, false]),
        ] {
            assert_eq!(permissions.map(|permission| role.allows(permission)), expected, "{role}");
        }
        for permission in permissions {
            assert!(permission.required_role().is_none_or(|role| role.allows(permission)), "{permission:?}");
        }
    }

    #[test]
    fn role_names_round_trip() {
        for role in Role::ALL {
            assert_eq!(role.to_string().parse(), Ok(role));
        }
        for text in ["", "Admin", "root", "viewer "] {
            let error = text.parse::<Role>().unwrap_err().to_string();
            assert!(
                error.contains(&format!("{text:?}")) && error.contains("admin, viewer, ingest"),
                "{error}"
            );
        }
    }
}
