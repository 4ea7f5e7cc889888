use super::*;
use std::fs;
use watchglass_alerts::{Matcher, Operator};
use watchglass_model::Timestamp;

fn own(id: &str) -> Rule {
    Rule { warning: Some(1.0), ..Rule::new(id, "Own", "m", "cpu") }
}

/// One of each kind, with something in every field that may be missing.
fn book() -> RuleBook {
    let device = Matcher { label: "device".to_owned(), operator: Operator::Regex, value: "sd.*".to_owned() };
    let full = Rule {
        matchers: vec![device],
        critical: Some(2.5),
        recovery: Some(0.5),
        keep_firing_seconds: 60,
        absent_seconds: Some(30),
        subject_label: Some("device".to_owned()),
        labels: [("team", "ops")].into_iter().collect(),
        summary: "It is long.".to_owned(),
        action: "Look at it.".to_owned(),
        runbook: Some("https://wiki.example/queue".to_owned()),
        ..own("queue")
    };
    let disk = Rule { warning: Some(0.8), recovery: None, ..stock::find("disk").unwrap() };
    let off = Rule { enabled: false, ..stock::find("cpu").unwrap() };
    let edited = [full, disk, off, own("plain")].map(|rule| (rule.id.clone(), rule));
    let stamp = |second: i64| Stamp { time: Timestamp::from_millis(second * 1000), server: "s".to_owned() };
    let stamps = [("cpu", 1), ("disk", 2), ("gone", 3)];
    RuleBook::new(Vec::new(), edited.into_iter().collect(), Unread::default())
        .with_stamps(stamps.map(|(id, second)| (id.to_owned(), stamp(second))).into())
}

#[test]
fn what_is_kept_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let file = RulesFile::new(folder.path());
    assert_eq!(file.read().unwrap(), Default::default());
    file.write(&book()).unwrap();
    let text = fs::read_to_string(folder.path().join(NAME)).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/rules.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&golden).unwrap(), text);
    let Read { edited, unread, stamps } = file.read().unwrap();
    assert_eq!(RuleBook::new(Vec::new(), edited, unread).with_stamps(stamps), book());
}

#[test]
fn what_the_version_before_kept_is_read_and_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let file = RulesFile::new(folder.path());
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/rules-v1.json");
    fs::copy(golden, folder.path().join(NAME)).unwrap();
    let Read { edited, unread, stamps } = file.read().unwrap();
    let before = RuleBook::new(Vec::new(), edited, unread).with_stamps(stamps);
    assert_eq!(before, book().with_stamps(BTreeMap::new()));
    file.write(&before).unwrap();
    let text = fs::read_to_string(folder.path().join(NAME)).unwrap();
    assert!(text.contains("\"version\": 2"), "{text}");
}

#[test]
fn a_file_that_cannot_be_understood_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = RulesFile::new(folder.path());
    for rubbish in ["{", "[]", r#"{"version":3}"#, r#"{"version":1,"rules":3,"changed":[]}"#, "\u{0}"] {
        fs::write(folder.path().join(NAME), rubbish).unwrap();
        assert_eq!(file.read().unwrap(), Default::default(), "{rubbish}");
        assert_eq!(fs::read_to_string(folder.path().join("rules.json.damaged")).unwrap(), rubbish);
        assert!(!folder.path().join(NAME).exists());
    }
    let error = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(error(r#"{"version":3,"new":1}"#), "it has version 3: this program reads versions 1 to 2");
    assert!(error(r#"{"version":1}"#).starts_with("it cannot be understood: missing field `rules`"));
}

#[test]
fn one_bad_rule_costs_no_other_and_is_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let good = serde_json::to_value(own("good")).unwrap();
    let bad = [
        serde_json::json!({ "id": "newer", "name": "N", "metric": "m", "component": "c", "unheard_of": 1 }),
        serde_json::json!({ "id": "silent", "name": "N", "metric": "m", "component": "c" }),
        good.clone(),
        serde_json::json!(3),
    ];
    let lost = [
        serde_json::json!({ "id": "gone-from-the-program", "set": { "enabled": false } }),
        serde_json::json!({ "id": "memory", "set": { "recovery": 0.99 } }),
        serde_json::json!({ "id": "disk", "set": { "warning": 0.85 } }),
    ];
    let off = serde_json::json!({ "id": "disk", "set": { "enabled": false } });
    let rules: Vec<Value> = std::iter::once(good).chain(bad.clone()).collect();
    let changed: Vec<Value> = std::iter::once(off).chain(lost.clone()).collect();
    let text = serde_json::json!({ "version": 1, "rules": rules, "changed": changed }).to_string();
    fs::write(folder.path().join(NAME), text).unwrap();
    let file = RulesFile::new(folder.path());
    let Read { edited, unread, .. } = file.read().unwrap();
    assert_eq!(edited.keys().collect::<Vec<_>>(), ["disk", "good"]);
    assert!(!edited["disk"].enabled);
    assert_eq!(unread, Unread { rules: bad.to_vec(), changed: lost.to_vec() });
    file.write(&RuleBook::new(Vec::new(), edited.clone(), unread.clone())).unwrap();
    let stamps = BTreeMap::new();
    assert_eq!(file.read().unwrap(), Read { edited, unread, stamps }, "what was left out is there still");
}

#[test]
fn more_rules_than_there_can_be_are_left_out() {
    let folder = tempfile::tempdir().unwrap();
    let rules: Vec<Rule> = (0..MOST_OWN + 2).map(|number| own(&format!("own-{number}"))).collect();
    let text = serde_json::json!({ "version": 1, "rules": rules, "changed": [] }).to_string();
    fs::write(folder.path().join(NAME), text).unwrap();
    let Read { edited, unread, .. } = RulesFile::new(folder.path()).read().unwrap();
    assert_eq!((edited.len(), unread.rules.len()), (MOST_OWN, 2));
}
