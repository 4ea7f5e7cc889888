//! Action tokens: round trips, tampering, malformed input.

use super::*;
use crate::golden;
use proptest::prelude::*;

const EXPIRES_MS: i64 = 1_700_086_400_000;

fn key() -> SigningKey {
    SigningKey::parse(&"0123456789abcdef".repeat(4)).unwrap()
}

fn mark(rule: &str, labels: &[(&str, &str)]) -> AlertFingerprint {
    AlertFingerprint::new(rule, &labels.iter().copied().collect())
}

fn action_token(action: LinkAction, count: usize) -> ActionToken {
    let marks = (0..count).map(|number| mark(&format!("rule-{number}"), &[("host", "h")]));
    ActionToken { action, fingerprints: marks.collect(), expires_at: Timestamp::from_millis(EXPIRES_MS) }
}

fn before() -> Timestamp {
    Timestamp::from_millis(EXPIRES_MS - 1)
}

#[test]
fn tokens_match_the_golden_file() {
    let action_tokens = [
        action_token(LinkAction::Acknowledge, 1),
        action_token(LinkAction::Silence { minutes: 120 }, 1),
        action_token(LinkAction::Acknowledge, MAX_FINGERPRINTS),
    ];
    let tokens: String = action_tokens.iter().map(|action_token| key().sign(action_token) + "\n").collect();
    golden::check("deeds.txt", tokens.as_bytes());
    for (token, action_token) in tokens.lines().zip(action_tokens) {
        assert!(token.len() <= MAX_TOKEN, "{token}");
        assert_eq!(key().verify(token, before()), Ok(action_token));
    }
}

#[test]
fn token_is_valid_until_expiry_and_for_its_key_only() {
    let token = key().sign(&action_token(LinkAction::Acknowledge, 1));
    let since = Timestamp::from_millis(EXPIRES_MS);
    for (now, expected) in [
        (before(), None),
        (since, Some(ActionTokenError::Expired { expired_at: since })),
        (Timestamp::from_millis(i64::MAX), Some(ActionTokenError::Expired { expired_at: since })),
    ] {
        assert_eq!(key().verify(&token, now).err(), expected, "{now:?}");
    }
    let other = SigningKey::parse(&SigningKey::generate().unwrap()).unwrap();
    assert_eq!(other.verify(&token, before()), Err(ActionTokenError::Invalid));
}

#[test]
fn signed_but_malformed_token_is_rejected() {
    let sign = |body: &[u8]| {
        let signature = hmac::sign(&key().0, body);
        URL_SAFE_NO_PAD.encode([body, signature.as_ref()].concat())
    };
    let body = |version, action, marks: usize| {
        let mut body = vec![version, action, 0, 0];
        body.extend(EXPIRES_MS.to_be_bytes());
        body.extend(vec![7; marks]);
        body
    };
    assert!(key().verify(&sign(&body(1, 0, 16)), before()).is_ok());
    for (version, action, marks) in
        [(1, 0, 0), (1, 0, 15), (1, 0, 17), (1, 0, 176), (1, 2, 16), (2, 0, 16), (0, 0, 16)]
    {
        let read = key().verify(&sign(&body(version, action, marks)), before());
        assert_eq!(read, Err(ActionTokenError::Invalid), "{version} {action} {marks}");
    }
    for nothing in ["", "x", "====", &sign(&[]), &sign(&[1, 0, 0]), &"A".repeat(100_000)] {
        assert_eq!(key().verify(nothing, before()), Err(ActionTokenError::Invalid), "{nothing:.20}");
    }
}

#[test]
fn keys_are_random_and_damaged_keys_are_rejected() {
    let text = SigningKey::generate().unwrap();
    assert!(SigningKey::parse(&text).is_some() && SigningKey::parse(&format!("{text}\n")).is_some());
    assert_ne!(text, SigningKey::generate().unwrap());
    for damaged in ["", &text[1..], &format!("{text}0"), &text.replace(&text[..1], "x"), &"é".repeat(32)] {
        assert!(SigningKey::parse(damaged).is_none(), "{damaged}");
    }
}

#[test]
fn fingerprint_is_unique_per_rule_and_series() {
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
    assert_ne!(token_id("a"), token_id("b"));
}

proptest! {
    #[test]
    fn signed_token_is_verified(
        silences: bool, minutes: u16, expires in 1_i64..i64::MAX, count in 1_usize..=MAX_FINGERPRINTS,
    ) {
        let action = if silences { LinkAction::Silence { minutes } } else { LinkAction::Acknowledge };
        let action_token = ActionToken { expires_at: Timestamp::from_millis(expires), ..action_token(action, count) };
        let token = key().sign(&action_token);
        prop_assert!(token.len() <= MAX_TOKEN);
        prop_assert_eq!(key().verify(&token, Timestamp::from_millis(expires - 1)), Ok(action_token));
    }

    #[test]
    fn any_change_is_rejected(count in 1_usize..=MAX_FINGERPRINTS, place: prop::sample::Index, letter in "[A-Za-z0-9_=-]") {
        let token = key().sign(&action_token(LinkAction::Silence { minutes: 120 }, count));
        let place = place.index(token.len());
        let mut changed = token.clone();
        changed.replace_range(place..=place, &letter);
        if changed != token {
            prop_assert_eq!(key().verify(&changed, before()), Err(ActionTokenError::Invalid));
        }
        // Truncated, and with a suffix.
        prop_assert_eq!(key().verify(&token[..place], before()), Err(ActionTokenError::Invalid));
        prop_assert_eq!(key().verify(&format!("{token}{letter}"), before()), Err(ActionTokenError::Invalid));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,300}") {
        prop_assert_eq!(key().verify(&text, before()), Err(ActionTokenError::Invalid));
    }
}
