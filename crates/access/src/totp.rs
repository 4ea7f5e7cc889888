//! A second factor: codes of six digits that an app makes of a secret and the time
//! ([RFC 6238](https://www.rfc-editor.org/rfc/rfc6238): SHA-1, steps of 30 s), and codes for when the app is lost.

use crate::Digest;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;
use watchglass_model::Timestamp;

/// Bytes of a secret, as [RFC 4226](https://www.rfc-editor.org/rfc/rfc4226#section-4) recommends.
const SECRET: usize = 20;
/// Milliseconds for which a code is good.
const STEP: i64 = 30_000;
/// So many steps before and behind that of now are good as well: clocks differ.
const SKEW: i64 = 1;
/// So many codes for when the app is lost.
pub const RECOVERY_CODES: usize = 8;
/// Random bytes of such a code, each a letter.
const RECOVERY: usize = 16;
/// The alphabet of base32 ([RFC 4648, section 6](https://www.rfc-editor.org/rfc/rfc4648#section-6)).
const BASE32: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
/// The longest code that is looked at, in bytes.
const LONGEST: usize = 64;

/// What an app makes codes of. It cannot be shown by mistake: only [`text`](Self::text) and [`uri`](Self::uri) give it away.
#[derive(Clone, PartialEq, Eq)]
pub struct TotpSecret([u8; SECRET]);

impl TotpSecret {
    /// The secret of these random bytes.
    pub const fn new(random: [u8; SECRET]) -> Self {
        Self(random)
    }

    /// As people type it into an app: 32 letters and digits of base32.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(32);
        // Five bytes are eight letters of five bits.
        for five in self.0.chunks(5) {
            let bits = five.iter().fold(0_u64, |bits, byte| (bits << 8) | u64::from(*byte));
            for place in (0..8).rev() {
                let letter = usize::try_from((bits >> (5 * place)) & 31).unwrap_or_default();
                text.extend(BASE32.get(letter).map(|letter| char::from(*letter)));
            }
        }
        text
    }

    /// The secret of such a text, whatever spaces are in it; `None` of any other.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > 2 * LONGEST {
            return None;
        }
        let letters: Vec<u64> = text
            .bytes()
            .filter(|byte| *byte != b' ')
            .map(|byte| BASE32.iter().position(|letter| *letter == byte.to_ascii_uppercase()))
            .map(|place| place.and_then(|place| u64::try_from(place).ok()))
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

    /// As [apps read it](https://github.com/google/google-authenticator/wiki/Key-Uri-Format). `issuer` and `name` must need no
    /// escaping.
    pub fn uri(&self, issuer: &str, name: &str) -> String {
        format!("otpauth://totp/{issuer}:{name}?secret={}&issuer={issuer}", self.text())
    }

    /// The code of a step: [RFC 4226, section 5.3](https://www.rfc-editor.org/rfc/rfc4226#section-5.3).
    fn code(&self, step: i64) -> u32 {
        let key = ring::hmac::Key::new(ring::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.0);
        let tag = ring::hmac::sign(&key, &step.to_be_bytes());
        let offset = tag.as_ref().last().map_or(0, |last| usize::from(last & 15));
        let four = tag.as_ref().iter().skip(offset).take(4);
        (four.fold(0, |code, byte| (code << 8) | u32::from(*byte)) & 0x7fff_ffff) % 1_000_000
    }

    /// The code that an app shows.
    pub fn code_at(&self, now: Timestamp) -> String {
        format!("{:06}", self.code(step_of(now)))
    }

    /// The newest step behind `used` at which this was the code.
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
        Self::parse(&text)
            .ok_or_else(|| de::Error::custom("the secret of a second factor must be 32 letters of base32"))
    }
}

/// The second factor of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    secret: TotpSecret,
    /// Since when it is asked for.
    since: Timestamp,
    /// The step of the last code that was taken: neither it nor one before is taken again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<i64>,
    /// What is kept of the codes that can still be used when the app is lost.
    recovery: Vec<Digest>,
}

impl Factor {
    /// The factor of somebody whose app shows `typed`, and their codes for when it is lost, which are shown this once; `None`
    /// where it is not what the app should show.
    pub fn begin(
        secret: TotpSecret,
        typed: &str,
        random: &[[u8; RECOVERY]; RECOVERY_CODES],
        now: Timestamp,
    ) -> Option<(Self, Vec<String>)> {
        let used = secret.step(&tidied(typed)?, None, now)?;
        let codes: Vec<String> = random.iter().map(recovery_code).collect();
        let recovery = codes.iter().filter_map(|code| Some(Digest::of_text(&tidied(code)?))).collect();
        Some((Self { secret, since: now, used: Some(used), recovery }, codes))
    }

    /// Whether a code is good: it is the app's, or one for when that is lost. Neither is good a second time.
    pub fn accept(&mut self, typed: &str, now: Timestamp) -> bool {
        let Some(typed) = tidied(typed) else { return false };
        if let Some(step) = self.secret.step(&typed, self.used, now) {
            self.used = Some(step);
            return true;
        }
        let digest = Digest::of_text(&typed);
        let before = self.recovery.len();
        self.recovery.retain(|known| *known != digest);
        self.recovery.len() < before
    }

    /// Since when it is asked for.
    pub fn since(&self) -> Timestamp {
        self.since
    }

    /// How many codes are left for when the app is lost.
    pub fn codes_left(&self) -> usize {
        self.recovery.len()
    }
}

/// 16 letters in groups of four: 80 bits.
fn recovery_code(random: &[u8; RECOVERY]) -> String {
    let mut text = String::with_capacity(19);
    for (place, byte) in random.iter().enumerate() {
        if place > 0 && place % 4 == 0 {
            text.push('-');
        }
        text.extend(BASE32.get(usize::from(byte % 32)).map(|letter| char::from(letter.to_ascii_lowercase())));
    }
    text
}

/// What was typed without what people put between groups; `None` where it is too long to be a code.
fn tidied(typed: &str) -> Option<String> {
    let kept =
        typed.chars().filter(|letter| !matches!(letter, ' ' | '-')).map(|letter| letter.to_ascii_lowercase());
    (typed.len() <= LONGEST).then(|| kept.collect())
}

#[cfg(test)]
#[path = "totp_tests.rs"]
mod tests;
