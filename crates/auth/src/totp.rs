//! TOTP second factor: six-digit codes ([RFC 6238](https://www.rfc-editor.org/rfc/rfc6238): SHA-1, steps of 30 s), and
//! recovery codes.

use crate::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use watchglass_model::Timestamp;

/// Bytes of a secret, as [RFC 4226](https://www.rfc-editor.org/rfc/rfc4226#section-4) recommends.
const SECRET: usize = 20;
/// Time step of a code, in milliseconds.
const STEP: i64 = 30_000;
/// Accepted steps before and after the current one, for clock skew.
const SKEW: i64 = 1;
/// Number of recovery codes.
pub const RECOVERY_CODES: usize = 8;
/// Random bytes of a recovery code, one per letter.
const RECOVERY: usize = 16;
/// The alphabet of base32 ([RFC 4648, section 6](https://www.rfc-editor.org/rfc/rfc4648#section-6)).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// Maximum bytes of a typed code.
const MAX_CODE: usize = 64;

/// Shared TOTP secret. `Debug` does not reveal it: only [`text`](Self::text) and [`uri`](Self::uri) do.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET]);

impl TotpSecret {
    /// Secret from random bytes.
    pub const fn new(random: [u8; SECRET]) -> Self {
        Self(random)
    }

    /// Text to type into an authenticator app: 32 letters and digits of base32.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(32);
        // Five bytes give eight letters of five bits.
        for five in self.0.chunks(5) {
            let bits = five.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
            for index in (0..8).rev() {
                let letter = usize::try_from((bits >> (5 * index)) & 31).unwrap_or_default();
                text.extend(BASE32.get(letter).map(|letter| char::from(*letter)));
            }
        }
        text
    }

    /// Parses the text, ignoring spaces; `None` if it is invalid.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 2 * MAX_CODE {
            return None;
        }
        let letters: Vec<u64> = text
            .bytes()
            .filter(|byte| *byte != b' ')
            .map(|byte| BASE32.iter().position(|letter| *letter == byte.to_ascii_uppercase()))
            .map(|index| index.and_then(|index| u64::try_from(index).ok()))
            .collect::<Option<_>>()?;
        if letters.len() != 32 {
            return None;
        }
        let five = |eight: &[u64]| {
            let bits = eight.iter().fold(0_u64, |bits, letter| (bits << 5) | letter);
            bits.to_be_bytes().into_iter().skip(3)
        };
        letters.chunks(8).flat_map(five).collect::<Vec<u8>>().try_into().ok().map(Self)
    }

    /// URI for [authenticator apps](https://github.com/google/google-authenticator/wiki/Key-Uri-Format). `issuer` and `name`
    /// must not need escaping.
    pub fn uri(&self, issuer: &str, name: &str) -> String {
        format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", self.text())
    }

    /// Code of a step: [RFC 4226, section 5.3](https://www.rfc-editor.org/rfc/rfc4226#section-5.3).
    fn code(&self, step: i64) -> u32 {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = ring::hmac::sign(&key, &step.to_be_bytes());
        let offset = tag.as_ref().last().map_or(0, |last| usize::from(last & 15));
        let four = tag.as_ref().iter().skip(offset).take(4);
        (four.fold(0, |code, byte| (code << 8) | u32::from(*byte)) & 0x7fff_ffff) % 1_000_000
    }

    /// Code shown by an app at `now`.
    pub fn code_at(&self, now: Timestamp) -> String {
        format!("{:06}", self.code(step_of(now)))
    }

    /// Newest step after `used` that has this code.
    fn step(&self, typed: &str, used: Option<i64>, now: Timestamp) -> Option<i64> {
        let code: u32 = Some(typed)
            .filter(|typed| typed.len() == 6 && typed.bytes().all(|byte| byte.is_ascii_digit()))?
            .parse()
            .ok()?;
        let now = step_of(now);
        (now - SKEW..=now + SKEW)
            .rev()
            .filter(|step| used.is_none_or(|used| *step > used))
            .find(|step| self.code(*step) == code)
    }
}

fn step_of(now: Timestamp) -> i64 {
    now.millis().div_euclid(STEP)
}

impl fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("TotpSecret")
    }
}

impl Serialize for TotpSecret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text())
    }
}

impl<'de> Deserialize<'de> for TotpSecret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a TOTP secret must be 32 characters of base32"))
    }
}

/// Second factor of a user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SecondFactor {
    secret: TotpSecret,
    /// Time of enrolment.
    since: Timestamp,
    /// Step of the last accepted code: codes of this step or before are rejected (no replay).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<i64>,
    /// Digests of the unused recovery codes.
    recovery: Vec<Digest>,
}

impl SecondFactor {
    /// Enrols a user whose app shows `typed`; returns the factor and the recovery codes, which are shown only once. `None` if
    /// the code is wrong.
    pub fn enrol(
        secret: TotpSecret,
        typed: &str,
        random: &[[u8; RECOVERY]; RECOVERY_CODES],
        now: Timestamp,
    ) -> Option<(Self, Vec<String>)> {
        let used = secret.step(&normalise(typed)?, None, now)?;
        let codes: Vec<String> = random.iter().map(recovery_code).collect();
        let recovery = codes.iter().filter_map(|code| Some(Digest::of_text(&normalise(code)?))).collect();
        Some((Self { secret, since: now, used: Some(used), recovery }, codes))
    }

    /// Verifies and consumes a TOTP or recovery code.
    pub fn verify(&mut self, typed: &str, now: Timestamp) -> bool {
        let Some(typed) = normalise(typed) else { return false };
        if let Some(step) = self.secret.step(&typed, self.used, now) {
            self.used = Some(step);
            return true;
        }
        let digest = Digest::of_text(&typed);
        let before = self.recovery.len();
        self.recovery.retain(|known| *known != digest);
        self.recovery.len() < before
    }

    /// Consumes the codes that are consumed in `other`, if it is the same enrolment.
    pub(crate) fn merge_used(&mut self, other: &Self) {
        if self.secret == other.secret {
            self.used = self.used.max(other.used);
            self.recovery.retain(|code| other.recovery.contains(code));
        }
    }

    /// Time of enrolment.
    pub fn enrolled_at(&self) -> Timestamp {
        self.since
    }

    /// Number of unused recovery codes.
    pub fn recovery_codes_left(&self) -> usize {
        self.recovery.len()
    }
}

/// Recovery code: 16 letters in groups of four, 80 bits.
fn recovery_code(random: &[u8; RECOVERY]) -> String {
    let mut text = String::with_capacity(19);
    for (index, byte) in random.iter().enumerate() {
        if index > 0 && index % 4 == 0 {
            text.push('-');
        }
        text.extend(BASE32.get(usize::from(byte % 32)).map(|letter| char::from(letter.to_ascii_lowercase())));
    }
    text
}

/// Removes separators from a typed code and lowercases it; `None` if it is too long.
fn normalise(typed: &str) -> Option<String> {
    let kept =
        typed.chars().filter(|letter| !matches!(letter, ' ' | '-')).map(|letter| letter.to_ascii_lowercase());
    (typed.len() <= MAX_CODE).then(|| kept.collect())
}

#[cfg(test)]
#[path = "totp_tests.rs"]
mod tests;
