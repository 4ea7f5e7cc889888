//! Users.

use crate::{PasswordHash, Role, SecondFactor};
use serde::{Deserialize, Serialize};
use watchglass_model::Timestamp;

/// User.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// Unique name, in lower case.
    pub name: String,
    /// Role: admin or viewer.
    pub role: Role,
    /// Password hash.
    pub password: PasswordHash,
    /// Creation time.
    pub created: Timestamp,
    /// Whether the user cannot sign in.
    #[serde(default)]
    pub disabled: bool,
    /// Last change of password, second factor, role or disabled state; `None` if never changed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
    /// Second factor, if enabled.
    #[serde(rename = "factor", default, skip_serializing_if = "Option::is_none")]
    pub second_factor: Option<SecondFactor>,
}

impl User {
    /// Sessions of this user that another server started before this time are not accepted.
    pub(crate) fn sessions_valid_since(&self) -> Timestamp {
        self.changed.map_or(self.created, |changed| changed.max(self.created))
    }
}
