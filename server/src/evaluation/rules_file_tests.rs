use super::*;
use std::fs;
use watchglass_model::Timestamp;
use watchglass_rules::{Matcher, Operator};

fn own(id: &str) -> Rule {
    Rule { warning: Some(1.0), ..Rule::new(id, "Own", "m", "cpu") }
}

/// A rule set with one rule of each kind and all optional fields.
fn rule_set() -> RuleSet {
    let device = Matcher { label: "device".to_owned(), operator: Operator::Regex, value: "sd.*".to_owned() };
    let full = Rule {
        matchers: vec![device],
        critical: Some(2.5),
        recovery: Some(0.5),
        keep_firing_seconds: 60,
        no_data_seconds: Some(30),
        subject_label: Some("device".to_owned()),
        labels: [("team", "ops")].into_iter().collect(),
        summary: "It is long.".to_owned(),
        next_steps: "Look at it.".to_owned(),
        runbook: Some("https://wiki.example/queue".to_owned()),
        ..own("queue")
    };
    let disk = Rule { warning: Some(0.8), recovery: None, ..builtin::find("disk").unwrap() };
    let off = Rule { enabled: false, ..builtin::find("cpu").unwrap() };
    let edited = [full, disk, off, own("plain")].map(|rule| (rule.id.clone(), rule));
    let version =
        |second: i64| Version { time: Timestamp::from_millis(second * 1000), server: "s".to_owned() };
    let versions = [("cpu", 1), ("disk", 2), ("gone", 3)];
    RuleSet::new(Vec::new(), edited.into_iter().collect(), Unparsed::default())
        .with_versions(versions.map(|(id, second)| (id.to_owned(), version(second))).into())
}

#[test]
fn file_format_is_stable() {
    let folder = tempfile::tempdir().unwrap();
    let file = RulesFile::new(folder.path());
    assert_eq!(file.read().unwrap(), Default::default());
    file.write(&rule_set()).unwrap();
    let text = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/rules.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::write(&golden, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&golden).unwrap(), text);
    let ParsedRules { user_rules: edited, unparsed: unread, versions } = file.read().unwrap();
    assert_eq!(RuleSet::new(Vec::new(), edited, unread).with_versions(versions), rule_set());
}

#[test]
fn version_1_is_read_and_upgraded() {
    let folder = tempfile::tempdir().unwrap();
    let file = RulesFile::new(folder.path());
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/rules-v1.json");
    fs::copy(golden, folder.path().join(FILE_NAME)).unwrap();
    let ParsedRules { user_rules: edited, unparsed: unread, versions } = file.read().unwrap();
    let before = RuleSet::new(Vec::new(), edited, unread).with_versions(versions);
    assert_eq!(before, rule_set().with_versions(BTreeMap::new()));
    file.write(&before).unwrap();
    let text = fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
    assert!(text.contains("\"version\": 2"), "{text}");
}

#[test]
fn invalid_file_is_set_aside() {
    let folder = tempfile::tempdir().unwrap();
    let file = RulesFile::new(folder.path());
    for malformed in ["{", "[]", r#"{"version":3}"#, r#"{"version":1,"rules":3,"changed":[]}"#, "\u{0}"] {
        fs::write(folder.path().join(FILE_NAME), malformed).unwrap();
        assert_eq!(file.read().unwrap(), Default::default(), "{malformed}");
        assert_eq!(fs::read_to_string(folder.path().join("rules.json.damaged")).unwrap(), malformed);
        assert!(!folder.path().join(FILE_NAME).exists());
    }
    let error = |text: &str| parse(text).unwrap_err().to_string();
    assert_eq!(error(r#"{"version":3,"new":1}"#), "unsupported version 3 (supported: 1 to 2)");
    assert!(error(r#"{"version":1}"#).starts_with("invalid JSON: missing field `rules`"));
}

#[test]
fn invalid_rule_is_kept_and_affects_no_other() {
    let folder = tempfile::tempdir().unwrap();
    let good = serde_json::to_value(own("good")).unwrap();
    let invalid = [
        serde_json::json!({ "id": "newer", "name": "N", "metric": "m", "component": "c", "unheard_of": 1 }),
        serde_json::json!({ "id": "silent", "name": "N", "metric": "m", "component": "c" }),
        good.clone(),
        serde_json::json!(3),
    ];
    let invalid_changes = [
        serde_json::json!({ "id": "gone-from-the-program", "set": { "enabled": false } }),
        serde_json::json!({ "id": "memory", "set": { "recovery": 0.99 } }),
        serde_json::json!({ "id": "disk", "set": { "warning": 0.85 } }),
    ];
    let off = serde_json::json!({ "id": "disk", "set": { "enabled": false } });
    let rules: Vec<Value> = std::iter::once(good).chain(invalid.clone()).collect();
    let changed: Vec<Value> = std::iter::once(off).chain(invalid_changes.clone()).collect();
    let text = serde_json::json!({ "version": 1, "rules": rules, "changed": changed }).to_string();
    fs::write(folder.path().join(FILE_NAME), text).unwrap();
    let file = RulesFile::new(folder.path());
    let ParsedRules { user_rules, unparsed, .. } = file.read().unwrap();
    assert_eq!(user_rules.keys().collect::<Vec<_>>(), ["disk", "good"]);
    assert!(!user_rules["disk"].enabled);
    assert_eq!(unparsed, Unparsed { rules: invalid.to_vec(), overrides: invalid_changes.to_vec() });
    file.write(&RuleSet::new(Vec::new(), user_rules.clone(), unparsed.clone())).unwrap();
    let versions = BTreeMap::new();
    assert_eq!(
        file.read().unwrap(),
        ParsedRules { user_rules, unparsed, versions },
        "skipped entries are still there"
    );
}

#[test]
fn excess_rules_are_skipped() {
    let folder = tempfile::tempdir().unwrap();
    let rules: Vec<Rule> = (0..MAX_CUSTOM_RULES + 2).map(|number| own(&format!("own-{number}"))).collect();
    let text = serde_json::json!({ "version": 1, "rules": rules, "changed": [] }).to_string();
    fs::write(folder.path().join(FILE_NAME), text).unwrap();
    let ParsedRules { user_rules, unparsed, .. } = RulesFile::new(folder.path()).read().unwrap();
    assert_eq!((user_rules.len(), unparsed.rules.len()), (MAX_CUSTOM_RULES, 2));
}
