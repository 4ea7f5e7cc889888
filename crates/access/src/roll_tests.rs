//! Joining what several servers know has the same outcome in any order, any grouping, and any number of times, and what was
//! ended stays so.

use super::*;
use crate::testing::{DAY, at, secret};
use proptest::prelude::*;

fn begun(user: &str, created: u64, used: u64) -> Word {
    Word::Begun { user: user.to_owned(), created: at(created), used: at(used), second: false }
}

fn ended(until: u64) -> Word {
    Word::Ended { until: at(until) }
}

fn word() -> impl Strategy<Value = Word> {
    prop_oneof![
        3 => ("ada|bob", 0..3_u64, 0..2000_u64, any::<bool>()).prop_map(|(user, created, used, second)| {
            Word::Begun { user, created: at(created), used: at(used), second }
        }),
        1 => (0..3_u64).prop_map(ended),
    ]
}

fn roll() -> impl Strategy<Value = Roll> {
    prop::collection::vec((0..4_u8, word()), 0..8).prop_map(|words| {
        let mut roll = Roll::default();
        words.into_iter().for_each(|(number, word)| roll.hear(secret(number).digest(), word));
        roll
    })
}

fn joined(one: &Roll, two: &Roll) -> Roll {
    let mut one = one.clone();
    one.join(two);
    one
}

proptest! {
    #[test]
    fn rolls_are_joined_in_any_order(a in roll(), b in roll(), c in roll()) {
        prop_assert_eq!(joined(&a, &b), joined(&b, &a));
        prop_assert_eq!(joined(&joined(&a, &b), &c), joined(&a, &joined(&b, &c)));
        prop_assert_eq!(joined(&a, &a), a);
    }

    #[test]
    fn what_was_ended_stays_so(a in roll(), b in roll()) {
        let all = joined(&a, &b);
        for (session, word) in a.words().chain(b.words()) {
            let is_ended = |word: Option<&Word>| matches!(word, Some(Word::Ended { .. }));
            prop_assert!(!is_ended(Some(word)) || is_ended(all.word(session)));
        }
    }

    #[test]
    fn what_is_news_is_all_that_the_other_lacks_but_for_five_minutes(a in roll(), b in roll()) {
        let mut told = b.clone();
        for (session, word) in a.news_for(&b, at(0)) {
            told.hear(session, word.clone());
        }
        prop_assert_eq!(a.news_for(&told, at(0)).count(), 0);
        for (session, word) in joined(&a, &b).words() {
            match (word, told.word(session).unwrap()) {
                (Word::Begun { user, created, used, second }, Word::Begun { user: whose, created: since, used: known, second: was }) => {
                    prop_assert_eq!((user, created, second), (whose, since, was));
                    prop_assert!(*used < *known + TOLD_EVERY);
                }
                (word, told) => prop_assert_eq!(word, told),
            }
        }
    }

    #[test]
    fn what_is_written_is_read_again(word in word()) {
        prop_assert_eq!(Word::from_json(word.to_json().as_bytes()).unwrap(), word);
    }

    #[test]
    fn no_bytes_do_any_harm(bytes in prop::collection::vec(any::<u8>(), 0..600)) {
        let _ = Word::from_json(&bytes);
    }
}

#[test]
fn what_is_no_word_says_why() {
    for (text, expected) in [
        ("rubbish".to_owned(), "it cannot be understood: expected value"),
        ("{}".to_owned(), "it cannot be understood: missing field `version`"),
        (r#"{"version":2,"more":1}"#.to_owned(), "version 2 is not known, 1 is"),
        (r#"{"version":1,"more":1}"#.to_owned(), "it cannot be understood: unknown field `more`"),
        (r#"{"version":1}"#.to_owned(), "it must have either"),
        (r#"{"version":1,"user":"ada","created":1}"#.to_owned(), "it must have either"),
        (r#"{"version":1,"user":"ada","created":1,"used":1,"until":1}"#.to_owned(), "it must have either"),
        (r#"{"version":1,"second":true,"until":1}"#.to_owned(), "it must have either"),
        (r#"{"version":1,"user":"Ada","created":1,"used":1}"#.to_owned(), "it is of somebody whose name"),
        (r#"{"version":1,"user":"a b","created":1,"used":1}"#.to_owned(), "it is of somebody whose name"),
        (" ".repeat(MOST_BYTES + 1), "it has 513 bytes: at most 512 can be"),
    ] {
        let error = Word::from_json(text.as_bytes()).unwrap_err().to_string();
        assert!(error.starts_with(expected), "{text}: {error}");
    }
    let longest = begun(&"x".repeat(64), 0, 0).to_json();
    assert!(Word::from_json(longest.as_bytes()).is_ok(), "{longest}");
}

#[test]
fn what_is_over_is_forgotten_a_day_later_and_there_is_room_for_so_much() {
    let mut mine = Roll::default();
    mine.hear(secret(1).digest(), begun("ada", 0, 0));
    mine.hear(secret(2).digest(), ended(DAY / 2));
    let (before, after) = (at(DAY * 3 / 2 - 1), at(DAY * 3 / 2));
    let none = Roll::default();
    assert_eq!((mine.news_for(&none, before).count(), mine.forgotten(before).count()), (2, 0));
    assert_eq!((mine.news_for(&none, after).count(), mine.forgotten(after).count()), (0, 2));
    let mut full = Roll::default();
    for number in 0..MOST_WORDS {
        let mut bytes = [0; 32];
        bytes[..8].copy_from_slice(&number.to_le_bytes());
        full.hear(crate::Secret::new(bytes).digest(), ended(0));
    }
    assert_eq!(mine.news_for(&full, at(0)).count(), 0);
    full.hear(secret(2).digest(), begun("ada", 0, 0));
    assert_eq!(mine.news_for(&full, at(0)).count(), 1, "an end is told however full it is");
}
