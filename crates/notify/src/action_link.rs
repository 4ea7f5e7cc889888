//! Signed, expiring action links (acknowledge or silence from a message).
//!
//! A token is base64url without padding ([RFC 4648, section 5](https://www.rfc-editor.org/rfc/rfc4648#section-5)) of
//! these bytes, integers in big-endian order:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | version, 1 |
//! | 1 | action: 0 acknowledge, 1 silence |
//! | 2 | duration in minutes; 0 if the action has none |
//! | 8 | expiry, in milliseconds since 1970 |
//! | 16 each | the alerts, 1 to 10, as [`AlertFingerprint`]s |
//! | 32 | HMAC-SHA256 ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)) of all bytes before |
//!
//! So no token is longer than 272 characters, however long the labels are, and it does not reveal the alerts.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256, digest};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt;
use std::io;
use thiserror::Error;
use watchglass_model::{Labels, Timestamp};

/// Maximum alerts per link.
pub const MAX_FINGERPRINTS: usize = 10;
/// Maximum characters of a token.
pub const MAX_TOKEN: usize = 272;

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 12;
const FINGERPRINT_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 32;
const KEY_BYTES: usize = 32;

/// Fingerprint of an alert in a link: the first 16 bytes of the SHA-256 of its rule and labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlertFingerprint([u8; FINGERPRINT_BYTES]);

impl AlertFingerprint {
    /// Fingerprint of the alert of this rule and series.
    pub fn new(rule: &str, labels: &Labels) -> Self {
        let mut context = Context::new(&SHA256);
        // Length-prefixed, so that different splits of the same text differ.
        let mut update = |text: &str| {
            context.update(&(text.len() as u64).to_be_bytes());
            context.update(text.as_bytes());
        };
        update(rule);
        for (name, value) in labels.iter() {
            update(name);
            update(value);
        }
        Self::of(context.finish().as_ref())
    }

    fn of(bytes: &[u8]) -> Self {
        let mut mark = [0; FINGERPRINT_BYTES];
        mark.iter_mut().zip(bytes).for_each(|(target, byte)| *target = *byte);
        Self(mark)
    }
}

/// As 32 hexadecimal digits.
impl fmt::Display for AlertFingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// Action of a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkAction {
    /// Acknowledges the alerts.
    Acknowledge,
    /// Silences the alerts.
    Silence {
        /// Duration.
        minutes: u16,
    },
}

/// Content of a token: action, alerts and expiry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ActionToken {
    /// Action.
    pub action: LinkAction,
    /// The alerts, 1 to [`MAX_FINGERPRINTS`].
    pub fingerprints: Vec<AlertFingerprint>,
    /// First moment at which the token is expired.
    pub expires_at: Timestamp,
}

/// Rejected token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum ActionTokenError {
    /// Malformed, changed, or signed with another key.
    #[error(
        "invalid link: it is incomplete or was not signed by this server; open it from the notification again"
    )]
    Invalid,
    /// Expired.
    #[error("this link has expired: use a link of a newer notification, or the alerts page")]
    Expired {
        /// Time of expiry.
        expired_at: Timestamp,
    },
}

/// Key that signs action links. `Debug` does not reveal it.
#[derive(Debug)]
pub struct SigningKey(hmac::Key);

impl SigningKey {
    /// Generates a key as text, which must be stored secretly: 256 random bits as 64 hexadecimal digits.
    ///
    /// # Errors
    /// The system's random source fails.
    pub fn generate() -> io::Result<String> {
        let mut bytes = [0; KEY_BYTES];
        let filled = SystemRandom::new().fill(&mut bytes);
        filled.map_err(|_| io::Error::other("the system's random source failed"))?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// Parses the text of [`SigningKey::generate`]; `None` for any other text.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end();
        if text.len() != 2 * KEY_BYTES || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let digits = text.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
        let bytes: Vec<u8> = digits.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// Signs a token. Only the first [`MAX_FINGERPRINTS`] alerts are included.
    pub fn sign(&self, token: &ActionToken) -> String {
        let (action, minutes) = match token.action {
            LinkAction::Acknowledge => (0, 0),
            LinkAction::Silence { minutes } => (1, minutes),
        };
        let mut bytes = vec![VERSION, action];
        bytes.extend(minutes.to_be_bytes());
        bytes.extend(token.expires_at.millis().to_be_bytes());
        token.fingerprints.iter().take(MAX_FINGERPRINTS).for_each(|mark| bytes.extend(mark.0));
        let signature = hmac::sign(&self.0, &bytes);
        bytes.extend(signature.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Verifies a token at `now`. The signature is compared in constant time.
    ///
    /// # Errors
    /// The token is invalid or expired.
    pub fn verify(&self, token: &str, now: Timestamp) -> Result<ActionToken, ActionTokenError> {
        if token.len() > MAX_TOKEN {
            return Err(ActionTokenError::Invalid);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| ActionTokenError::Invalid)?;
        let length = bytes.len().checked_sub(SIGNATURE_BYTES).ok_or(ActionTokenError::Invalid)?;
        let (body, signature) = bytes.split_at_checked(length).ok_or(ActionTokenError::Invalid)?;
        hmac::verify(&self.0, body, signature).map_err(|_| ActionTokenError::Invalid)?;
        let token = parse(body).ok_or(ActionTokenError::Invalid)?;
        if now >= token.expires_at {
            Err(ActionTokenError::Expired { expired_at: token.expires_at })
        } else {
            Ok(token)
        }
    }
}

/// Log-safe id of a token: 16 hexadecimal digits that do not reveal the token.
pub fn token_id(token: &str) -> String {
    digest(&SHA256, token.as_bytes()).as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// Decodes the signed bytes. `None` for the format of another version.
fn parse(body: &[u8]) -> Option<ActionToken> {
    let (head, marks) = body.split_at_checked(HEAD_BYTES)?;
    let (&[version, action, high, low], expires) = head.split_first_chunk::<4>()?;
    let minutes = u16::from_be_bytes([high, low]);
    let action = match (version, action) {
        (VERSION, 0) => LinkAction::Acknowledge,
        (VERSION, 1) => LinkAction::Silence { minutes },
        _ => return None,
    };
    let expires = i64::from_be_bytes(expires.try_into().ok()?);
    let (pieces, rest) = marks.as_chunks::<FINGERPRINT_BYTES>();
    if !rest.is_empty() || !(1..=MAX_FINGERPRINTS).contains(&pieces.len()) {
        return None;
    }
    let marks = pieces.iter().map(|piece| AlertFingerprint(*piece)).collect();
    Some(ActionToken { action, fingerprints: marks, expires_at: Timestamp::from_millis(expires) })
}

#[cfg(test)]
#[path = "action_link_tests.rs"]
mod tests;
