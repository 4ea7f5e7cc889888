//! Why somebody does not pass, and why a change cannot be.

use crate::NameError;
use crate::book::MOST;
use thiserror::Error;

/// Why a proof is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refusal {
    /// There never was such a token, or it was forgotten.
    #[error("this token is not known here: make one with `watchglass token create`")]
    UnknownToken,
    /// It was good once.
    #[error("this token has expired: make a new one with `watchglass token create`")]
    Expired,
    /// Somebody took it back.
    #[error("this token was revoked: make a new one with `watchglass token create`")]
    Revoked,
    /// The session has ended, or there never was one.
    #[error("this session is over: sign in again")]
    NoSession,
}

/// Why a change cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum BookError {
    /// The name cannot be.
    #[error(transparent)]
    Name(#[from] NameError),
    /// Somebody has the name.
    #[error(
        "there is a user {0} already: choose another name, or set a password with `watchglass user password`"
    )]
    Taken(String),
    /// Nobody has the name.
    #[error("there is no user {0}: `watchglass user list` names those there are")]
    NoUser(String),
    /// No token has the name.
    #[error("there is no token {0:?} that is good: `watchglass token list` names those there are")]
    NoToken(String),
    /// Several tokens have the name.
    #[error("{count} tokens are called {name:?}: name one by its id, which `watchglass token list` shows")]
    SeveralTokens {
        /// The name.
        name: String,
        /// How many have it.
        count: usize,
    },
    /// No session has the id.
    #[error("there is no session with that id that is not over")]
    NoSession,
    /// A person cannot deliver reports only.
    #[error(
        "a user is admin or viewer: what only delivers reports needs a token, from `watchglass token create`"
    )]
    IngestUser,
    /// Nobody could undo it.
    #[error("{0} is the only administrator who can sign in: there must be another one first")]
    LastAdministrator(String),
    /// It is switched on.
    #[error("{0} has a second factor already: switch it off first")]
    HasFactor(String),
    /// There is none to switch off.
    #[error("{0} has no second factor")]
    NoFactor(String),
    /// There are as many as can be.
    #[error("there are {MOST} {0}, the most that can be: remove one first")]
    Full(&'static str),
}
