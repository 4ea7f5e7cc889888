//! Error of the services for users, tokens and sessions, which are kept together.

use super::{ErrorKind, MAX_TOKEN_DAYS, ServiceError};
use crate::access::{AccessError, HashError, HasherBusy};
use crate::audit::PermissionDenied;
use thiserror::Error;
use watchglass_auth::{AccountsError, PasswordError};

/// Why a change was rejected.
#[derive(Debug, Error)]
pub(crate) enum AccountError {
    #[error(transparent)]
    Denied(#[from] PermissionDenied),
    /// The accounts rejected it.
    #[error(transparent)]
    Access(#[from] AccessError),
    /// The new password is invalid.
    #[error(transparent)]
    Password(#[from] PasswordError),
    /// The current password is wrong.
    #[error("the current password is wrong")]
    WrongPassword,
    /// The current password or the code is wrong.
    #[error("the current password or the code is wrong; each code is valid once, for 30 seconds")]
    WrongCode,
    /// The code does not match the secret.
    #[error("the code does not match: check the secret and the clock in the authenticator app")]
    CodeMismatch,
    /// The secret is not the one that was shown.
    #[error("the secret does not match the one that was shown: start again")]
    SecretMismatch,
    /// Too many attempts failed.
    #[error("too many failed attempts: try again in {0} s")]
    Throttled(u64),
    /// The hashing queue is full.
    #[error("too many password checks in progress: try again in a moment")]
    Busy(#[from] HasherBusy),
    /// The lifetime of a token is out of range.
    #[error("days is {0}: must be from 1 to {MAX_TOKEN_DAYS}")]
    Days(u32),
    /// A token has no password.
    #[error("only signed-in users have a password; to replace a token, create a new one")]
    NotAUser,
}

impl From<AccountsError> for AccountError {
    fn from(error: AccountsError) -> Self {
        AccessError::from(error).into()
    }
}

impl From<HashError> for AccountError {
    fn from(error: HashError) -> Self {
        match error {
            HashError::Busy(busy) => busy.into(),
            HashError::Random(error) => error.into(),
        }
    }
}

impl ServiceError for AccountError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        let error = match self {
            Self::Denied(error) => return error.kind_and_code(),
            Self::Access(AccessError::Accounts(error)) => error,
            Self::Access(AccessError::File { .. }) => return (ErrorKind::NotSaved, "not_saved"),
            Self::Access(_) => return (ErrorKind::Internal, "internal"),
            Self::Password(_) => return (ErrorKind::Invalid, "bad_password"),
            Self::Days(_) => return (ErrorKind::Invalid, "bad_parameter"),
            Self::WrongPassword | Self::WrongCode => return (ErrorKind::Denied, "bad_credentials"),
            Self::CodeMismatch | Self::SecretMismatch => return (ErrorKind::Invalid, "bad_code"),
            Self::Throttled(_) => return (ErrorKind::Throttled, "too_many_attempts"),
            Self::Busy(_) => return (ErrorKind::Busy, "busy"),
            Self::NotAUser => return (ErrorKind::Conflict, "no_person"),
        };
        match error {
            AccountsError::UnknownUser(_) => (ErrorKind::NotFound, "no_user"),
            AccountsError::UnknownToken(_) => (ErrorKind::NotFound, "no_token"),
            AccountsError::UnknownSession => (ErrorKind::NotFound, "no_session"),
            AccountsError::UserExists(_) => (ErrorKind::Conflict, "taken"),
            AccountsError::LastAdministrator(_) => (ErrorKind::Conflict, "last_administrator"),
            AccountsError::AmbiguousToken { .. } => (ErrorKind::Conflict, "several_tokens"),
            AccountsError::LimitReached(_) => (ErrorKind::Conflict, "too_many"),
            AccountsError::SecondFactorEnabled(_) | AccountsError::SecondFactorDisabled(_) => {
                (ErrorKind::Conflict, "second_factor")
            }
            AccountsError::Name(_) | AccountsError::IngestUser => (ErrorKind::Invalid, "bad_parameter"),
        }
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Password(_) | Self::WrongPassword => Some("password"),
            Self::CodeMismatch | Self::WrongCode => Some("code"),
            Self::Days(_) => Some("days"),
            Self::Access(AccessError::Accounts(AccountsError::Name(_) | AccountsError::UserExists(_))) => {
                Some("name")
            }
            Self::Access(AccessError::Accounts(AccountsError::IngestUser)) => Some("role"),
            _ => None,
        }
    }
}
