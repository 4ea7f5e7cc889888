//! Secrets of 256 random bits and their digests.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// Bytes of a secret, and of a digest.
const BYTES: usize = 32;
/// Prefix of a token, recognisable for secret scanners.
const PREFIX: &str = "wg_";
/// Digits of a short id.
const SHORT_ID: usize = 8;

/// Secret of a token or session. `Debug` does not reveal it: only [`text`](Self::text) does.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; BYTES]);

impl Secret {
    /// Secret from random bytes.
    pub const fn new(random: [u8; BYTES]) -> Self {
        Self(random)
    }

    /// Text form: `wg_` and 43 characters of base64url
    /// ([RFC 4648, section 5](https://www.rfc-editor.org/rfc/rfc4648#section-5)).
    pub fn text(&self) -> String {
        format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(self.0))
    }

    /// Parses the text form; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        // The length is checked before decoding.
        let rest = text.strip_prefix(PREFIX).filter(|rest| rest.len() == 43)?;
        URL_SAFE_NO_PAD.decode(rest).ok()?.try_into().ok().map(Self)
    }

    /// Stored digest.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// SHA-256 digest of a secret ([FIPS 180-4](https://doi.org/10.6028/NIST.FIPS.180-4)). Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; BYTES]);

impl Digest {
    /// Digest of a text.
    pub(crate) fn of_text(text: &str) -> Self {
        Self::of(text.as_bytes())
    }

    fn of(secret: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, secret);
        let mut bytes = [0; BYTES];
        for (byte, value) in bytes.iter_mut().zip(digest.as_ref()) {
            *byte = *value;
        }
        Self(bytes)
    }

    /// Short id: the first eight digits.
    pub fn short(&self) -> String {
        self.to_string().chars().take(SHORT_ID).collect()
    }

    /// Parses 64 hexadecimal digits; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() != 2 * BYTES || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let pairs = text.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
        let bytes: Vec<u8> = pairs.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
        bytes.try_into().ok().map(Self)
    }
}

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.short())
    }
}

impl Serialize for Digest {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Digest {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| de::Error::custom("a digest must be 64 hexadecimal digits"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn secret_round_trips(bytes: [u8; 32]) {
            let secret = Secret::new(bytes);
            prop_assert_eq!(Secret::parse(&secret.text()), Some(secret.clone()));
            let digest = secret.digest();
            let json = serde_json::to_string(&digest).unwrap();
            prop_assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        }

        #[test]
        fn invalid_text_is_rejected(text in ".{0,80}") {
            if let Some(secret) = Secret::parse(&text) {
                prop_assert_eq!(secret.text(), text);
            }
        }
    }

    #[test]
    fn digest_is_sha_256() {
        // 32 bytes of zero.
        let digest = Secret::new([0; 32]).digest();
        let expected = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";
        assert_eq!((digest.to_string().as_str(), digest.short().as_str()), (expected, "66687aad"));
    }

    #[test]
    fn secret_is_shown_only_by_text() {
        let secret = Secret::new([7; 32]);
        assert_eq!(format!("{secret:?}"), "Secret");
        assert!(secret.text().starts_with("wg_BwcH"));
        for text in ["", "wg_", "wg_BwcH", &secret.text()[3..], &format!("{}A", secret.text())] {
            assert_eq!(Secret::parse(text), None, "{text}");
        }
    }
}
