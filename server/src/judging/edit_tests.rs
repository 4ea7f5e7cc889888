use super::*;
use crate::judging::book::Origin::{Changed, Own};
use std::cell::RefCell;
use std::fs;
use watchglass_alerts::stock;

const NOW: Timestamp = Timestamp::from_millis(1_000_000);

fn own(id: &str) -> Rule {
    Rule { warning: Some(1.0), ..Rule::new(id, "Own", "m", "cpu") }
}

fn put(judging: &Judging, rule: Rule) -> Result<(), RuleEditError> {
    judging.edit(&RuleEdit::Put(rule), NOW, |_, _| Ok(()), |_| {})
}

fn ids(judging: &Judging) -> Vec<(String, Origin)> {
    let edited = judging.rules().into_iter().filter(|(_, origin)| matches!(origin, Changed | Own));
    edited.map(|(rule, origin)| (rule.id, origin)).collect()
}

#[test]
fn a_change_holds_is_told_and_outlives_the_program() {
    let folder = tempfile::tempdir().unwrap();
    let judging = Judging::open(Vec::new(), folder.path()).unwrap();
    let told = RefCell::new(Vec::new());
    for edit in [
        RuleEdit::Create(own("mine")),
        RuleEdit::Put(Rule { warning: Some(0.7), recovery: None, ..stock::find("disk").unwrap() }),
        RuleEdit::Enable("mine".to_owned(), false),
        RuleEdit::Create(own("other")),
        RuleEdit::Delete("other".to_owned()),
    ] {
        judging.edit(&edit, NOW, |_, _| Ok(()), |rules| *told.borrow_mut() = rules.to_vec()).unwrap();
    }
    let expected = [("disk".to_owned(), Changed), ("mine".to_owned(), Own)];
    assert_eq!(ids(&judging), expected);
    let rules: Vec<Rule> = judging.lock().engine.rules().cloned().collect();
    assert_eq!(rules, told.into_inner(), "those who tell know what is judged by");
    assert!(rules.iter().any(|rule| rule.id == "mine" && !rule.enabled));
    drop(judging);
    let judging = Judging::open(Vec::new(), folder.path()).unwrap();
    assert_eq!(ids(&judging), expected);
    assert_eq!(judging.lock().engine.rules().cloned().collect::<Vec<_>>(), rules);
    // What the file says of a rule counts from the next start on, and until then.
    drop(judging);
    let judging = Judging::open(vec![own("mine")], folder.path()).unwrap();
    assert_eq!(ids(&judging), expected[..1]);
    assert!(matches!(put(&judging, own("mine")), Err(RuleEditError::Locked(_))));
}

#[test]
fn what_cannot_be_written_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let judging = Judging::open(Vec::new(), folder.path()).unwrap();
    put(&judging, own("mine")).unwrap();
    let before = fs::read_to_string(folder.path().join("rules.json")).unwrap();
    // No file can be written where a folder is.
    fs::create_dir(folder.path().join("rules.json.new")).unwrap();
    let error =
        judging.edit(&RuleEdit::Delete("mine".to_owned()), NOW, |_, _| Ok(()), |_| panic!("it was told"));
    assert!(error.unwrap_err().to_string().starts_with("the rules cannot be written to the data folder"));
    assert_eq!(ids(&judging), [("mine".to_owned(), Own)]);
    assert!(judging.lock().engine.rules().any(|rule| rule.id == "mine"));
    assert_eq!(fs::read_to_string(folder.path().join("rules.json")).unwrap(), before);
}

#[test]
fn who_is_asked_can_refuse_and_knows_what_was_there() {
    let judging = Judging::default();
    let before = RefCell::new(Vec::new());
    let check = |rule: &Rule, there: Option<&Rule>| {
        before.borrow_mut().push(there.map(|rule| rule.warning));
        if rule.metric == "m" {
            return Ok(());
        }
        Err(RuleEditError::Metric { rule: rule.id.clone(), metric: rule.metric.clone() })
    };
    let edit = |rule: Rule| judging.edit(&RuleEdit::Put(rule), NOW, check, |_| {});
    edit(own("mine")).unwrap();
    let error = edit(Rule { metric: "none".to_owned(), ..own("mine") }).unwrap_err().to_string();
    assert!(error.starts_with("rule \"mine\": metric: there is no metric \"none\""), "{error}");
    assert_eq!(*before.borrow(), [None, Some(Some(1.0))]);
    assert_eq!(ids(&judging), [("mine".to_owned(), Own)]);
}

#[test]
fn of_changes_at_the_same_time_none_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let judging = Judging::open(Vec::new(), folder.path()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let judging = &judging;
            scope.spawn(move || {
                (0..5).for_each(|number| put(judging, own(&format!("own-{thread}-{number}"))).unwrap());
            });
        }
    });
    assert_eq!(ids(&judging).len(), 20);
    let read = Judging::open(Vec::new(), folder.path()).unwrap();
    assert_eq!(ids(&read), ids(&judging));
}
