//! Replicated sessions. Free of I/O.
//!
//! A [`SessionRecord`] of a session digest is either active, with its last use, or revoked. The greater of two records wins,
//! and a tombstone is greater than any active record: no use restores a revoked session.

use crate::session::{SESSION_IDLE_TIMEOUT, SESSION_MAX_AGE};
use crate::{Digest, normalise_user_name};
use serde::{Deserialize, Serialize};
use std::cmp::{Ordering, Reverse};
use std::time::Duration;
use thiserror::Error;
use watchglass_model::Timestamp;
use watchglass_replica::{DecodeError, Replicated, ReplicatedKey, ReplicatedMap, StoredValue};

/// Interval at which uses are replicated: precise enough for an idle timeout of 12 hours.
const USE_INTERVAL: Duration = Duration::from_secs(300);
/// Retention of records after their expiry, to cover delayed uses and clock skew.
const RETENTION: Duration = Duration::from_secs(86_400);
/// Maximum bytes of a record as JSON: larger than any json record.
const MAX_BYTES: usize = 512;
/// Format version, the only supported one.
const VERSION: u32 = 1;

/// Replicated state of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionRecord {
    /// Active.
    Active {
        /// User name.
        user: String,
        /// Time of sign-in.
        created: Timestamp,
        /// Last use.
        used: Timestamp,
        /// Whether it was started with a second factor.
        second_factor: bool,
    },
    /// Revoked: by signing out, a password change, an administrator, or the session limit.
    Revoked {
        /// When the session would have expired in any case: the tombstone is not needed afterwards.
        until: Timestamp,
    },
}

/// Invalid session record.
#[derive(Debug, Error)]
pub enum SessionRecordError {
    /// Too long.
    #[error("the record has {0} bytes: the maximum is {MAX_BYTES}")]
    TooLong(usize),
    /// Invalid JSON or fields.
    #[error("invalid record: {0}")]
    Json(#[from] serde_json::Error),
    /// Unsupported version.
    #[error("unsupported version {0} (supported: {VERSION}): run the same version on all servers")]
    Version(u32),
    /// Both or neither of the two forms.
    #[error("invalid record: it must have either `user`, `created` and `used`, or `until`")]
    InvalidFields,
    /// Invalid user name.
    #[error("invalid user name")]
    InvalidUser,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Json {
    version: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    second: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

impl SessionRecord {
    /// JSON: `{"version":1,"user":"ada","created":…,"used":…}`, with `"second":true` for a session with a second factor, or
    /// `{"version":1,"until":…}` for a revoked one.
    pub fn to_json(&self) -> String {
        let mut json =
            Json { version: VERSION, user: None, created: None, used: None, second: false, until: None };
        match self.clone() {
            Self::Active { user, created, used, second_factor: second } => {
                (json.user, json.created, json.used) = (Some(user), Some(created), Some(used));
                json.second = second;
            }
            Self::Revoked { until } => json.until = Some(until),
        }
        // Serialisation cannot fail.
        serde_json::to_string(&json).unwrap_or_default()
    }

    /// Parses a record. It is not checked against the accounts.
    ///
    /// # Errors
    /// See [`SessionRecordError`].
    pub fn from_json(text: &[u8]) -> Result<Self, SessionRecordError> {
        if text.len() > MAX_BYTES {
            return Err(SessionRecordError::TooLong(text.len()));
        }
        let Head { version } = serde_json::from_slice(text)?;
        if version != VERSION {
            return Err(SessionRecordError::Version(version));
        }
        match serde_json::from_slice(text)? {
            Json {
                user: Some(user), created: Some(created), used: Some(used), second, until: None, ..
            } => {
                let is_name = normalise_user_name(&user).is_ok_and(|name| name == user);
                if is_name {
                    Ok(Self::Active { user, created, used, second_factor: second })
                } else {
                    Err(SessionRecordError::InvalidUser)
                }
            }
            Json { user: None, created: None, used: None, second: false, until: Some(until), .. } => {
                Ok(Self::Revoked { until })
            }
            _ => Err(SessionRecordError::InvalidFields),
        }
    }

    /// Time after which the record is not needed any more.
    fn expires_at(&self) -> Timestamp {
        let end = match self {
            Self::Active { created, used, .. } => {
                (*used + SESSION_IDLE_TIMEOUT).min(*created + SESSION_MAX_AGE)
            }
            Self::Revoked { until } => *until,
        };
        end + RETENTION
    }
}

/// Session records by digest.
pub type SessionReplica = ReplicatedMap<Digest, SessionRecord>;

impl Replicated for SessionRecord {
    const MAX_ENTRIES: usize = 20_000;

    /// Revoked first, then with a second factor, then the later use. Records that differ in user or sign-in time come from a
    /// faulty server; then the earlier sign-in wins everywhere.
    fn precedence(&self, other: &Self) -> Ordering {
        match (self, other) {
            (Self::Revoked { until }, Self::Revoked { until: known }) => until.cmp(known),
            (Self::Revoked { .. }, Self::Active { .. }) => Ordering::Greater,
            (Self::Active { .. }, Self::Revoked { .. }) => Ordering::Less,
            (
                Self::Active { user, created, used, second_factor: second },
                Self::Active { user: whose, created: since, used: known, second_factor: was },
            ) => (Reverse(created), Reverse(user), second, used).cmp(&(
                Reverse(since),
                Reverse(whose),
                was,
                known,
            )),
        }
    }

    /// Small differences of the last use are ignored.
    fn is_relevant_update(&self, known: &Self) -> bool {
        let is_use = match (self, known) {
            (
                Self::Active { user, created, used, second_factor: second },
                Self::Active { user: whose, created: since, used: known, second_factor: was },
            ) => user == whose && created == since && second == was && *used < *known + USE_INTERVAL,
            _ => false,
        };
        self.supersedes(known) && !is_use
    }

    fn is_expired(&self, now: Timestamp) -> bool {
        self.expires_at() <= now
    }
}

impl StoredValue for SessionRecord {
    const MAX_BYTES: usize = MAX_BYTES;

    fn encode(&self) -> String {
        self.to_json()
    }

    fn decode(stored: &[u8]) -> Result<Self, DecodeError> {
        Self::from_json(stored).map_err(|error| match error {
            SessionRecordError::Version(_) => DecodeError::OtherVersion(error.to_string()),
            _ => DecodeError::Invalid(error.to_string()),
        })
    }
}

impl ReplicatedKey for Digest {
    fn to_field(&self) -> String {
        self.to_string()
    }

    fn from_field(field: &str) -> Result<Self, String> {
        Self::parse(field).ok_or_else(|| "invalid field name: it must be 64 hexadecimal digits".to_owned())
    }
}

#[cfg(test)]
#[path = "session_replica_tests.rs"]
mod tests;
