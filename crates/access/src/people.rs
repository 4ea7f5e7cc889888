//! People who sign in.

use crate::{Factor, PasswordHash, Role};
use serde::{Deserialize, Serialize};
use watchglass_model::Timestamp;

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// In lower case; no other person has it.
    pub name: String,
    /// Admin or viewer.
    pub role: Role,
    /// What is kept of the password.
    pub password: PasswordHash,
    /// Since when there is this person.
    pub created: Timestamp,
    /// Whether signing in is forbidden.
    #[serde(default)]
    pub disabled: bool,
    /// When the password, the second factor, the role or the right to sign in was last changed; `None` since the beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed: Option<Timestamp>,
    /// The second factor that is asked for besides the password, if they want one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub factor: Option<Factor>,
}

impl User {
    /// Since when they are who they are: what somebody of that name began before, on another server, does not count here.
    pub(crate) fn since(&self) -> Timestamp {
        self.changed.map_or(self.created, |changed| changed.max(self.created))
    }
}
