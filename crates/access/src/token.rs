//! Tokens: what programs prove themselves with.

use crate::{Digest, Role};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use watchglass_model::Timestamp;

/// How long a token that is good no more is remembered, so that its use is answered with the reason.
const REMEMBERED: Duration = Duration::from_secs(30 * 86_400);

/// What is known of a token. The token itself was shown once, when it was made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// What it is for.
    pub name: String,
    /// What it may do.
    pub role: Role,
    /// By which it is recognised.
    pub digest: Digest,
    /// Since when there is this token.
    pub created: Timestamp,
    /// When it was used last, to the minute.
    #[serde(default)]
    pub used: Option<Timestamp>,
    /// When it ceases to be good; never, unless that was asked for.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// When it was revoked.
    #[serde(default)]
    pub revoked: Option<Timestamp>,
}

/// How a token stands at a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It is good.
    Good,
    /// It was good until then.
    Expired(Timestamp),
    /// It was good until then.
    Revoked(Timestamp),
}

impl Token {
    /// How it stands at `now`.
    pub fn standing(&self, now: Timestamp) -> Standing {
        match (self.revoked, self.expires) {
            (Some(revoked), _) => Standing::Revoked(revoked),
            (None, Some(expires)) if expires <= now => Standing::Expired(expires),
            _ => Standing::Good,
        }
    }

    /// Whether it has been good no more for so long that it can be forgotten.
    pub(crate) fn is_forgotten(&self, now: Timestamp) -> bool {
        match self.standing(now) {
            Standing::Good => false,
            Standing::Expired(since) | Standing::Revoked(since) => since + REMEMBERED <= now,
        }
    }
}

impl fmt::Display for Standing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Good => "good",
            Self::Expired(_) => "expired",
            Self::Revoked(_) => "revoked",
        })
    }
}
