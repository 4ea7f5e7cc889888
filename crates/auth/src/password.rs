//! Passwords and their hashes: argon2id ([RFC 9106](https://www.rfc-editor.org/rfc/rfc9106)) as
//! [PHC strings](https://github.com/P-H-C/phc-string-format/blob/master/phc-sf-spec.md).
//!
//! Hashing takes tens of milliseconds and 19 MiB: callers must not block async threads with it, and must limit concurrency.

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
/// Minimum and maximum bytes of a password.
const MIN_LENGTH: usize = 8;
const MAX_LENGTH: usize = 256;
/// 32 unambiguous letters and digits, so that five random bits choose one.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// Hash that matches no password: verifying it makes an unknown user take as long as a known one.
const UNMATCHABLE: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$bm9ib2R5IG5vYm9keSA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Invalid password. The password itself is not in the error.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("invalid password of {0} bytes: use 8 to 256 bytes without control characters")]
pub struct PasswordError(usize);

/// Password, typed or generated. `Debug` does not reveal it.
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Validates a new password.
    ///
    /// # Errors
    /// The password has less than 8 or more than 256 bytes, or control characters.
    pub fn new(text: String) -> Result<Self, PasswordError> {
        let fits = (MIN_LENGTH..=MAX_LENGTH).contains(&text.len()) && !text.chars().any(char::is_control);
        if fits { Ok(Self(text)) } else { Err(PasswordError(text.len())) }
    }

    /// Password typed to sign in; `None` if it is too long for any user's password.
    pub fn from_input(text: String) -> Option<Self> {
        (text.len() <= MAX_LENGTH).then_some(Self(text))
    }

    /// Generates a password from random bytes: five groups of four letters, 100 bits.
    pub fn generate(random: &[u8; 20]) -> Self {
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

    /// The password.
    pub fn text(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Password")
    }
}

/// Password hash.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PasswordHash(String);

impl PasswordHash {
    /// Hashes a password with a random salt.
    pub fn new(password: &Password, salt: &[u8; SALT]) -> Self {
        let hash = hash(password, salt, MEMORY_KIB, PASSES, LANES).unwrap_or([0; HASH]);
        let (salt, hash) = (STANDARD_NO_PAD.encode(salt), STANDARD_NO_PAD.encode(hash));
        Self(format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${hash}"))
    }

    /// A hash that matches no password.
    pub fn unmatchable() -> Self {
        Self(UNMATCHABLE.to_owned())
    }

    /// Verifies a password in constant time.
    pub fn verify(&self, password: &Password) -> bool {
        let Some((salt, known, [memory, passes, lanes])) = self.parts() else { return false };
        // An all-zero hash matches no password.
        let found = hash(password, &salt, memory, passes, lanes).unwrap_or_default();
        let difference =
            found.iter().zip(&known).fold(0, |difference, (found, known)| difference | (found ^ known));
        difference == 0 && known != [0; HASH]
    }

    /// Whether the hash is valid.
    pub(crate) fn is_valid(&self) -> bool {
        self.parts().is_some()
    }

    fn parts(&self) -> Option<(Vec<u8>, [u8; HASH], [u32; 3])> {
        let rest = self.0.strip_prefix("$argon2id$v=19$")?;
        let mut parts = rest.split('$');
        let (numbers, salt, hash) = (parts.next()?, parts.next()?, parts.next()?);
        let mut numbers = numbers.split(',');
        let mut number = |name: &str| numbers.next()?.strip_prefix(name)?.parse::<u32>().ok();
        let numbers = [number("m=")?, number("t=")?, number("p=")?];
        // Higher costs would allow a denial of service.
        let fits = numbers.into_iter().zip([1 << 18, 16, 8]).all(|(number, max)| (1..=max).contains(&number));
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
        Password::from_input(text.to_owned()).unwrap()
    }

    #[test]
    fn hash_matches_only_its_password() {
        let hash = PasswordHash::new(&password("correct horse"), &[1; 16]);
        assert!(hash.verify(&password("correct horse")));
        for other in ["", "correct horse ", "Correct horse"] {
            assert!(!hash.verify(&password(other)), "{other}");
        }
        assert_ne!(hash, PasswordHash::new(&password("correct horse"), &[2; 16]));
        assert!(!PasswordHash::unmatchable().verify(&password("")) && PasswordHash::unmatchable().is_valid());
    }

    /// From the reference implementation, `argon2` of Debian: `printf password | argon2 somesalt -id -t 2 -k 256 -p 1 -l 32`.
    #[test]
    fn hashes_of_other_programs_are_verified() {
        let text = "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4";
        let hash = PasswordHash(text.to_owned());
        assert!(hash.verify(&password("password")));
        assert!(!hash.verify(&password("passwore")));
    }

    #[test]
    fn invalid_hash_matches_nothing() {
        for text in [
            "",
            "password",
            "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=4294967295,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65",
            "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4$",
        ] {
            let hash = PasswordHash(text.to_owned());
            assert!(!hash.is_valid() && !hash.verify(&password("password")), "{text}");
        }
    }

    #[test]
    fn password_has_8_to_256_bytes() {
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
        assert!(Password::from_input("x".repeat(257)).is_none());
    }

    #[test]
    fn generated_password_is_readable_and_valid() {
        let random: [u8; 20] = std::array::from_fn(|place| u8::try_from(place * 11).unwrap());
        let made = Password::generate(&random);
        assert_eq!(made.text(), "amyb-nzcp-2dq3-er4f-s5gt");
        assert!(Password::new(made.text().to_owned()).is_ok());
        assert_eq!(format!("{made:?}"), "Password");
    }
}
