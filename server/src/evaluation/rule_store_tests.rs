use super::*;
use crate::evaluation::rule_set::Origin::{Custom, Modified};
use std::fs;
use std::sync::Arc;
use watchglass_model::{Declaration, Kind, Unit};
use watchglass_rules::{Aggregation, builtin};
use watchglass_test_servers::wait_until;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

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

fn own(id: &str) -> Rule {
    Rule { warning: Some(1.0), ..Rule::new(id, "Own", "m", "cpu") }
}

fn put(evaluator: &RuleEvaluator, rule: Rule) -> Result<(), RuleEditError> {
    evaluator.edit(&RuleEdit::Put(rule), NOW, &catalogue())
}

fn ids(evaluator: &RuleEvaluator) -> Vec<(String, Origin)> {
    let edited = evaluator.rules().into_iter().filter(|(_, origin)| matches!(origin, Modified | Custom));
    edited.map(|(rule, origin)| (rule.id, origin)).collect()
}

#[test]
fn change_takes_effect_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let evaluator = RuleEvaluator::open(Vec::new(), folder.path()).unwrap();
    for edit in [
        RuleEdit::Create(own("mine")),
        // Its metric is unknown here, and was before.
        RuleEdit::Put(Rule { warning: Some(0.7), recovery: None, ..builtin::find("disk").unwrap() }),
        RuleEdit::Enable("mine".to_owned(), false),
        RuleEdit::Create(own("other")),
        RuleEdit::Delete("other".to_owned()),
    ] {
        evaluator.edit(&edit, NOW, &catalogue()).unwrap();
    }
    let expected = [("disk".to_owned(), Modified), ("mine".to_owned(), Custom)];
    assert_eq!(ids(&evaluator), expected);
    let rules: Vec<Rule> = evaluator.lock().engine.rules().cloned().collect();
    let published = evaluator.current_rules().get();
    assert_eq!(rules, published.rules().cloned().collect::<Vec<_>>(), "messages have the evaluated rules");
    assert!(rules.iter().any(|rule| rule.id == "mine" && !rule.enabled));
    drop(evaluator);
    let evaluator = RuleEvaluator::open(Vec::new(), folder.path()).unwrap();
    assert_eq!(ids(&evaluator), expected);
    assert_eq!(evaluator.lock().engine.rules().cloned().collect::<Vec<_>>(), rules);
    // The configuration file takes effect at the next start.
    drop(evaluator);
    let evaluator = RuleEvaluator::open(vec![own("mine")], folder.path()).unwrap();
    assert_eq!(ids(&evaluator), expected[..1]);
    assert!(matches!(put(&evaluator, own("mine")), Err(RuleEditError::Locked(_))));
}

#[test]
fn failed_save_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let evaluator = RuleEvaluator::open(Vec::new(), folder.path()).unwrap();
    put(&evaluator, own("mine")).unwrap();
    let before = fs::read_to_string(folder.path().join("rules.json")).unwrap();
    // A folder of that name makes writing fail.
    fs::create_dir(folder.path().join("rules.json.new")).unwrap();
    let published = evaluator.current_rules().get();
    let error = evaluator.edit(&RuleEdit::Delete("mine".to_owned()), NOW, &catalogue());
    assert!(Arc::ptr_eq(&published, &evaluator.current_rules().get()));
    assert!(error.unwrap_err().to_string().starts_with("cannot save the rules in the data directory"));
    assert_eq!(ids(&evaluator), [("mine".to_owned(), Custom)]);
    assert!(evaluator.lock().engine.rules().any(|rule| rule.id == "mine"));
    assert_eq!(fs::read_to_string(folder.path().join("rules.json")).unwrap(), before);
}

#[test]
fn rules_must_fit_their_metric() {
    let evaluator = RuleEvaluator::default();
    put(&evaluator, own("mine")).unwrap();
    let error = put(&evaluator, Rule { metric: "none".to_owned(), ..own("mine") }).unwrap_err().to_string();
    assert!(error.starts_with("rule \"mine\": metric: unknown metric \"none\""), "{error}");
    let increase = Rule { aggregation: Aggregation::Increase, window_seconds: 60, ..own("other") };
    assert!(matches!(put(&evaluator, increase), Err(RuleEditError::Rule(_))));
    assert_eq!(ids(&evaluator), [("mine".to_owned(), Custom)]);
}

#[test]
fn messages_know_a_rule_before_its_first_alert() {
    let evaluator = RuleEvaluator::default();
    std::thread::scope(|scope| {
        // No tick can evaluate the rule while the engine is locked.
        let locked = evaluator.lock();
        scope.spawn(|| put(&evaluator, own("mine")).unwrap());
        wait_until("the rule is published", || evaluator.current_rules().get().find("mine").map(drop));
        assert!(!locked.engine.rules().any(|rule| rule.id == "mine"));
    });
    assert!(evaluator.lock().engine.rules().any(|rule| rule.id == "mine"));
}

#[test]
fn concurrent_changes_are_not_lost() {
    let folder = tempfile::tempdir().unwrap();
    let evaluator = RuleEvaluator::open(Vec::new(), folder.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let evaluator = &evaluator;
            scope.spawn(move || {
                (0..5).for_each(|number| put(evaluator, own(&format!("own-{thread}-{number}"))).unwrap());
            });
        }
    });
    assert_eq!(ids(&evaluator).len(), 20);
    let read = RuleEvaluator::open(Vec::new(), folder.path()).unwrap();
    assert_eq!(ids(&read), ids(&evaluator));
}
