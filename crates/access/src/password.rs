//! Passwords and their hashes: argon2id ([RFC 9106](https://www.rfc-editor.org/rfc/rfc9106)), written as
//! [PHC strings](https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md).
//!
//! Hashing takes tens of milliseconds and 19 MiB: callers do it away from threads that others wait for, and a few at a time.

use argon2::{Algorithm, Argon2, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use std::fmt;
use thiserror::Error;

/// Memory in KiB, passes and lanes, as
/// [OWASP recommends](https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html).
const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;
/// Bytes of a salt and of a hash.
const SALT: usize = 16;
const HASH: usize = 32;
/// The shortest and the longest password, in bytes.
const SHORTEST: usize = 8;
const LONGEST: usize = 256;
/// Letters and digits that nobody takes for another: 32, so that five random bits choose one.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// What nobody's password is: with it, an unknown user takes as long as a known one.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keSA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// A password that cannot be taken. It is not repeated.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("a password must be 8 to 256 bytes long, without control characters: this one has {0} bytes")]
pub struct PasswordError(usize);

/// A password that somebody typed or that was made. It cannot be shown by mistake.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// A new password as it must be to be set.
    ///
    /// # Errors
    /// It has less than 8 or more than 256 bytes, or control characters.
    pub fn new(text: String) -> Result<Self, PasswordError> {
        let fits = (SHORTEST..=LONGEST).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text)) } else { Err(PasswordError(text.len())) }
    }

    /// What somebody typed to sign in; `None` of what can be nobody's password for its length.
    pub fn typed(text: String) -> Option<Self> {
        (text.len() <= LONGEST).then_some(Self(text))
    }

    /// Makes one of random bytes: five groups of four letters, 100 bits.
    pub fn made(random: &[u8; 20]) -> Self {
        let letters = random.iter().filter_map(|byte| LETTERS.get(usize::from(byte % 32)));
        let mut text = String::with_capacity(24);
        for (place, letter) in letters.enumerate() {
            if place > 0 && place % 4 == 0 {
                text.push('-');
            }
            text.push(char::from(*letter));
        }
        Self(text)
    }

    /// The password itself.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// What is kept of a password.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a password with a random salt.
    pub fn of(password: &Password, salt: &[u8; SALT]) -> Self {
        let hash = hash(password, salt, MEMORY_KIB, PASSES, LANES).unwrap_or([0; HASH]);
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
        Self(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}"))
    }

    /// A hash that no password has.
    pub fn nobody() -> Self {
        Self(NOBODY.to_owned())
    }

    /// Whether it is of this password. How long this takes tells nothing of the password.
    pub fn fits(&self, password: &Password) -> bool {
        let Some((salt, known, [memory, passes, lanes])) = self.parts() else { return false };
        // A hash of zeros stands for nobody.
        let found = hash(password, &salt, memory, passes, lanes).unwrap_or_default();
        let difference =
            found.iter().zip(&known).fold(0, |difference, (found, known)| difference | (found ^ known));
        difference == 0 && known != [0; HASH]
    }

    /// Whether it can be read.
    pub(crate) fn is_readable(&self) -> bool {
        self.parts().is_some()
    }

    fn parts(&self) -> Option<(Vec<u8>, [u8; HASH], [u32; 3])> {
        let rest = self.0.strip_prefix("$argon2id$v=19$")?;
        let mut parts = rest.split('$');
        let (numbers, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut numbers = numbers.split(',');
        let mut number = |name: &str| numbers.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let numbers = [number("m=")?, number("t=")?, number("p=")?];
        // More would be a way to hold the server up.
        let fits =
            numbers.into_iter().zip([1 << 18, 16, 8]).all(|(number, most)| (1..=most).contains(&number));
        if !fits || parts.next().is_some() {
            return None;
        }
        let salt = STANDARD_NO_PAD.decode(salt).ok().filter(|salt| (8..=64).contains(&salt.len()))?;
        Some((salt, STANDARD_NO_PAD.decode(hash).ok()?.try_into().ok()?, numbers))
    }
}

impl fmt::Debug for PasswordHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PasswordHash")
    }
}

fn hash(password: &Password, salt: &[u8], memory: u32, passes: u32, lanes: u32) -> Option<[u8; HASH]> {
    let parameters = Params::new(memory, passes, lanes, Some(HASH)).ok()?;
    let mut found = [0; HASH];
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password_into(password.0.as_bytes(), salt, &mut found)
        .ok()?;
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn password(text: &str) -> Password {
        Password::typed(text.to_owned()).unwrap()
    }

    #[test]
    fn a_hash_fits_its_password_only() {
        let hash = PasswordHash::of(&password("correct horse"), &[1; 16]);
        assert!(hash.fits(&password("correct horse")));
        for other in ["", "correct horse ", "Correct horse"] {
            assert!(!hash.fits(&password(other)), "{other}");
        }
        assert_ne!(hash, PasswordHash::of(&password("correct horse"), &[2; 16]));
        assert!(!PasswordHash::nobody().fits(&password("")) && PasswordHash::nobody().is_readable());
    }

    /// Made by the reference implementation, `argon2` of Debian: `printf password | argon2 somesalt -id -t 2 -k 256 -p 1 -l 32`.
    #[test]
    fn hashes_of_other_programs_are_understood() {
        let text = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let hash = PasswordHash(text.to_owned());
        assert!(hash.fits(&password("password")));
        assert!(!hash.fits(&password("passwore")));
    }

    #[test]
    fn a_hash_that_cannot_be_read_fits_nothing() {
        for text in [
            "",
            "password",
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4$",
        ] {
            let hash = PasswordHash(text.to_owned());
            assert!(!hash.is_readable() && !hash.fits(&password("password")), "{text}");
        }
    }

    #[test]
    fn a_password_has_8_to_256_bytes() {
        for (text, fits) in [
            ("1234567", false),
            ("12345678", true),
            ("ääää", true),
            ("1234567\n", false),
            (&"x".repeat(256), true),
            (&"x".repeat(257), false),
        ] {
            assert_eq!(Password::new(text.to_owned()).is_ok(), fits, "{text}");
        }
        let error = Password::new("secret".to_owned()).unwrap_err().to_string();
        assert!(error.contains("6 bytes") && !error.contains("secret"), "{error}");
        assert!(Password::typed("x".repeat(257)).is_none());
    }

    #[test]
    fn a_made_password_can_be_read_aloud_and_set() {
        let random: [u8; 20] = std::array::from_fn(|place| u8::try_from(place * 11).unwrap());
        let made = Password::made(&random);
        assert_eq!(made.text(), "amyb-nzcp-2dq3-er4f-s5gt");
        assert!(Password::new(made.text().to_owned()).is_ok());
        assert_eq!(format!("{made:?}"), "Password");
    }
}
