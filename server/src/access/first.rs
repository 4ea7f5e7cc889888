//! The first administrator: made once, with a password from the environment or one that is made up and shown once.

use super::random::random;
use super::{Access, AccessError};
use std::fmt;
use watchglass_access::{Password, PasswordHash, Role};
use watchglass_model::Timestamp;

/// The variable that may hold the first administrator's password. It is no setting: flags and files are seen by others.
const VARIABLE: &str = "WATCHGLASS_ADMIN_PASSWORD";
const NAME: &str = "admin";

/// Where the first administrator's password is from.
#[derive(Debug)]
pub(crate) enum FirstPassword {
    /// There were people before.
    None,
    /// From the environment.
    Given,
    /// Made now: it is to be shown, once.
    Made(Password),
}

impl Access {
    /// Makes the first administrator where there is nobody yet. `variable` looks up a variable of the environment.
    ///
    /// # Errors
    /// The password in the environment cannot be taken, or the book cannot be written.
    pub(crate) fn make_first(
        &self,
        variable: impl Fn(&str) -> Option<String>,
        now: Timestamp,
    ) -> Result<FirstPassword, AccessError> {
        if self.held().book.users().next().is_some() {
            return Ok(FirstPassword::None);
        }
        let (password, first) = match variable(VARIABLE).filter(|text| !text.is_empty()) {
            Some(text) => {
                let wrong = |source| AccessError::Password { place: VARIABLE, source };
                (Password::new(text).map_err(wrong)?, FirstPassword::Given)
            }
            None => {
                let made = Password::made(&random()?);
                (made.clone(), FirstPassword::Made(made))
            }
        };
        let hash = PasswordHash::of(&password, &random()?);
        self.change(|book| Ok(book.add_user(NAME, Role::Admin, hash, now)?))?;
        Ok(first)
    }
}

/// How to sign in, in a line.
impl fmt::Display for FirstPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("with your name and password; forgotten? `watchglass user password`"),
            Self::Given => write!(f, "as {NAME}, with the password in {VARIABLE}"),
            Self::Made(_) => {
                write!(f, "as {NAME}, with the password on standard error, which is not shown again")
            }
        }
    }
}
