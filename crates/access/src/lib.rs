//! Who may do what, and how often: people, tokens, sessions, their roles, what a door needs, delays and rates.
//!
//! Pure: time and randomness are passed in, and nothing here knows files, addresses or HTTP.
//!
//! A secret of 256 random bits proves who a program or a browser is. Only its SHA-256 digest is kept: who reads the file
//! cannot act in anybody's name. Passwords are kept as argon2id hashes.

mod book;
mod bucket;
mod changes;
mod delay;
mod error;
mod factor;
mod format;
mod name;
mod password;
mod people;
mod role;
mod roll;
mod secret;
mod session;
mod shared;
mod token;
mod totp;

#[cfg(test)]
mod book_tests;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod testing;

pub use book::{Book, By, Pass};
pub use bucket::{Buckets, Level, Rate};
pub use delay::Delays;
pub use error::{BookError, Refusal};
pub use format::FormatError;
pub use name::{NameError, check_token_name, user_name};
pub use password::{Password, PasswordError, PasswordHash};
pub use people::User;
pub use role::{Door, Role, RoleError};
pub use roll::{MOST_WORDS, Roll, Word, WordError};
pub use secret::{Digest, Secret};
pub use session::{LONGEST_SESSION, Session, UNUSED_SESSION};
pub use shared::Heard;
pub use token::{Standing, Token};
pub use totp::{Factor, RECOVERY_CODES, TotpSecret};
