//! The first administrator: created once, with a password from the environment or a generated one that is shown once.

use super::random::random;
use super::{Access, AccessError};
use std::fmt;
use watchglass_auth::{Password, PasswordHash, Role};
use watchglass_model::Timestamp;

/// Environment variable with the first administrator's password. Not a setting: other users can see flags and files.
const PASSWORD_VARIABLE: &str = "WATCHGLASS_ADMIN_PASSWORD";
const ADMIN_NAME: &str = "admin";

/// Where the first administrator's password comes from.
#[derive(Debug)]
pub(crate) enum FirstPassword {
    /// Users exist already.
    NotNeeded,
    /// From the environment variable.
    FromEnvironment,
    /// Generated now: show it once.
    Generated(Password),
}

impl Access {
    /// Creates the first administrator if there are no users yet. `variable` looks up an environment variable.
    ///
    /// # Errors
    /// The password in the environment is invalid, or the accounts cannot be saved.
    pub(crate) fn create_first_admin(
        &self,
        variable: impl Fn(&str) -> Option<String>,
        now: Timestamp,
    ) -> Result<FirstPassword, AccessError> {
        if self.loaded().accounts.users().next().is_some() {
            return Ok(FirstPassword::NotNeeded);
        }
        let (password, first) = match variable(PASSWORD_VARIABLE).filter(|text| !text.is_empty()) {
            Some(text) => {
                let wrong = |source| AccessError::Password { origin: PASSWORD_VARIABLE, source };
                (Password::new(text).map_err(wrong)?, FirstPassword::FromEnvironment)
            }
            None => {
                let generated = generate_password()?;
                (generated.clone(), FirstPassword::Generated(generated))
            }
        };
        let hash = PasswordHash::new(&password, &random()?);
        self.change(|accounts| Ok(accounts.add_user(ADMIN_NAME, Role::Admin, hash, now)?))?;
        Ok(first)
    }
}

/// Sign-in instructions on one line.
impl fmt::Display for FirstPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotNeeded => {
                f.write_str("with your user name and password; forgotten? `watchglass user password`")
            }
            Self::FromEnvironment => write!(f, "as {ADMIN_NAME}, with the password in {PASSWORD_VARIABLE}"),
            Self::Generated(_) => {
                write!(f, "as {ADMIN_NAME}, with the password on standard error (shown only once)")
            }
        }
    }
}

/// A generated password.
///
/// # Errors
/// No random numbers are available.
pub(crate) fn generate_password() -> Result<Password, AccessError> {
    Ok(Password::generate(&random()?))
}
