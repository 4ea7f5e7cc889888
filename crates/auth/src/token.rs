//! API tokens.

use crate::{Digest, Role};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;
use watchglass_model::Timestamp;

/// Retention of expired and revoked tokens, so that their use is rejected with the reason.
const RETENTION: Duration = Duration::from_secs(30 * 86_400);

/// API token, without its secret, which is only shown once at creation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// Name.
    pub name: String,
    /// Role.
    pub role: Role,
    /// Digest of the secret.
    pub digest: Digest,
    /// Creation time.
    pub created: Timestamp,
    /// Last use, to the minute.
    #[serde(default)]
    pub used: Option<Timestamp>,
    /// Expiry; `None` for no expiry.
    #[serde(default)]
    pub expires: Option<Timestamp>,
    /// Time of revocation.
    #[serde(default)]
    pub revoked: Option<Timestamp>,
}

/// State of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenState {
    /// Active.
    Active,
    /// Expired at this time.
    Expired(Timestamp),
    /// Revoked at this time.
    Revoked(Timestamp),
}

impl Token {
    /// State at `now`.
    pub fn state(&self, now: Timestamp) -> TokenState {
        match (self.revoked, self.expires) {
            (Some(revoked), _) => TokenState::Revoked(revoked),
            (None, Some(expires)) if expires <= now => TokenState::Expired(expires),
            _ => TokenState::Active,
        }
    }

    /// Whether it expired or was revoked long enough ago to be removed.
    pub(crate) fn is_removable(&self, now: Timestamp) -> bool {
        match self.state(now) {
            TokenState::Active => false,
            TokenState::Expired(since) | TokenState::Revoked(since) => since + RETENTION <= now,
        }
    }
}

impl fmt::Display for TokenState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Active => "good",
            Self::Expired(_) => "expired",
            Self::Revoked(_) => "revoked",
        })
    }
}
