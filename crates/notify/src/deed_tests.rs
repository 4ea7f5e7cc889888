//! Tokens: round trips, changes, and what is none.

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
    for damaged in ["", &text[1..], &format!("{text}0"), &text.replace(&text[..1], "x"), &"é".repeat(32)] {
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
