use super::*;
use crate::evaluation::rule_set::Origin::{Custom, Modified};
use std::cell::RefCell;
use std::fs;
use watchglass_rules::builtin;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn own(id: &str) -> Rule {
    Rule { warning: Some(1.0), ..Rule::new(id, "Own", "m", "cpu") }
}

fn put(evaluator: &RuleEvaluator, rule: Rule) -> Result<(), RuleEditError> {
    evaluator.edit(&RuleEdit::Put(rule), NOW, |_, _| Ok(()), |_| {})
}

fn ids(evaluator: &RuleEvaluator) -> Vec<(String, Origin)> {
    let edited = evaluator.rules().into_iter().filter(|(_, origin)| matches!(origin, Modified | Custom));
    edited.map(|(rule, origin)| (rule.id, origin)).collect()
}

#[test]
fn change_takes_effect_and_survives_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let evaluator = RuleEvaluator::open(Vec::new(), folder.path()).unwrap();
    let notified = RefCell::new(Vec::new());
    for edit in [
        RuleEdit::Create(own("mine")),
        RuleEdit::Put(Rule { warning: Some(0.7), recovery: None, ..builtin::find("disk").unwrap() }),
        RuleEdit::Enable("mine".to_owned(), false),
        RuleEdit::Create(own("other")),
        RuleEdit::Delete("other".to_owned()),
    ] {
        evaluator.edit(&edit, NOW, |_, _| Ok(()), |rules| *notified.borrow_mut() = rules.to_vec()).unwrap();
    }
    let expected = [("disk".to_owned(), Modified), ("mine".to_owned(), Custom)];
    assert_eq!(ids(&evaluator), expected);
    let rules: Vec<Rule> = evaluator.lock().engine.rules().cloned().collect();
    assert_eq!(rules, notified.into_inner(), "the dispatcher has the evaluated rules");
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
    let error = evaluator.edit(
        &RuleEdit::Delete("mine".to_owned()),
        NOW,
        |_, _| Ok(()),
        |_| panic!("must not be called"),
    );
    assert!(error.unwrap_err().to_string().starts_with("cannot save the rules in the data directory"));
    assert_eq!(ids(&evaluator), [("mine".to_owned(), Custom)]);
    assert!(evaluator.lock().engine.rules().any(|rule| rule.id == "mine"));
    assert_eq!(fs::read_to_string(folder.path().join("rules.json")).unwrap(), before);
}

#[test]
fn check_can_reject_and_gets_previous_rule() {
    let evaluator = RuleEvaluator::default();
    let before = RefCell::new(Vec::new());
    let check = |rule: &Rule, there: Option<&Rule>| {
        before.borrow_mut().push(there.map(|rule| rule.warning));
        if rule.metric == "m" {
            return Ok(());
        }
        Err(RuleEditError::Metric { rule: rule.id.clone(), metric: rule.metric.clone() })
    };
    let edit = |rule: Rule| evaluator.edit(&RuleEdit::Put(rule), NOW, check, |_| {});
    edit(own("mine")).unwrap();
    let error = edit(Rule { metric: "none".to_owned(), ..own("mine") }).unwrap_err().to_string();
    assert!(error.starts_with("rule \"mine\": metric: unknown metric \"none\""), "{error}");
    assert_eq!(*before.borrow(), [None, Some(Some(1.0))]);
    assert_eq!(ids(&evaluator), [("mine".to_owned(), Custom)]);
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
