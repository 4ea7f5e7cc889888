//! Maps by example.

use crate::ReplicatedMap;
use crate::test_value::{Plain, put, removed};
use watchglass_model::Timestamp;

type Map = ReplicatedMap<String, Plain>;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn map<const N: usize>(entries: [(&str, Plain); N]) -> Map {
    entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}

fn delta(mine: &Map, other: &Map, now: i64) -> Vec<String> {
    mine.delta_for(other, at(now)).into_iter().map(|(key, _)| key.clone()).collect()
}

#[test]
fn greater_value_wins_and_removal_persists() {
    let mut all = Map::default();
    for value in [put(5, 1), removed(6), put(5, 1), put(4, 9)] {
        all.apply("a".to_owned(), value);
    }
    assert_eq!(all, map([("a", removed(6))]));
    all.apply("a".to_owned(), put(7, 1));
    assert_eq!(all.get(&"a".to_owned()), Some(&put(7, 1)));
}

#[test]
fn delta_omits_expired_entries_that_the_peer_does_not_have() {
    let mine = map([("gone", removed(0)), ("here", put(0, 1))]);
    let none = Map::default();
    assert_eq!(delta(&mine, &none, 9), ["gone", "here"]);
    assert_eq!(delta(&mine, &none, 10), ["here"]);
    assert_eq!(mine.expired(at(10)).collect::<Vec<_>>(), ["gone"]);
    assert_eq!(delta(&mine, &map([("gone", put(-1, 1))]), 10), ["gone", "here"], "it ends what the peer has");
}

#[test]
fn full_map_keeps_the_greatest_values() {
    let full = map([("a", put(1, 0)), ("b", removed(2)), ("c", put(3, 0)), ("d", put(4, 0))]);
    let mine = map([("e", put(0, 0)), ("f", put(2, 0)), ("c", put(5, 0))]);
    assert_eq!(delta(&mine, &full, 0), ["c", "f"], "updates and what is newer than the oldest");
    let mut merged = full.clone();
    merged.merge(&mine);
    assert_eq!(merged, map([("b", removed(2)), ("c", put(5, 0)), ("d", put(4, 0)), ("f", put(2, 0))]));
    // The tombstone is greater than what it replaced: no order of merges brings that back.
    let mut with_old = merged.clone();
    with_old.apply("b".to_owned(), put(1, 0));
    assert_eq!(with_old, merged);
}

#[test]
fn number_of_entries_is_bounded_while_they_arrive() {
    let mut all = Map::default();
    for number in 0..100_u8 {
        all.apply(format!("{number}"), put(i64::from(number), 0));
        assert!(all.len() <= 4);
    }
    let text: String = (0..100).map(|number| format!("\"{number}\":{},", json(number))).collect();
    let read: Map = serde_json::from_str(&format!("{{{}}}", text.trim_end_matches(','))).unwrap();
    assert_eq!(read, all);
    assert_eq!(serde_json::from_str::<Map>(&serde_json::to_string(&all).unwrap()).unwrap(), all);
}

fn json(time: i64) -> String {
    serde_json::to_string(&put::<0>(time, 0)).unwrap()
}
