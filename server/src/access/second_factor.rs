//! Enrolment of a second factor: a new secret for an authenticator app.

use super::AccessError;
use super::random::random;
use watchglass_auth::{RECOVERY_CODES, TotpSecret};

/// Issuer name in the authenticator app, next to the user name.
const ISSUER: &str = "Watchglass";

/// A new TOTP secret, to be entered in an authenticator app.
#[derive(Clone, Debug)]
pub(crate) struct Enrolment {
    /// The secret in groups of four characters.
    pub(crate) groups: String,
    /// `otpauth` URI, for apps on the same device.
    pub(crate) uri: String,
}

impl Enrolment {
    /// A new secret for the user of that name.
    ///
    /// # Errors
    /// No random numbers are available.
    pub(crate) fn new(name: &str) -> Result<Self, AccessError> {
        Ok(Self::from_secret(&TotpSecret::new(random()?), name))
    }

    /// The secret that was shown before, as the form sends it back; `None` if it is invalid.
    pub(crate) fn resume(text: &str, name: &str) -> Option<Self> {
        TotpSecret::parse(text).map(|secret| Self::from_secret(&secret, name))
    }

    fn from_secret(secret: &TotpSecret, name: &str) -> Self {
        let mut groups = String::with_capacity(40);
        for (index, letter) in secret.text().chars().enumerate() {
            if index > 0 && index % 4 == 0 {
                groups.push(' ');
            }
            groups.push(letter);
        }
        Self { groups, uri: secret.uri(ISSUER, name) }
    }
}

/// Random numbers for recovery codes.
///
/// # Errors
/// No random numbers are available.
pub(crate) fn recovery_bytes() -> Result<[[u8; 16]; RECOVERY_CODES], AccessError> {
    let mut bytes = [[0; 16]; RECOVERY_CODES];
    for code in &mut bytes {
        *code = random()?;
    }
    Ok(bytes)
}
