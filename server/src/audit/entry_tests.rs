use super::*;
use proptest::prelude::*;

const GOLDEN: &str = include_str!("../../golden/audit.jsonl");

fn entries() -> Vec<Entry> {
    let at = |second: i64| Timestamp::from_millis(1_700_000_000_000 + second * 1000);
    let here = || Some("127.0.0.1".to_owned());
    let both =
        (Some(json!({ "warning": 80.0, "name": "CPU" })), Some(json!({ "warning": 90.0, "name": "CPU" })));
    vec![
        Entry::new(at(0), (ActorKind::User, "ada", here()), (AuditTarget::Rule, "changed", "cpu"), both),
        Entry::new(
            at(1),
            (ActorKind::Token, "ci", here()),
            (AuditTarget::Silence, "added", "s1"),
            (None, Some(json!({ "author": "ci", "reason": "deployment" }))),
        ),
        Entry::new(
            at(2),
            (ActorKind::Command, "uid 1000", None),
            (AuditTarget::User, "disabled", "bob"),
            (None, None),
        ),
        Entry::new(
            at(3),
            (ActorKind::Link, "eve", here()),
            (AuditTarget::Acknowledgement, "acknowledged", "disk"),
            (None, Some(json!({ "why": "\"quoted\"\nline" }))),
        ),
        Entry::new(
            at(4),
            (ActorKind::Anonymous, "", here()),
            (AuditTarget::Session, "not signed in", "ada"),
            (None, None),
        ),
    ]
}

#[test]
fn entries_match_the_golden_file_and_round_trip() {
    let text: String = entries().iter().map(Entry::line).collect();
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/golden/audit.jsonl"), &text).unwrap();
        return;
    }
    assert_eq!(text, GOLDEN);
    let read: Vec<Entry> = GOLDEN.lines().map(|line| Entry::read(line.as_bytes()).unwrap()).collect();
    assert_eq!(read, entries());
}

#[test]
fn entries_keep_differing_fields_and_lengths_of_long_values() {
    let change = |from, to| {
        let entry = Entry::new(
            Timestamp::default(),
            (ActorKind::User, &"x".repeat(300), None),
            (AuditTarget::Rule, "changed", "a"),
            (from, to),
        );
        assert_eq!(entry.who.len(), 200);
        (entry.from, entry.to)
    };
    let same = || Some(json!({ "a": 1 }));
    assert_eq!(change(same(), same()), (None, None));
    assert_eq!(change(same(), None), (same(), None));
    assert_eq!(
        change(Some(json!({ "a": 1, "b": 2 })), Some(json!({ "a": 1, "c": 3 }))),
        (Some(json!({ "b": 2 })), Some(json!({ "c": 3 })))
    );
    let long = Some(json!({ "a": "x".repeat(5000) }));
    assert_eq!(change(None, long).1, Some(json!({ "bytes": 5008 })));
}

proptest! {
    #[test]
    fn any_names_round_trip_in_one_line(who in ".{0,80}", subject in ".{0,80}", to in ".{0,80}") {
        let entry = Entry::new(
            Timestamp::default(),
            (ActorKind::User, &who, None),
            (AuditTarget::Other, "changed", &subject),
            (None, Some(json!(to))),
        );
        let line = entry.line();
        prop_assert_eq!(line.matches('\n').count(), 1);
        prop_assert_eq!(Entry::read(line.as_bytes()), Some(entry));
    }

    #[test]
    fn any_bytes_are_parsed_or_rejected(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Entry::read(&bytes);
    }
}
