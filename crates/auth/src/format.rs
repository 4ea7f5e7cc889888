//! File format of the accounts: JSON, version 2. `golden/access.json` has one of everything. Version 1 lacks the data of
//! session replication.

use crate::{Accounts, Digest, Session, Token, User};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;
use watchglass_model::Timestamp;

/// Output version.
const VERSION: u32 = 2;
/// Oldest supported version.
const OLDEST: u32 = 1;

/// Format error.
#[derive(Debug, Error)]
pub enum FormatError {
    /// Invalid JSON or fields.
    #[error("invalid accounts file: {0}")]
    Json(#[from] serde_json::Error),
    /// Unsupported version.
    #[error(
        "unsupported version {0} (supported: {OLDEST} to {VERSION}): use the Watchglass version that wrote the file"
    )]
    Version(u32),
    /// Invalid password hash.
    #[error("invalid password hash of {0}: it must be an argon2id hash in PHC format")]
    Password(String),
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

#[derive(Serialize)]
struct Output<'a> {
    version: u32,
    users: Vec<&'a User>,
    tokens: Vec<&'a Token>,
    sessions: Vec<&'a Session>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ended: Vec<Ended>,
}

/// Tombstone of a revoked session.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ended {
    digest: Digest,
    until: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    #[serde(rename = "version")]
    _version: u32,
    users: Vec<User>,
    tokens: Vec<Token>,
    sessions: Vec<Session>,
    #[serde(default)]
    ended: Vec<Ended>,
}

impl Accounts {
    /// Serialises the accounts.
    pub fn to_json(&self) -> String {
        let (users, tokens, sessions) = (self.users.values(), self.tokens.values(), self.sessions.values());
        let output = Output {
            version: VERSION,
            users: users.collect(),
            tokens: tokens.collect(),
            sessions: sessions.collect(),
            ended: self
                .revoked
                .iter()
                .map(|(digest, until)| Ended { digest: *digest, until: *until })
                .collect(),
        };
        // Serialisation cannot fail.
        serde_json::to_string_pretty(&output).unwrap_or_default() + "\n"
    }

    /// Parses the accounts.
    ///
    /// # Errors
    /// See [`FormatError`].
    pub fn from_json(text: &str) -> Result<Self, FormatError> {
        let Head { version } = serde_json::from_str(text)?;
        if !(OLDEST..=VERSION).contains(&version) {
            return Err(FormatError::Version(version));
        }
        let Input { users, tokens, sessions, ended, .. } = serde_json::from_str(text)?;
        if let Some(user) = users.iter().find(|user| !user.password.is_valid()) {
            return Err(FormatError::Password(user.name.clone()));
        }
        fn by<T>(items: Vec<T>, digest: impl Fn(&T) -> Digest) -> BTreeMap<Digest, T> {
            items.into_iter().map(|item| (digest(&item), item)).collect()
        }
        Ok(Self {
            users: users.into_iter().map(|user| (user.name.clone(), user)).collect(),
            tokens: by(tokens, |token| token.digest),
            sessions: by(sessions, |session| session.digest),
            revoked: ended.into_iter().map(|ended| (ended.digest, ended.until)).collect(),
        })
    }
}
