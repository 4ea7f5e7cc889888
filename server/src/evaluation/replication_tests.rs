use super::*;
use crate::evaluation::{Origin, RuleEdit};
use proptest::prelude::*;
use std::path::Path;
use std::sync::Arc;
use watchglass_model::{Declaration, Kind, Unit};
use watchglass_rules::rule_replica::RuleVersion;
use watchglass_rules::{Aggregation, Rule, builtin};

static GAUGE: Declaration = Declaration {
    name: "m",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "",
    labels: &[],
    panel: None,
    legend: "",
};

fn catalogue() -> Catalogue {
    let mut catalogue = Catalogue::default();
    catalogue.declare(&GAUGE).unwrap();
    catalogue
}

fn own(id: &str, level: f64) -> Rule {
    Rule { warning: Some(level), ..Rule::new(id, "Own", "m", "cpu") }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

fn open(server: &str, folder: &Path, of_file: Vec<Rule>) -> RuleEvaluator {
    let evaluator = RuleEvaluator::open(of_file, folder).unwrap();
    evaluator.set_server_id(server);
    evaluator
}

fn edit(evaluator: &RuleEvaluator, edit: RuleEdit, second: i64) {
    evaluator.edit(&edit, at(second), &catalogue()).unwrap();
}

fn hear(evaluator: &RuleEvaluator, replica: &RuleReplica) {
    evaluator.merge_rules(replica, &catalogue()).unwrap();
}

/// Both merge the replica of the other.
fn exchange(one: &RuleEvaluator, two: &RuleEvaluator) {
    let mut all = one.rule_replica();
    all.merge(&two.rule_replica());
    hear(one, &all);
    hear(two, &all);
}

fn find(evaluator: &RuleEvaluator, id: &str) -> Option<(Rule, Origin)> {
    evaluator.rule(id)
}

#[test]
fn all_changes_are_replicated() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = open("a", folders[0].path(), Vec::new());
    let two = open("b", folders[1].path(), Vec::new());
    edit(&one, RuleEdit::Create(own("mine", 1.0)), 1);
    edit(&one, RuleEdit::Enable("disk".to_owned(), false), 2);
    exchange(&one, &two);
    assert_eq!(find(&two, "mine"), Some((own("mine", 1.0), Origin::Custom)));
    assert!(!find(&two, "disk").unwrap().0.enabled);
    // The later change wins although its clock is behind.
    edit(&two, RuleEdit::Put(own("mine", 2.0)), 0);
    edit(&two, RuleEdit::Enable("disk".to_owned(), true), 0);
    exchange(&one, &two);
    assert_eq!(find(&one, "mine"), Some((own("mine", 2.0), Origin::Custom)));
    assert_eq!(find(&one, "disk"), builtin::find("disk").map(|rule| (rule, Origin::BuiltIn)));
    assert_eq!(one.rules(), two.rules());
    let version = one.rules_revision();
    exchange(&one, &two);
    assert_eq!(one.rules_revision(), version, "nothing new");
    // A removal persists, also for a server that was away and restarts.
    let old = two.rule_replica();
    edit(&one, RuleEdit::Delete("mine".to_owned()), 3);
    drop(one);
    let one = open("a", folders[0].path(), Vec::new());
    hear(&one, &old);
    assert_eq!(find(&one, "mine"), None);
    exchange(&one, &two);
    assert_eq!(find(&two, "mine"), None);
    assert_eq!(one.lock().engine.rules().count(), two.lock().engine.rules().count());
}

#[test]
fn merged_rules_are_published_and_failed_saves_change_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let evaluator = open("a", folder.path(), Vec::new());
    let mut replica = RuleReplica::default();
    replica.apply(
        "theirs".to_owned(),
        RuleVersion::new(Some(&own("theirs", 1.0)), Version::after(None, "b", at(1))),
    );
    std::fs::create_dir(folder.path().join("rules.json.new")).unwrap();
    let published = evaluator.current_rules().get();
    let failed = evaluator.merge_rules(&replica, &catalogue());
    assert!(failed.unwrap_err().to_string().starts_with("cannot save the rules"));
    assert!(Arc::ptr_eq(&published, &evaluator.current_rules().get()));
    assert_eq!(find(&evaluator, "theirs"), None);
    std::fs::remove_dir(folder.path().join("rules.json.new")).unwrap();
    hear(&evaluator, &replica);
    assert!(evaluator.current_rules().get().find("theirs").is_some());
    assert!(evaluator.lock().engine.rules().any(|rule| rule.id == "theirs"));
}

#[test]
fn config_rules_stay_local() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = open("a", folders[0].path(), vec![own("mine", 9.0)]);
    let two = open("b", folders[1].path(), Vec::new());
    assert_eq!(one.rule_replica(), RuleReplica::default());
    edit(&two, RuleEdit::Create(own("mine", 1.0)), 1);
    exchange(&one, &two);
    assert_eq!(find(&one, "mine"), Some((own("mine", 9.0), Origin::ConfigFile)));
    assert_eq!(find(&two, "mine"), Some((own("mine", 1.0), Origin::Custom)));
    // Without its configuration file it has the rule of the peer.
    drop(one);
    assert_eq!(find(&open("a", folders[0].path(), Vec::new()), "mine").unwrap().0, own("mine", 1.0));
}

#[test]
fn invalid_versions_are_skipped_until_changed() {
    let folder = tempfile::tempdir().unwrap();
    let evaluator = open("a", folder.path(), Vec::new());
    edit(&evaluator, RuleEdit::Create(own("mine", 1.0)), 1);
    let mut replica = RuleReplica::default();
    for (id, text) in [
        ("mine", r#"{"stamp":{"time":9000,"server":"b"},"rule":{"id":"mine","newer":1}}"#),
        ("other", r#"{"stamp":{"time":9000,"server":"b"},"rule":{"id":"mine"}}"#),
        (
            "preview",
            r#"{"stamp":{"time":9000,"server":"b"},"rule":{"id":"preview","name":"N","metric":"m","component":"c","warning":1}}"#,
        ),
    ] {
        replica.apply(id.to_owned(), RuleVersion::from_json(text.as_bytes()).unwrap());
    }
    let version = evaluator.rules_revision();
    hear(&evaluator, &replica);
    assert_eq!(find(&evaluator, "mine").unwrap().0, own("mine", 1.0));
    assert_eq!((find(&evaluator, "preview"), evaluator.rules_revision()), (None, version));
    let mut refused = RuleReplica::default();
    // The metric is a gauge here.
    let increase = Rule { aggregation: Aggregation::Increase, window_seconds: 60, ..own("increase", 1.0) };
    refused.apply("increase".to_owned(), RuleVersion::new(Some(&increase), Version::after(None, "b", at(1))));
    hear(&evaluator, &refused);
    assert_eq!((find(&evaluator, "increase"), evaluator.rules_revision()), (None, version));
    // It is replaced only when the rule is changed here.
    assert_eq!(evaluator.rule_replica().delta_for(&replica, at(2)).len(), 0);
    edit(&evaluator, RuleEdit::Put(own("mine", 3.0)), 2);
    let mine = evaluator.rule_replica();
    assert_eq!(mine.delta_for(&replica, at(2)).into_iter().map(|(id, _)| id).collect::<Vec<_>>(), ["mine"]);
}

#[test]
fn unparsed_rules_are_not_treated_as_removed() {
    let folder = tempfile::tempdir().unwrap();
    let version = serde_json::json!({ "time": 5000, "server": "a" });
    let newer = serde_json::json!({ "id": "newer", "unheard_of": 1 });
    let kept =
        serde_json::json!({ "version": 2, "rules": [newer], "changed": [], "stamps": { "newer": version } });
    std::fs::write(folder.path().join("rules.json"), kept.to_string()).unwrap();
    let evaluator = open("a", folder.path(), Vec::new());
    assert_eq!(evaluator.rule_replica(), RuleReplica::default());
    let mut replica = RuleReplica::default();
    for (second, is_applied) in [(4, false), (6, true)] {
        replica.apply(
            "newer".to_owned(),
            RuleVersion::new(Some(&own("newer", 1.0)), Version::after(None, "b", at(second))),
        );
        hear(&evaluator, &replica);
        assert_eq!(find(&evaluator, "newer").is_some(), is_applied, "{second}");
    }
}

#[test]
fn replicated_custom_rules_are_limited() {
    let folder = tempfile::tempdir().unwrap();
    let evaluator = open("a", folder.path(), Vec::new());
    let mut replica = RuleReplica::default();
    for number in 0..500 {
        let id = format!("x{number:03}");
        replica.apply(id.clone(), RuleVersion::new(Some(&own(&id, 1.0)), Version::after(None, "b", at(1))));
    }
    hear(&evaluator, &replica);
    assert_eq!(evaluator.rules().iter().filter(|(_, origin)| *origin == Origin::Custom).count(), 400);
    // None of the excess rules is reported as removed.
    assert!(evaluator.rule_replica().iter().all(|(_, rule_version)| !rule_version.is_tombstone()));
}

#[test]
fn rules_from_before_the_cluster_are_merged() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let text = |level: f64| {
        let rules = [own("both", level), own(&format!("only-{level}"), level)];
        serde_json::json!({ "version": 1, "rules": rules, "changed": [] }).to_string()
    };
    for (folder, level) in folders.iter().zip([1.0, 2.0]) {
        std::fs::write(folder.path().join("rules.json"), text(level)).unwrap();
    }
    let one = open("a", folders[0].path(), Vec::new());
    let two = open("b", folders[1].path(), Vec::new());
    exchange(&one, &two);
    assert_eq!(one.rules(), two.rules());
    assert_eq!(find(&one, "both").unwrap().0, own("both", 2.0), "order is unknown");
    assert!(find(&one, "only-2").is_some() && find(&two, "only-1").is_some());
}

/// Operation on one of two servers.
#[derive(Clone, Debug)]
enum Operation {
    Put(usize, usize, u8),
    Delete(usize, usize),
    Switch(usize, bool),
    Round(usize),
    Restart(usize),
    Lose,
}

fn operation() -> impl Strategy<Value = Operation> {
    let which = 0..2_usize;
    prop_oneof![
        4 => (which.clone(), 0..3_usize, 1..9_u8).prop_map(|(which, rule, level)| Operation::Put(which, rule, level)),
        2 => (which.clone(), 0..3_usize).prop_map(|(which, rule)| Operation::Delete(which, rule)),
        2 => (which.clone(), any::<bool>()).prop_map(|(which, enabled)| Operation::Switch(which, enabled)),
        4 => which.clone().prop_map(Operation::Round),
        1 => which.prop_map(Operation::Restart),
        1 => Just(Operation::Lose),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn servers_converge_and_the_last_edit_wins(
        operations in prop::collection::vec(operation(), 1..40),
        last in 0..2_usize,
    ) {
        let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        let start = |which: usize| open(["a", "b"][which], folders[which].path(), Vec::new());
        let mut servers = [start(0), start(1)];
        let mut shared = RuleReplica::default();
        let round = |server: &RuleEvaluator, shared: &mut RuleReplica| {
            hear(server, shared);
            shared.merge(&server.rule_replica());
        };
        for (second, operation) in (1..).zip(operations) {
            match operation {
                Operation::Put(which, rule, level) => {
                    edit(&servers[which], RuleEdit::Put(own(&format!("r{rule}"), f64::from(level))), second);
                }
                Operation::Delete(which, rule) => {
                    let delete = RuleEdit::Delete(format!("r{rule}"));
                    let _ = servers[which].edit(&delete, at(second), &catalogue());
                }
                Operation::Switch(which, enabled) => {
                    edit(&servers[which], RuleEdit::Enable("disk".to_owned(), enabled), second);
                }
                Operation::Round(which) => round(&servers[which], &mut shared),
                Operation::Restart(which) => servers[which] = start(which),
                Operation::Lose => shared = RuleReplica::default(),
            }
        }
        for which in [0, 1, 0, 1] {
            round(&servers[which], &mut shared);
        }
        prop_assert_eq!(servers[0].rules(), servers[1].rules());
        edit(&servers[last], RuleEdit::Put(own("r0", 0.5)), 50);
        round(&servers[last], &mut shared);
        round(&servers[1 - last], &mut shared);
        prop_assert_eq!(find(&servers[1 - last], "r0").unwrap().0, own("r0", 0.5));
    }
}
