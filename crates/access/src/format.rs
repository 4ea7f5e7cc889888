//! How a book is written down: JSON, version 2. `golden/access.json` has one of everything. Version 1 had nothing of what
//! several servers share.

use crate::{Book, Digest, Session, Token, User};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use thiserror::Error;
use watchglass_model::Timestamp;

/// The version that is written.
const VERSION: u32 = 2;
/// The oldest version that is read.
const OLDEST: u32 = 1;

/// Why a text is no book.
#[derive(Debug, Error)]
pub enum FormatError {
    /// It is no JSON, or has other fields.
    #[error("it is not what this program writes: {0}")]
    Json(#[from] serde_json::Error),
    /// A program of another version wrote it.
    #[error(
        "it has version {0}, and this program reads versions {OLDEST} to {VERSION}: use the program that wrote it"
    )]
    Version(u32),
    /// A hash was changed by hand.
    #[error("the password of {0} cannot be read: it must be an argon2id hash as this program writes it")]
    Password(String),
}

#[derive(Deserialize)]
struct Head {
    version: u32,
}

#[derive(Serialize)]
struct Written<'a> {
    version: u32,
    users: Vec<&'a User>,
    tokens: Vec<&'a Token>,
    sessions: Vec<&'a Session>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    ended: Vec<Ended>,
}

/// A session that was ended.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Ended {
    digest: Digest,
    until: Timestamp,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Read {
    #[serde(rename = "version")]
    _version: u32,
    users: Vec<User>,
    tokens: Vec<Token>,
    sessions: Vec<Session>,
    #[serde(default)]
    ended: Vec<Ended>,
}

impl Book {
    /// As it is written down.
    pub fn written(&self) -> String {
        let (users, tokens, sessions) = (self.users.values(), self.tokens.values(), self.sessions.values());
        let written = Written {
            version: VERSION,
            users: users.collect(),
            tokens: tokens.collect(),
            sessions: sessions.collect(),
            ended: self
                .ended
                .iter()
                .map(|(digest, until)| Ended { digest: *digest, until: *until })
                .collect(),
        };
        // Nothing in it can fail to be JSON.
        serde_json::to_string_pretty(&written).unwrap_or_default() + "\n"
    }

    /// The book that was written down as `text`.
    ///
    /// # Errors
    /// See [`FormatError`].
    pub fn read(text: &str) -> Result<Self, FormatError> {
        let Head { version } = serde_json::from_str(text)?;
        if !(OLDEST..=VERSION).contains(&version) {
            return Err(FormatError::Version(version));
        }
        let Read { users, tokens, sessions, ended, .. } = serde_json::from_str(text)?;
        if let Some(user) = users.iter().find(|user| !user.password.is_readable()) {
            return Err(FormatError::Password(user.name.clone()));
        }
        fn by<T>(items: Vec<T>, digest: impl Fn(&T) -> Digest) -> BTreeMap<Digest, T> {
            items.into_iter().map(|item| (digest(&item), item)).collect()
        }
        Ok(Self {
            users: users.into_iter().map(|user| (user.name.clone(), user)).collect(),
            tokens: by(tokens, |token| token.digest),
            sessions: by(sessions, |session| session.digest),
            ended: ended.into_iter().map(|ended| (ended.digest, ended.until)).collect(),
        })
    }
}
