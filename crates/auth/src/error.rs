//! Authentication and account errors.

use crate::NameError;
use crate::accounts::MAX_ENTRIES;
use thiserror::Error;

/// Authentication error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum AuthError {
    /// Unknown token.
    #[error("unknown token: create one with `watchglass token create`")]
    UnknownToken,
    /// Expired token.
    #[error("this token has expired: create a new one with `watchglass token create`")]
    Expired,
    /// Revoked token.
    #[error("this token was revoked: create a new one with `watchglass token create`")]
    Revoked,
    /// Expired, revoked or unknown session.
    #[error("the session has expired: sign in again")]
    SessionExpired,
}

/// Account error.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AccountsError {
    /// Invalid name.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The user exists.
    #[error("user {0} already exists: use another name, or set a password with `watchglass user password`")]
    UserExists(String),
    /// Unknown user.
    #[error("unknown user {0}: `watchglass user list` shows all users")]
    UnknownUser(String),
    /// No active token has this name or id.
    #[error("no active token {0:?}: `watchglass token list` shows all tokens")]
    UnknownToken(String),
    /// Ambiguous token name.
    #[error("{count} tokens are named {name:?}: use the id shown by `watchglass token list`")]
    AmbiguousToken {
        /// Name.
        name: String,
        /// Number of tokens with this name.
        count: usize,
    },
    /// Unknown session.
    #[error("no active session with this id")]
    UnknownSession,
    /// Users cannot have the ingest role.
    #[error(
        "the role of a user is admin or viewer: to write metrics, create a token with `watchglass token create`"
    )]
    IngestUser,
    /// The change would leave no administrator.
    #[error("{0} is the only administrator who can sign in: add another one first")]
    LastAdministrator(String),
    /// The second factor is already enabled.
    #[error("two-factor authentication is already enabled for {0}: disable it first")]
    SecondFactorEnabled(String),
    /// The second factor is not enabled.
    #[error("two-factor authentication is not enabled for {0}")]
    SecondFactorDisabled(String),
    /// The limit is reached.
    #[error("the limit of {MAX_ENTRIES} {0} is reached: remove one first")]
    LimitReached(&'static str),
}
