use super::*;

pub(super) fn own(id: &str) -> Rule {
    Rule { warning: Some(1.0), ..Rule::new(id, "Own", "m", "cpu") }
}

fn disk() -> Rule {
    stock::find("disk").unwrap()
}

/// A book in which `in-file` and `cpu` are of the configuration file.
fn book() -> RuleBook {
    let cpu = Rule { warning: Some(0.5), recovery: None, ..stock::find("cpu").unwrap() };
    RuleBook::new(vec![own("in-file"), cpu], BTreeMap::new(), Unread::default())
}

fn origin(book: &RuleBook, id: &str) -> Option<Origin> {
    let mut found = book.rules().into_iter().filter(|(rule, _)| rule.id == id).map(|(_, origin)| origin);
    let origin = found.next();
    assert_eq!(found.next(), None, "{id} is there twice");
    origin
}

#[test]
fn rules_of_the_file_come_before_those_of_people_and_these_before_those_of_the_program() {
    let changed = Rule { warning: Some(0.7), recovery: None, ..disk() };
    let book = book().put(changed.clone()).unwrap().put(own("mine")).unwrap();
    for (id, expected) in [
        ("cpu", Some(Origin::File)),
        ("in-file", Some(Origin::File)),
        ("disk", Some(Origin::Changed)),
        ("memory", Some(Origin::Stock)),
        ("mine", Some(Origin::Own)),
        ("other", None),
    ] {
        assert_eq!(origin(&book, id), expected, "{id}");
        assert_eq!(book.find(id).is_some(), expected.is_some(), "{id}");
    }
    let (found, _) = book.rules().into_iter().find(|(rule, _)| rule.id == "disk").unwrap();
    assert_eq!((&found, book.find("disk")), (&changed, Some(changed.clone())));
    assert_eq!(book.rules().len(), stock::rules().len() + 2);
    assert_eq!(book.hidden().count(), 0);
}

#[test]
fn a_rule_that_the_file_has_as_well_does_not_count_and_is_not_lost() {
    let edited =
        [own("in-file"), own("mine")].map(|rule| (rule.id.clone(), Rule { warning: Some(9.0), ..rule }));
    let book = RuleBook::new(vec![own("in-file")], edited.into_iter().collect(), Unread::default());
    assert_eq!(origin(&book, "in-file"), Some(Origin::File));
    assert_eq!(book.find("in-file"), Some(own("in-file")));
    assert_eq!(book.hidden().collect::<Vec<_>>(), ["in-file"]);
    let book = book.delete("mine").unwrap();
    assert_eq!(book.edited().count(), 1);
}

#[test]
fn what_may_not_be_done_says_why() {
    let book = book();
    let wrong = Rule { warning: None, ..own("mine") };
    let put = |rule: Rule| book.put(rule).unwrap_err().to_string();
    let delete = |id: &str| book.delete(id).unwrap_err().to_string();
    let enable = |id: &str| book.enable(id, false).unwrap_err().to_string();
    let locked = "the rule \"in-file\" is in the configuration file: change it there, below [[rules]] with id = \"in-file\", and restart";
    for (error, expected) in [
        (put(own("in-file")), locked),
        (delete("in-file"), locked),
        (enable("in-file"), locked),
        (put(stock::find("cpu").unwrap()), "the rule \"cpu\" is in the configuration file"),
        (put(wrong), "rule \"mine\": warning: a rule needs a level"),
        (put(own("preview")), "rule \"preview\": id: this is an address of the API"),
        (put(own("Mine")), "rule \"Mine\": id: it must be 1 to 64 of a-z, 0-9 and -"),
        (
            delete("disk"),
            "the rule \"disk\" is as it comes with the program, and cannot be removed: switch it off",
        ),
        (delete("none"), "there is no rule \"none\""),
        (enable("none"), "there is no rule \"none\""),
        (book.create(disk()).unwrap_err().to_string(), "there is a rule \"disk\" already"),
        (book.create(own("in-file")).unwrap_err().to_string(), "there is a rule \"in-file\" already"),
        (delete(&"x".repeat(5000)), "there is no rule \"xxx"),
    ] {
        assert!(error.starts_with(expected) && error.len() < 300, "{expected}: {error}");
    }
}

#[test]
fn a_stock_rule_that_is_as_it_came_follows_the_program_again() {
    let off = book().enable("disk", false).unwrap();
    assert_eq!((origin(&off, "disk"), off.find("disk").unwrap().enabled), (Some(Origin::Changed), false));
    assert_eq!(off.enable("disk", true).unwrap(), book());
    assert_eq!(off.put(disk()).unwrap(), book());
    assert_eq!(off.delete("disk").unwrap(), book());
}

#[test]
fn there_are_only_so_many_rules_of_ones_own() {
    let mut book = book();
    for number in 0..MOST_OWN {
        book = book.create(own(&format!("own-{number}"))).unwrap();
    }
    assert!(matches!(book.create(own("one-more")), Err(RuleEditError::Full)));
    // Those that are there can still be changed and switched, and so can those of the program.
    let book = book.enable("own-7", false).unwrap().enable("disk", false).unwrap();
    book.delete("own-3").unwrap().create(own("one-more")).unwrap();
}

#[test]
fn with_the_most_of_all_kinds_the_engine_can_judge() {
    let file = (0..500).map(|number| own(&format!("file-{number}"))).collect();
    let edited =
        (0..MOST_OWN).map(|number| own(&format!("own-{number}"))).map(|rule| (rule.id.clone(), rule));
    let book = RuleBook::new(file, edited.collect(), Unread::default());
    let rules: Vec<Rule> = book.rules().into_iter().map(|(rule, _)| rule).collect();
    assert_eq!(rules.len(), 500 + MOST_OWN + stock::rules().len());
    watchglass_alerts::Engine::new(rules, 0).unwrap();
}

#[test]
fn what_could_not_be_read_is_kept_until_somebody_says_something_of_its_id() {
    let value = |id: &str| serde_json::json!({ "id": id, "newer": 1 });
    let unread = Unread { rules: vec![value("mine"), value("yours")], changed: vec![value("disk")] };
    let book = RuleBook::new(Vec::new(), BTreeMap::new(), unread.clone());
    assert_eq!(book.put(own("other")).unwrap().unread(), &unread);
    assert_eq!(book.put(own("mine")).unwrap().unread().rules, [value("yours")]);
    assert_eq!(book.delete("yours").unwrap().unread().rules, [value("mine")]);
    assert_eq!(book.delete("disk").unwrap().unread().changed, [] as [Value; 0]);
}
