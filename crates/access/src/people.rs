//! People who sign in.

use crate::{PasswordHash, Role};
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
}
