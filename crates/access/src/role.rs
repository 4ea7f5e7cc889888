//! Roles, and the doors that they open.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// What somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Sees everything and changes everything.
    Admin,
    /// Sees everything and changes nothing.
    Viewer,
    /// Delivers what applications report, and sees nothing.
    Ingest,
}

/// A word that is no role.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is no role: it must be one of admin, viewer, ingest")]
pub struct RoleError(pub String);

/// What a route needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Door {
    /// Nothing.
    Anyone,
    /// Somebody who may see.
    Viewer,
    /// Somebody who may deliver reports.
    Ingest,
    /// Somebody who may change.
    Admin,
}

impl Role {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Admin, Self::Viewer, Self::Ingest];

    /// As it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Viewer => "viewer",
            Self::Ingest => "ingest",
        }
    }

    /// Whether somebody of this role may pass.
    pub const fn opens(self, door: Door) -> bool {
        matches!(
            (self, door),
            (_, Door::Anyone)
                | (Self::Admin, _)
                | (Self::Viewer, Door::Viewer)
                | (Self::Ingest, Door::Ingest)
        )
    }
}

impl Door {
    /// The role that passes and may do least besides; `None` where nobody is asked.
    pub const fn least(self) -> Option<Role> {
        match self {
            Self::Anyone => None,
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
    fn each_role_opens_its_doors_and_no_other() {
        let doors = [Door::Anyone, Door::Viewer, Door::Ingest, Door::Admin];
        for (role, expected) in [
            (Role::Admin, [true, true, true, true]),
            (Role::Viewer, [true, true, false, false]),
            (Role::Ingest, [true, false, true, false]),
        ] {
            assert_eq!(doors.map(|door| role.opens(door)), expected, "{role}");
        }
        for door in doors {
            assert!(door.least().is_none_or(|role| role.opens(door)), "{door:?}");
        }
    }

    #[test]
    fn is_read_as_it_is_written() {
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
