//! Order and expiry of session records; the laws of maps of them, and that revoked sessions stay revoked.

use super::*;
use crate::testing::{DAY, at, secret};
use proptest::prelude::*;
use watchglass_replica::testing::{check_encoding, check_laws};

fn begun(user: &str, created: u64, used: u64) -> SessionRecord {
    SessionRecord::Active {
        user: user.to_owned(),
        created: at(created),
        used: at(used),
        second_factor: false,
    }
}

fn ended(until: u64) -> SessionRecord {
    SessionRecord::Revoked { until: at(until) }
}

fn word() -> impl Strategy<Value = SessionRecord> {
    prop_oneof![
        3 => ("ada|bob", 0..3_u64, 0..2000_u64, any::<bool>()).prop_map(|(user, created, used, second_factor)| {
            SessionRecord::Active { user, created: at(created), used: at(used), second_factor }
        }),
        1 => (0..3_u64).prop_map(ended),
    ]
}

fn replica() -> impl Strategy<Value = SessionReplica> {
    prop::collection::vec((0..4_u8, word()), 0..8).prop_map(|words| {
        let mut replica = SessionReplica::default();
        words.into_iter().for_each(|(number, word)| replica.apply(secret(number).digest(), word));
        replica
    })
}

fn merged(one: &SessionReplica, two: &SessionReplica) -> SessionReplica {
    let mut one = one.clone();
    one.merge(two);
    one
}

#[test]
fn sessions_satisfy_the_laws() {
    let digests = (0..4_u8).prop_map(|number| secret(number).digest());
    check_laws(digests, word(), (0..3 * DAY).prop_map(at)).unwrap();
    check_encoding(word()).unwrap();
}

proptest! {
    #[test]
    fn revoked_sessions_stay_revoked(a in replica(), b in replica()) {
        let all = merged(&a, &b);
        for (session, word) in a.iter().chain(&b) {
            let is_ended = |word: Option<&SessionRecord>| matches!(word, Some(SessionRecord::Revoked { .. }));
            prop_assert!(!is_ended(Some(word)) || is_ended(all.get(session)));
        }
    }

    #[test]
    fn delta_is_everything_the_peer_lacks_except_recent_uses(a in replica(), b in replica()) {
        let mut updated = b.clone();
        for (session, word) in a.delta_for(&b, at(0)) {
            updated.apply(*session, word.clone());
        }
        prop_assert_eq!(a.delta_for(&updated, at(0)).len(), 0);
        for (session, word) in &merged(&a, &b) {
            match (word, updated.get(session).unwrap()) {
                (SessionRecord::Active { user, created, used, second_factor }, SessionRecord::Active { user: whose, created: since, used: known, second_factor: was }) => {
                    prop_assert_eq!((user, created, second_factor), (whose, since, was));
                    prop_assert!(*used < *known + USE_INTERVAL);
                }
                (word, updated) => prop_assert_eq!(word, updated),
            }
        }
    }

    #[test]
    fn malformed_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = SessionRecord::from_json(&bytes);
    }
}

#[test]
fn invalid_records_are_rejected_with_the_reason() {
    for (text, expected) in [
        ("garbage".to_owned(), "invalid record: expected value"),
        ("{}".to_owned(), "invalid record: missing field `version`"),
        (r#"{"version":2,"more":1}"#.to_owned(), "unsupported version 2 (supported: 1)"),
        (r#"{"version":1,"more":1}"#.to_owned(), "invalid record: unknown field `more`"),
        (r#"{"version":1}"#.to_owned(), "invalid record: it must have either"),
        (r#"{"version":1,"user":"ada","created":1}"#.to_owned(), "invalid record: it must have either"),
        (
            r#"{"version":1,"user":"ada","created":1,"used":1,"until":1}"#.to_owned(),
            "invalid record: it must have either",
        ),
        (r#"{"version":1,"second":true,"until":1}"#.to_owned(), "invalid record: it must have either"),
        (r#"{"version":1,"user":"Ada","created":1,"used":1}"#.to_owned(), "invalid user name"),
        (r#"{"version":1,"user":"a b","created":1,"used":1}"#.to_owned(), "invalid user name"),
        (" ".repeat(MAX_BYTES + 1), "the record has 513 bytes: the maximum is 512"),
    ] {
        let error = SessionRecord::from_json(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    let longest = begun(&"x".repeat(64), 0, 0).to_json();
    assert!(SessionRecord::from_json(longest.as_bytes()).is_ok(), "{longest}");
}

#[test]
fn records_expire_after_a_day_and_are_bounded() {
    let mut mine = SessionReplica::default();
    mine.apply(secret(1).digest(), begun("ada", 0, 0));
    mine.apply(secret(2).digest(), ended(DAY / 2));
    let (before, after) = (at(DAY * 3 / 2 - 1), at(DAY * 3 / 2));
    let none = SessionReplica::default();
    assert_eq!((mine.delta_for(&none, before).len(), mine.expired(before).count()), (2, 0));
    assert_eq!((mine.delta_for(&none, after).len(), mine.expired(after).count()), (0, 2));
    let numbers = 0..SessionRecord::MAX_ENTRIES - 1;
    let mut full: SessionReplica = numbers
        .map(|number| {
            let mut bytes = [0; 32];
            bytes[..8].copy_from_slice(&number.to_le_bytes());
            (crate::Secret::new(bytes).digest(), ended(0))
        })
        .collect();
    full.apply(secret(2).digest(), begun("ada", 0, 0));
    assert_eq!(full.len(), SessionRecord::MAX_ENTRIES);
    // A revocation is sent even if the replica is full; a session is not.
    assert_eq!(mine.delta_for(&full, at(0)), [(&secret(2).digest(), &ended(DAY / 2))]);
    full.apply(secret(3).digest(), ended(0));
    assert_eq!(mine.delta_for(&full, at(0)), [(&secret(2).digest(), &ended(DAY / 2))]);
}
