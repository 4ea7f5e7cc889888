//! Sessions: what the browsers of people prove themselves with.

use crate::Digest;
use serde::{Deserialize, Serialize};
use std::time::Duration;
use watchglass_model::Timestamp;

/// A session that was not used for so long is over.
pub const UNUSED_SESSION: Duration = Duration::from_secs(12 * 3600);
/// So long after signing in, a session is over even if it is used.
pub const LONGEST_SESSION: Duration = Duration::from_secs(30 * 86_400);

/// A browser in which somebody is signed in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Session {
    /// By which it is recognised.
    pub digest: Digest,
    /// Who signed in.
    pub user: String,
    /// When.
    pub created: Timestamp,
    /// When it was used last, to the minute.
    pub used: Timestamp,
    /// Whether they proved who they are with a second factor as well.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub second: bool,
}

impl Session {
    /// When it is over unless it is used again.
    pub fn ends(&self) -> Timestamp {
        (self.used + UNUSED_SESSION).min(self.created + LONGEST_SESSION)
    }

    /// Whether it is over.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.ends() <= now
    }
}
