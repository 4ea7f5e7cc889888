//! Secrets of 256 random bits, and the digests that are kept of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use std::fmt;

/// Bytes of a secret, and of a digest.
const BYTES: usize = 32;
/// What a token begins with, so that people and programs that look for lost secrets know it.
const MARK: &str = "wg_";
/// Digits of a digest by which people name what it stands for.
const SHORT: usize = 8;

/// A secret that proves who somebody is. It cannot be shown by mistake: only [`text`](Self::text) gives it away.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret([u8; BYTES]);

impl Secret {
    /// The secret of these random bytes.
    pub const fn new(random: [u8; BYTES]) -> Self {
        Self(random)
    }

    /// As it is handed out: `wg_` and 43 characters of base64url
    /// ([RFC 4648, section 5](https://www.rfc-editor.org/rfc/rfc4648#section-5)).
    pub fn text(&self) -> String {
        format!("{MARK}{}", URL_SAFE_NO_PAD.encode(self.0))
    }

    /// The secret that was handed out as `text`; `None` of any other text.
    pub fn parse(text: &str) -> Option<Self> {
        // Longer texts are not even looked at.
        let rest = text.strip_prefix(MARK).filter(|rest| rest.len() == 43)?;
        URL_SAFE_NO_PAD.decode(rest).ok()?.try_into().ok().map(Self)
    }

    /// What is kept of it.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.0)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret")
    }
}

/// The SHA-256 digest of a secret ([FIPS 180-4](https://doi.org/10.6028/NIST.FIPS.180-4)). Written as 64 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Digest([u8; BYTES]);

impl Digest {
    /// Of a secret text.
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

    /// Its first eight digits: by these people name what it stands for.
    pub fn short(&self) -> String {
        self.to_string().chars().take(SHORT).collect()
    }

    /// Reads 64 hexadecimal digits; `None` of any other text.
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
        fn is_read_as_it_was_handed_out(bytes: [u8; 32]) {
            let secret = Secret::new(bytes);
            prop_assert_eq!(Secret::parse(&secret.text()), Some(secret.clone()));
            let digest = secret.digest();
            let json = serde_json::to_string(&digest).unwrap();
            prop_assert_eq!(serde_json::from_str::<Digest>(&json).unwrap(), digest);
        }

        #[test]
        fn any_other_text_is_none(text in ".{0,80}") {
            if let Some(secret) = Secret::parse(&text) {
                prop_assert_eq!(secret.text(), text);
            }
        }
    }

    #[test]
    fn the_digest_is_sha_256() {
        // 32 bytes of zero.
        let digest = Secret::new([0; 32]).digest();
        let expected = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";
        assert_eq!((digest.to_string().as_str(), digest.short().as_str()), (expected, "66687aad"));
    }

    #[test]
    fn is_shown_by_nothing_but_its_text() {
        let secret = Secret::new([7; 32]);
        assert_eq!(format!("{secret:?}"), "Secret");
        assert!(secret.text().starts_with("wg_BwcH"));
        for text in ["", "wg_", "wg_BwcH", &secret.text()[3..], &format!("{}A", secret.text())] {
            assert_eq!(Secret::parse(text), None, "{text}");
        }
    }
}
