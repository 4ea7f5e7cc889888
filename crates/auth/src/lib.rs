//! Authentication and authorisation: users, tokens, sessions, roles, permissions, login throttling and rate limits.
//!
//! Free of I/O: time and randomness are passed in, and nothing here knows files, addresses or HTTP.
//!
//! Programs and browsers authenticate with a secret of 256 random bits. Only its SHA-256 digest is stored, so the file does
//! not allow to impersonate anyone. Passwords are stored as argon2id hashes.

mod accounts;
mod changes;
mod error;
mod format;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod known_browser;
mod login_throttle;
mod name;
mod password;
mod rate_limit;
mod role;
mod second_factor;
mod secret;
mod session;
mod session_merge;
mod session_replica;
mod token;
mod totp;
mod user;

#[cfg(test)]
mod accounts_tests;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod testing;

pub use accounts::{Accounts, Credential, Principal};
pub use error::{AccountsError, AuthError};
pub use format::FormatError;
pub use known_browser::{BROWSER_MAX_AGE, BrowserKey, KnownBrowser};
pub use login_throttle::LoginThrottle;
pub use name::{NameError, check_token_name, normalise_user_name};
pub use password::{Password, PasswordError, PasswordHash};
pub use rate_limit::{KeyedRateLimiter, Quota, Rate};
pub use role::{Permission, Role, RoleError};
pub use secret::{Digest, Secret};
pub use session::{SESSION_IDLE_TIMEOUT, SESSION_MAX_AGE, Session};
pub use session_merge::MergeOutcome;
pub use session_replica::{SessionRecord, SessionRecordError, SessionReplica};
pub use token::{Token, TokenState};
pub use totp::{RECOVERY_CODES, SecondFactor, TotpSecret};
pub use user::User;
