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
mod tests {
    use super::*;
    use crate::golden;
    use proptest::prelude::*;

    const GOOD_UNTIL: i64 = 1_700_086_400_000;

    fn key() -> DeedKey {
        DeedKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
    }

    fn mark(rule: &str, labels: &[(&str, &str)]) -> AlertMark {
        AlertMark::new(rule, &labels.iter().copied().collect())
    }

    fn deed(action: Action, count: usize) -> Deed {
        let marks = (0..count).map(|number| mark(&format!("rule-{number}"), &[("host", "h")]));
        Deed { action, marks: marks.collect(), expires: Timestamp::from_millis(GOOD_UNTIL) }
    }

    fn before() -> Timestamp {
        Timestamp::from_millis(GOOD_UNTIL - 1)
    }

    #[test]
    fn tokens_stay_as_they_were() {
        let deeds = [
            deed(Action::Acknowledge, 1),
            deed(Action::Silence { minutes: 120 }, 1),
            deed(Action::Acknowledge, MOST_MARKS),
        ];
        let tokens: String = deeds.iter().map(|deed| key().sign(deed) + "\n").collect();
        golden::check("deeds.txt", tokens.as_bytes());
        for (token, deed) in tokens.lines().zip(deeds) {
            assert!(token.len() <= MOST_TOKEN, "{token}");
            assert_eq!(key().read(token, before()), Ok(deed));
        }
    }

    #[test]
    fn a_token_is_good_until_it_expires_and_for_its_key_alone() {
        let token = key().sign(&deed(Action::Acknowledge, 1));
        let since = Timestamp::from_millis(GOOD_UNTIL);
        for (now, expected) in [
            (before(), None),
            (since, Some(DeedError::Expired { since })),
            (Timestamp::from_millis(i64::MAX), Some(DeedError::Expired { since })),
        ] {
            assert_eq!(key().read(&token, now).err(), expected, "{now:?}");
        }
        let other = DeedKey::parse(&DeedKey::random_text().unwrap()).unwrap();
        assert_eq!(other.read(&token, before()), Err(DeedError::NotOurs));
    }

    #[test]
    fn what_is_signed_but_no_deed_does_nothing() {
        let sign = |body: &[u8]| {
            let signature = hmac::sign(&key().0, body);
            URL_SAFE_NO_PAD.encode([body, signature.as_ref()].concat())
        };
        let body = |version, action, marks: usize| {
            let mut body = vec![version, action, 0, 0];
            body.extend(GOOD_UNTIL.to_be_bytes());
            body.extend(vec![7; marks]);
            body
        };
        assert!(key().read(&sign(&body(1, 0, 16)), before()).is_ok());
        for (version, action, marks) in
            [(1, 0, 0), (1, 0, 15), (1, 0, 17), (1, 0, 176), (1, 2, 16), (2, 0, 16), (0, 0, 16)]
        {
            let read = key().read(&sign(&body(version, action, marks)), before());
            assert_eq!(read, Err(DeedError::NotOurs), "{version} {action} {marks}");
        }
        for nothing in ["", "x", "====", &sign(&[]), &sign(&[1, 0, 0]), &"A".repeat(100_000)] {
            assert_eq!(key().read(nothing, before()), Err(DeedError::NotOurs), "{nothing:.20}");
        }
    }

    #[test]
    fn keys_are_random_and_a_damaged_one_is_none() {
        let text = DeedKey::random_text().unwrap();
        assert!(DeedKey::parse(&text).is_some() && DeedKey::parse(&format!("{text}\n")).is_some());
        assert_ne!(text, DeedKey::random_text().unwrap());
        for damaged in ["", &text[1..], &format!("{text}0"), &text.replace(&text[..1], "x"), &"é".repeat(32)]
        {
            assert!(DeedKey::parse(damaged).is_none(), "{damaged}");
        }
    }

    #[test]
    fn a_mark_is_of_one_rule_and_series() {
        let marks = [
            mark("a", &[("b", "c")]),
            mark("a", &[("b", "cd")]),
            mark("ab", &[("c", "d")]),
            mark("a", &[("bc", "d")]),
            mark("a", &[]),
            mark("a", &[("b", "c"), ("d", "e")]),
        ];
        for (place, one) in marks.iter().enumerate() {
            assert!(!marks[..place].contains(one), "{place}");
        }
        assert_eq!(marks[0].to_string().len(), 32);
        assert_ne!(deed_name("a"), deed_name("b"));
    }

    proptest! {
        #[test]
        fn what_is_signed_is_read(
            silences: bool, minutes: u16, expires in 1_i64..i64::MAX, count in 1_usize..=MOST_MARKS,
        ) {
            let action = if silences { Action::Silence { minutes } } else { Action::Acknowledge };
            let deed = Deed { expires: Timestamp::from_millis(expires), ..deed(action, count) };
            let token = key().sign(&deed);
            prop_assert!(token.len() <= MOST_TOKEN);
            prop_assert_eq!(key().read(&token, Timestamp::from_millis(expires - 1)), Ok(deed));
        }

        #[test]
        fn any_change_is_refused(count in 1_usize..=MOST_MARKS, place: prop::sample::Index, letter in "[A-Za-z0-9_=-]") {
            let token = key().sign(&deed(Action::Silence { minutes: 120 }, count));
            let place = place.index(token.len());
            let mut changed = token.clone();
            changed.replace_range(place..=place, &letter);
            if changed != token {
                prop_assert_eq!(key().read(&changed, before()), Err(DeedError::NotOurs));
            }
            // Cut off, and with something behind it.
            prop_assert_eq!(key().read(&token[..place], before()), Err(DeedError::NotOurs));
            prop_assert_eq!(key().read(&format!("{token}{letter}"), before()), Err(DeedError::NotOurs));
        }

        #[test]
        fn no_text_panics(text in "\\PC{0,300}") {
            prop_assert_eq!(key().read(&text, before()), Err(DeedError::NotOurs));
        }
    }
}
