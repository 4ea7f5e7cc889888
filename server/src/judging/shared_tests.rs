use super::*;
use crate::judging::{Origin, RuleEdit};
use std::cell::RefCell;
use std::path::Path;
use watchglass_alerts::sheet::Saying;
use watchglass_alerts::stock;

fn own(id: &str, level: f64) -> Rule {
    Rule { warning: Some(level), ..Rule::new(id, "Own", "m", "cpu") }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

fn open(server: &str, folder: &Path, of_file: Vec<Rule>) -> Judging {
    let judging = Judging::open(of_file, folder).unwrap();
    judging.share_rules(server);
    judging
}

fn edit(judging: &Judging, edit: RuleEdit, second: i64) {
    judging.edit(&edit, at(second), |_, _| Ok(()), |_| {}).unwrap();
}

fn hear(judging: &Judging, sheet: &Sheet) {
    judging.hear_rules(sheet, |_| Ok(()), |_| {}).unwrap();
}

/// Each hears what the other has.
fn exchange(one: &Judging, two: &Judging) {
    let mut all = one.rule_sheet();
    all.join(&two.rule_sheet());
    hear(one, &all);
    hear(two, &all);
}

fn find(judging: &Judging, id: &str) -> Option<(Rule, Origin)> {
    judging.rules().into_iter().find(|(rule, _)| rule.id == id)
}

#[test]
fn what_is_made_changed_switched_and_removed_on_one_is_so_on_the_other() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = open("a", folders[0].path(), Vec::new());
    let two = open("b", folders[1].path(), Vec::new());
    edit(&one, RuleEdit::Create(own("mine", 1.0)), 1);
    edit(&one, RuleEdit::Enable("disk".to_owned(), false), 2);
    exchange(&one, &two);
    assert_eq!(find(&two, "mine"), Some((own("mine", 1.0), Origin::Own)));
    assert!(!find(&two, "disk").unwrap().0.enabled);
    // The other's clock is behind, and what it says counts all the same.
    edit(&two, RuleEdit::Put(own("mine", 2.0)), 0);
    edit(&two, RuleEdit::Enable("disk".to_owned(), true), 0);
    exchange(&one, &two);
    assert_eq!(find(&one, "mine"), Some((own("mine", 2.0), Origin::Own)));
    assert_eq!(find(&one, "disk"), stock::find("disk").map(|rule| (rule, Origin::Stock)));
    assert_eq!(one.rules(), two.rules());
    let version = one.rules_version();
    exchange(&one, &two);
    assert_eq!(one.rules_version(), version, "there was no news");
    // What is gone stays gone, also with one that was away meanwhile and starts anew.
    let old = two.rule_sheet();
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
fn those_who_tell_know_what_was_heard_and_what_cannot_be_kept_does_not_hold() {
    let folder = tempfile::tempdir().unwrap();
    let judging = open("a", folder.path(), Vec::new());
    let mut sheet = Sheet::default();
    sheet.hear("theirs", Saying::new(Some(&own("theirs", 1.0)), Stamp::after(None, "b", at(1))));
    std::fs::create_dir(folder.path().join("rules.json.new")).unwrap();
    let failed = judging.hear_rules(&sheet, |_| Ok(()), |_| panic!("it was told"));
    assert!(failed.unwrap_err().to_string().starts_with("the rules cannot be written"));
    assert_eq!(find(&judging, "theirs"), None);
    std::fs::remove_dir(folder.path().join("rules.json.new")).unwrap();
    let told = RefCell::new(0);
    judging.hear_rules(&sheet, |_| Ok(()), |rules| *told.borrow_mut() = rules.len()).unwrap();
    assert_eq!(*told.borrow(), judging.rules().len());
    assert!(judging.lock().engine.rules().any(|rule| rule.id == "theirs"));
}

#[test]
fn a_rule_of_the_file_stays_and_is_not_told_to_others() {
    let folders = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let one = open("a", folders[0].path(), vec![own("mine", 9.0)]);
    let two = open("b", folders[1].path(), Vec::new());
    assert_eq!(one.rule_sheet(), Sheet::default());
    edit(&two, RuleEdit::Create(own("mine", 1.0)), 1);
    exchange(&one, &two);
    assert_eq!(find(&one, "mine"), Some((own("mine", 9.0), Origin::File)));
    assert_eq!(find(&two, "mine"), Some((own("mine", 1.0), Origin::Own)));
    // Without its file it has what the other has.
    drop(one);
    assert_eq!(find(&open("a", folders[0].path(), Vec::new()), "mine").unwrap().0, own("mine", 1.0));
}

#[test]
fn what_cannot_be_used_is_left_out_until_somebody_says_something_else() {
    let folder = tempfile::tempdir().unwrap();
    let judging = open("a", folder.path(), Vec::new());
    edit(&judging, RuleEdit::Create(own("mine", 1.0)), 1);
    let mut sheet = Sheet::default();
    for (id, text) in [
        ("mine", r#"{"stamp":{"time":9000,"server":"b"},"rule":{"id":"mine","newer":1}}"#),
        ("other", r#"{"stamp":{"time":9000,"server":"b"},"rule":{"id":"mine"}}"#),
        (
            "preview",
            r#"{"stamp":{"time":9000,"server":"b"},"rule":{"id":"preview","name":"N","metric":"m","component":"c","warning":1}}"#,
        ),
    ] {
        sheet.hear(id, Saying::from_json(text.as_bytes()).unwrap());
    }
    let version = judging.rules_version();
    hear(&judging, &sheet);
    assert_eq!(find(&judging, "mine").unwrap().0, own("mine", 1.0));
    assert_eq!((find(&judging, "preview"), judging.rules_version()), (None, version));
    let mut refused = Sheet::default();
    refused.hear("good", Saying::new(Some(&own("good", 1.0)), Stamp::after(None, "b", at(1))));
    let check = |rule: &Rule| Err(RuleEditError::missing(&rule.id));
    judging.hear_rules(&refused, check, |_| panic!("it was told")).unwrap();
    assert_eq!(find(&judging, "good"), None);
    // It is not written over before somebody changes the rule here, and then it is.
    assert_eq!(judging.rule_sheet().news_for(&sheet, at(2)).count(), 0);
    edit(&judging, RuleEdit::Put(own("mine", 3.0)), 2);
    let mine = judging.rule_sheet();
    assert_eq!(mine.news_for(&sheet, at(2)).map(|(id, _)| id).collect::<Vec<_>>(), ["mine"]);
}

#[test]
fn what_this_program_could_not_read_is_not_taken_for_removed() {
    let folder = tempfile::tempdir().unwrap();
    let stamp = serde_json::json!({ "time": 5000, "server": "a" });
    let newer = serde_json::json!({ "id": "newer", "unheard_of": 1 });
    let kept =
        serde_json::json!({ "version": 2, "rules": [newer], "changed": [], "stamps": { "newer": stamp } });
    std::fs::write(folder.path().join("rules.json"), kept.to_string()).unwrap();
    let judging = open("a", folder.path(), Vec::new());
    assert_eq!(judging.rule_sheet(), Sheet::default());
    let mut sheet = Sheet::default();
    for (second, is_heard) in [(4, false), (6, true)] {
        sheet.hear("newer", Saying::new(Some(&own("newer", 1.0)), Stamp::after(None, "b", at(second))));
        hear(&judging, &sheet);
        assert_eq!(find(&judging, "newer").is_some(), is_heard, "{second}");
    }
}

#[test]
fn there_are_only_so_many_rules_of_ones_own_wherever_they_come_from() {
    let folder = tempfile::tempdir().unwrap();
    let judging = open("a", folder.path(), Vec::new());
    let mut sheet = Sheet::default();
    for number in 0..500 {
        let id = format!("x{number:03}");
        sheet.hear(&id, Saying::new(Some(&own(&id, 1.0)), Stamp::after(None, "b", at(1))));
    }
    hear(&judging, &sheet);
    assert_eq!(judging.rules().iter().filter(|(_, origin)| *origin == Origin::Own).count(), 400);
    // Of too many none is said to be gone.
    assert!(judging.rule_sheet().sayings().all(|(_, saying)| !saying.is_gone()));
}

#[test]
fn rules_of_before_anything_was_shared_meet() {
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
    assert_eq!(find(&one, "both").unwrap().0, own("both", 2.0), "nobody knows which is later");
    assert!(find(&one, "only-2").is_some() && find(&two, "only-1").is_some());
}
