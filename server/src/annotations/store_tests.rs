//! Tests of the annotation store: validation, limits and file format.

use super::*;
use proptest::prelude::*;
use std::path::Path;

const DAY: i64 = 86_400_000;
const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn store() -> AnnotationStore {
    AnnotationStore::new(Duration::from_secs(7 * 86_400))
}

fn new(text: &str) -> NewAnnotation {
    NewAnnotation { text: text.to_owned(), ..NewAnnotation::default() }
}

fn at(text: &str, offset: i64) -> NewAnnotation {
    NewAnnotation { time: Some(time_at(offset)), ..new(text) }
}

fn time_at(offset: i64) -> Timestamp {
    Timestamp::from_millis(NOW.millis() + offset)
}

fn texts(store: &AnnotationStore, from: i64, to: i64) -> Vec<String> {
    let range = TimeRange { start: time_at(from), end: time_at(to) };
    store.in_range(range, 9).into_iter().map(|annotation| annotation.text).collect()
}

#[test]
fn invalid_annotations_are_rejected() {
    let tags = |count: usize| (0..count).map(|number| (format!("t{number}"), String::new())).collect();
    let tag = |name: &str, value: &str| [(name.to_owned(), value.to_owned())].into();
    let end = |offset| NewAnnotation { end: Some(time_at(offset)), ..new("a") };
    for (new, expected) in [
        (new("  "), AnnotationError::Text),
        (new(&"x".repeat(201)), AnnotationError::Text),
        (new("a\u{7}"), AnnotationError::Text),
        (at("a", -7 * DAY - 1), AnnotationError::Time(7)),
        (at("a", DAY + 1), AnnotationError::Time(7)),
        (end(-1), AnnotationError::End),
        (end(7 * DAY + 1), AnnotationError::End),
        (NewAnnotation { tags: tags(17), ..new("a") }, AnnotationError::Tags(17)),
        (NewAnnotation { tags: tag("", "x"), ..new("a") }, AnnotationError::Tag(String::new())),
        (
            NewAnnotation { tags: tag("a", &"x".repeat(121)), ..new("a") },
            AnnotationError::Tag("a".to_owned()),
        ),
    ] {
        assert_eq!(store().add(new.clone(), NOW), Err(expected), "{new:?}");
    }
    for new in [
        new(" deploy 1.4.2 "),
        new(&"é".repeat(200)),
        at("a", -7 * DAY),
        at("a", DAY),
        end(0),
        end(7 * DAY),
        NewAnnotation { tags: tags(16), ..new("a") },
    ] {
        let added = store().add(new.clone(), NOW).unwrap();
        assert_eq!((added.text.as_str(), added.id), (new.text.trim(), 1));
    }
}

#[test]
fn range_queries_return_the_newest_first() {
    let mut store = store();
    store.add(at("b", -20), NOW).unwrap();
    store.add(at("a", -30), NOW).unwrap();
    store.add(NewAnnotation { end: Some(time_at(-5)), ..at("long", -40) }, NOW).unwrap();
    for (from, to, expected) in [
        (-100, 0, &["b", "a", "long"][..]),
        (-20, -20, &["b", "long"]),
        (-5, 0, &["long"]),
        (-4, 0, &[]),
        (-100, -35, &["long"]),
    ] {
        assert_eq!(texts(&store, from, to), expected, "{from}..{to}");
    }
    assert_eq!(store.in_range(TimeRange { start: time_at(-100), end: NOW }, 1).len(), 1);
    assert_eq!(store.remove(2).map(|removed| removed.text), Some("a".to_owned()));
    assert_eq!(store.remove(2), None);
    assert_eq!(texts(&store, -100, 0), ["b", "long"]);
}

#[test]
fn oldest_of_a_kind_are_removed_and_kinds_do_not_displace_each_other() {
    let mut store = store();
    let deploy = NewAnnotation { kind: AnnotationKind::Deploy, ..at("deploy", -DAY) };
    store.add(deploy, NOW).unwrap();
    let restart = NewAnnotation { kind: AnnotationKind::Restart, ..new("restart") };
    for _ in 0..MAX_PER_KIND + 3 {
        store.add(restart.clone(), NOW).unwrap();
    }
    assert_eq!(store.annotations.len(), MAX_PER_KIND + 1);
    assert_eq!(store.annotations[0].text, "deploy");
    assert_eq!(store.annotations[1].id, 5, "the oldest of their kind are removed");
    let later = time_at(7 * DAY + 1);
    store.add(new("a week later"), later).unwrap();
    assert_eq!(store.annotations.len(), 1);
}

#[test]
fn file_matches_the_golden_file_and_round_trips() {
    let mut store = store();
    let tags = [("version".to_owned(), "1.4.2".to_owned())].into();
    let author = "ci".to_owned();
    let deploy = NewAnnotation { kind: AnnotationKind::Deploy, tags, author, ..new("deploy \"1.4.2\"") };
    store.add(deploy, NOW).unwrap();
    store.add(NewAnnotation { end: Some(NOW), ..at("backup", -60_000) }, NOW).unwrap();
    store.remove(1);
    let text = store.to_json().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/annotations.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    let mut read = AnnotationStore::from_json(&text, store.retention).unwrap();
    assert_eq!(read.annotations, store.annotations);
    assert_eq!(read.add(new("next"), NOW).unwrap().id, 3, "ids are not reused");
}

#[test]
fn hidden_characters_of_older_files_are_escaped() {
    let annotation = |text: &str, tag: &str, author: &str| {
        let end = serde_json::Value::Null;
        serde_json::json!({ "id": 1, "time": NOW, "end": end, "kind": "note", "text": text, "tags": { tag: tag }, "author": author })
    };
    let file = |annotation| {
        let file = serde_json::json!({ "version": 1, "next": 2, "annotations": [annotation] });
        AnnotationStore::from_json(&file.to_string(), store().retention).unwrap().annotations
    };
    let raw = file(annotation("pay\u{202e}gol\n", "ver\u{200b}sion", "a\u{2066}b"));
    let shown = annotation("pay\\u{202e}gol\\n", "ver\\u{200b}sion", "a\\u{2066}b");
    assert_eq!(serde_json::to_value(&raw[0]).unwrap(), shown);
    assert_eq!(file(shown), raw, "what is escaped stays as it is");
}

#[test]
fn other_file_versions_are_rejected() {
    let error =
        AnnotationStore::from_json(r#"{"version":2,"next":1,"annotations":[]}"#, Duration::ZERO).unwrap_err();
    assert!(error.contains("version 2") && error.contains('1'), "{error}");
}

proptest! {
    #[test]
    fn any_text_is_parsed_or_rejected(text in "\\PC{0,200}") {
        let _ = AnnotationStore::from_json(&text, Duration::from_secs(60));
    }

    #[test]
    fn annotations_are_sorted_and_round_trip(offsets in proptest::collection::vec(-6 * DAY..DAY, 0..40)) {
        let mut store = store();
        for offset in offsets {
            store.add(at("a", offset), NOW).unwrap();
        }
        prop_assert!(store.annotations.is_sorted_by_key(|annotation| annotation.time));
        let read = AnnotationStore::from_json(&store.to_json().unwrap(), store.retention).unwrap();
        prop_assert_eq!(read.annotations, store.annotations);
    }
}
