//! Content of the hash and its changes, without Redis.

use super::hash::Hash;
use crate::ReplicatedMap;
use crate::test_value::{Plain, put, removed};
use watchglass_model::Timestamp;
use watchglass_remote::redis::Value;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn parse(fields: &[(&str, &str)], version: Option<u32>) -> Result<Hash<String, Plain>, String> {
    let texts = fields.iter().flat_map(|(field, value)| [field, value]);
    let reply: Vec<Value> = texts.map(|text| Value::BulkString(text.as_bytes().to_vec())).collect();
    Hash::parse(&reply, version)
}

/// Names of the fields that a server sets and deletes.
fn changes(mut hash: Hash<String, Plain>, mine: &[(&str, Plain)], now: i64) -> (Vec<String>, Vec<String>) {
    let mine: ReplicatedMap<_, _> = mine.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
    hash.remove_expired(at(now));
    let changes = hash.changes(&mine, at(now));
    (changes.updated.into_iter().map(|(key, _)| key).collect(), changes.removed)
}

fn names<const N: usize>(names: [&str; N]) -> Vec<String> {
    names.map(str::to_owned).to_vec()
}

#[test]
fn invalid_fields_are_counted_and_skipped() {
    let long = "x".repeat(65);
    let fields = [("a", "1 false 5 1"), ("b", "garbage"), (&long, "1 false 5 1"), ("c", "1 false x 1")];
    let hash = parse(&fields, None).unwrap();
    assert_eq!(hash.map().iter().collect::<Vec<_>>(), [(&"a".to_owned(), &put(5, 1))]);
    assert_eq!(hash.invalid().unwrap(), "3 fields, such as b: not `1 REMOVED TIME CONTENT`");
    let (set, deleted) = changes(hash, &[("b", put(1, 1))], 0);
    assert_eq!((set, deleted), (names(["b"]), names([])), "a value of this server replaces an invalid one");
    let long = parse(&[(&long, "1 false 5 1")], None).unwrap().invalid().unwrap();
    let shown = "x".repeat(64);
    assert_eq!(long, format!("1 fields, such as {shown}: the id has 65 bytes: 1 to 64 are allowed"));
}

#[test]
fn values_of_another_version_are_not_overwritten() {
    let hash = parse(&[("a", "2 unknown"), ("b", "1 false 5 1")], None).unwrap();
    assert_eq!(hash.invalid().unwrap(), "1 fields, such as a: unsupported version 2 (supported: 1)");
    let (set, deleted) = changes(hash, &[("a", put(9, 1)), ("b", put(9, 1))], 0);
    assert_eq!((set, deleted), (names(["b"]), names([])));
}

#[test]
fn revision_of_another_version_is_rejected() {
    let revision =
        |text: &str, version| parse(&[("", text)], version).map(|hash| hash.has_revision(Some(text)));
    assert_eq!(revision("1 server 7 1", Some(1)), Ok(true));
    assert_eq!(revision("server 7 1", None), Ok(true));
    let error = revision("2 server 7 1", Some(1)).unwrap_err();
    assert!(error.starts_with("unsupported version 2 (supported: 1)"), "{error}");
    let error = revision("server 7 1", Some(1)).unwrap_err();
    assert_eq!(error, "invalid data: the revision has no version");
}

#[test]
fn expired_entry_is_deleted_unless_it_is_replaced() {
    let hash = parse(&[("a", "1 true 0 0"), ("b", "1 true 0 0"), ("c", "1 false 0 0")], None).unwrap();
    let mine = [("a", put(15, 1)), ("c", removed(1)), ("d", removed(1))];
    // An expired tombstone is sent only if it ends what a peer has.
    assert_eq!(changes(hash, &mine, 20), (names(["a", "c"]), names(["b"])));
}

#[test]
fn full_hash_keeps_the_greatest_values() {
    let fields = ["a", "b", "c", "d", "e"].map(|key| (key, "1 false 5 1"));
    let hash = || parse(&fields, None).unwrap();
    assert_eq!(hash().map().len(), 4);
    // Of equal values the first key is dropped; one excess field was found, and one more is replaced.
    assert_eq!(changes(hash(), &[], 0), (names([]), names(["a"])));
    assert_eq!(changes(hash(), &[("f", put(6, 1)), ("g", put(4, 1))], 0), (names(["f"]), names(["b", "a"])));
}
