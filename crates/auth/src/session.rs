//! Browser sessions.

use crate::Digest;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use watchglass_model::Timestamp;

/// Idle timeout of a session.
pub const SESSION_IDLE_TIMEOUT: Duration = Duration::from_secs(12 * 3600);
/// Maximum age of a session, even if it is used.
pub const SESSION_MAX_AGE: Duration = Duration::from_secs(30 * 86_400);

/// Session of a signed-in browser.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// Digest of the secret.
    pub digest: Digest,
    /// User name.
    pub user: String,
    /// Time of sign-in.
    pub created: Timestamp,
    /// Last use, to the minute.
    pub used: Timestamp,
    /// Whether it was started with a second factor.
    #[serde(rename = "second", default, skip_serializing_if = "std::ops::Not::not")]
    pub second_factor: bool,
}

impl Session {
    /// Expiry, unless it is used again.
    pub fn expires_at(&self) -> Timestamp {
        (self.used + SESSION_IDLE_TIMEOUT).min(self.created + SESSION_MAX_AGE)
    }

    /// Whether it has expired.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at() <= now
    }
}
