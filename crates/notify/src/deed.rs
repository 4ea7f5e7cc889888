//! Links that do something: signed, so that nobody else can make one, and good for a while.
//!
//! A token is text in base64url without padding ([RFC 4648, section 5](https://www.rfc-editor.org/rfc/rfc4648#section-5))
//! of these bytes, numbers with the highest byte first:
//!
//! | bytes | what |
//! |---|---|
//! | 1 | the version, 1 |
//! | 1 | what is to be done: 0 acknowledge, 1 silence |
//! | 2 | for how many minutes; 0 where it is not for a while |
//! | 8 | when it ceases to be good, in milliseconds since 1970 |
//! | 16 each | the alerts that it is about, 1 to 10, as [`AlertMark`]s |
//! | 32 | the HMAC-SHA256 ([RFC 2104](https://www.rfc-editor.org/rfc/rfc2104)) of all before |
//!
//! So no link is longer than 272 characters, however long the labels are, and it tells nobody what it is about.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{Context, SHA256, digest};
use ring::hmac;
use ring::rand::{SecureRandom, SystemRandom};
use std::fmt;
use std::io;
use thiserror::Error;
use watchglass_model::{Labels, Timestamp};

/// The most alerts that a link is about.
pub const MOST_MARKS: usize = 10;
/// The most characters of a token.
pub const MOST_TOKEN: usize = 272;

const VERSION: u8 = 1;
const HEAD_BYTES: usize = 12;
const MARK_BYTES: usize = 16;
const SIGNATURE_BYTES: usize = 32;
const KEY_BYTES: usize = 32;

/// What stands for an alert in a link: the beginning of the SHA-256 of its rule and its labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AlertMark([u8; MARK_BYTES]);

impl AlertMark {
    /// The mark of the alert of that rule and series.
    pub fn new(rule: &str, labels: &Labels) -> Self {
        let mut context = Context::new(&SHA256);
        // With their lengths, so that no text can be moved from one to the next.
        let mut take = |text: &str| {
            context.update(&(text.len() as u64).to_be_bytes());
            context.update(text.as_bytes());
        };
        take(rule);
        for (name, value) in labels.iter() {
            take(name);
            take(value);
        }
        Self::of(context.finish().as_ref())
    }

    fn of(bytes: &[u8]) -> Self {
        let mut mark = [0; MARK_BYTES];
        mark.iter_mut().zip(bytes).for_each(|(place, byte)| *place = *byte);
        Self(mark)
    }
}

/// As 32 hexadecimal digits.
impl fmt::Display for AlertMark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

/// What a link does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Says that somebody looks after the alerts.
    Acknowledge,
    /// Says nothing of them for a while.
    Silence {
        /// For how long.
        minutes: u16,
    },
}

/// What a link does, to what, and until when it is good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deed {
    /// What it does.
    pub action: Action,
    /// The alerts that it is about, 1 to [`MOST_MARKS`].
    pub marks: Vec<AlertMark>,
    /// The first moment at which it is good no more.
    pub expires: Timestamp,
}

/// A link that does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum DeedError {
    /// It is none, was changed, or was signed with another key.
    #[error(
        "this link was not made by this server, or a part of it is missing: open it from the message again"
    )]
    NotOurs,
    /// It was good once.
    #[error("this link has expired: take the one of a newer message, or the page of alerts")]
    Expired {
        /// When it ceased to be good.
        since: Timestamp,
    },
}

/// The key that links are signed with. It cannot be shown.
#[derive(Debug)]
pub struct DeedKey(hmac::Key);

impl DeedKey {
    /// A new key as text, to be kept where nobody else reads it: 256 random bits as 64 hexadecimal digits.
    ///
    /// # Errors
    /// The system gives no random numbers.
    pub fn random_text() -> io::Result<String> {
        let mut bytes = [0; KEY_BYTES];
        let filled = SystemRandom::new().fill(&mut bytes);
        filled.map_err(|_| io::Error::other("the system gives no random numbers"))?;
        Ok(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// The key of a text that [`DeedKey::random_text`] made; `None` of any other.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim_end();
        if text.len() != 2 * KEY_BYTES || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let digits = text.as_bytes().chunks(2).filter_map(|pair| std::str::from_utf8(pair).ok());
        let bytes: Vec<u8> = digits.filter_map(|pair| u8::from_str_radix(pair, 16).ok()).collect();
        Some(Self(hmac::Key::new(hmac::HMAC_SHA256, &bytes)))
    }

    /// The token of a deed. Of more than [`MOST_MARKS`] alerts, the first are taken.
    pub fn sign(&self, deed: &Deed) -> String {
        let (action, minutes) = match deed.action {
            Action::Acknowledge => (0, 0),
            Action::Silence { minutes } => (1, minutes),
        };
        let mut bytes = vec![VERSION, action];
        bytes.extend(minutes.to_be_bytes());
        bytes.extend(deed.expires.millis().to_be_bytes());
        deed.marks.iter().take(MOST_MARKS).for_each(|mark| bytes.extend(mark.0));
        let signature = hmac::sign(&self.0, &bytes);
        bytes.extend(signature.as_ref());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// What a token does, if it is of this key and good at `now`. How long this takes tells nothing of the signature.
    ///
    /// # Errors
    /// It is not of this key, or is good no more.
    pub fn read(&self, token: &str, now: Timestamp) -> Result<Deed, DeedError> {
        if token.len() > MOST_TOKEN {
            return Err(DeedError::NotOurs);
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| DeedError::NotOurs)?;
        let length = bytes.len().checked_sub(SIGNATURE_BYTES).ok_or(DeedError::NotOurs)?;
        let (body, signature) = bytes.split_at_checked(length).ok_or(DeedError::NotOurs)?;
        hmac::verify(&self.0, body, signature).map_err(|_| DeedError::NotOurs)?;
        let deed = parse(body).ok_or(DeedError::NotOurs)?;
        if now >= deed.expires { Err(DeedError::Expired { since: deed.expires }) } else { Ok(deed) }
    }
}

/// A name for what a token does, 16 hexadecimal digits from which nobody finds the token: it can be written down.
pub fn deed_name(token: &str) -> String {
    digest(&SHA256, token.as_bytes()).as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

/// What was signed. `None` for another version of this program, which may know more than this one.
fn parse(body: &[u8]) -> Option<Deed> {
    let (head, marks) = body.split_at_checked(HEAD_BYTES)?;
    let (&[version, action, high, low], expires) = head.split_first_chunk::<4>()?;
    let minutes = u16::from_be_bytes([high, low]);
    let action = match (version, action) {
        (VERSION, 0) => Action::Acknowledge,
        (VERSION, 1) => Action::Silence { minutes },
        _ => return None,
    };
    let expires = i64::from_be_bytes(expires.try_into().ok()?);
    let (pieces, rest) = marks.as_chunks::<MARK_BYTES>();
    if !rest.is_empty() || !(1..=MOST_MARKS).contains(&pieces.len()) {
        return None;
    }
    let marks = pieces.iter().map(|piece| AlertMark(*piece)).collect();
    Some(Deed { action, marks, expires: Timestamp::from_millis(expires) })
}

#[cfg(test)]
#[path = "deed_tests.rs"]
mod tests;
