use super::*;
use serde_json::Value;

pub(super) fn own(id: &str) -> Rule {
    Rule { warning: Some(1.0), ..Rule::new(id, "Own", "m", "cpu") }
}

fn disk() -> Rule {
    builtin::find("disk").unwrap()
}

/// A rule set in which `in-file` and `cpu` are defined in the configuration file.
fn rule_set() -> RuleSet {
    let cpu = Rule { warning: Some(0.5), recovery: None, ..builtin::find("cpu").unwrap() };
    RuleSet::new(vec![own("in-file"), cpu], BTreeMap::new(), Unparsed::default())
}

fn origin(rule_set: &RuleSet, id: &str) -> Option<Origin> {
    let listed: Vec<(&Rule, Origin)> = rule_set.iter().filter(|(rule, _)| rule.id == id).collect();
    let found = rule_set.find(id);
    assert_eq!(listed, found.into_iter().collect::<Vec<_>>(), "{id}");
    found.map(|(_, origin)| origin)
}

#[test]
fn config_overrides_user_rules_and_user_rules_override_builtin() {
    let changed = Rule { warning: Some(0.7), recovery: None, ..disk() };
    let rule_set = rule_set().put(changed.clone()).unwrap().put(own("mine")).unwrap();
    for (id, expected) in [
        ("cpu", Some(Origin::ConfigFile)),
        ("in-file", Some(Origin::ConfigFile)),
        ("disk", Some(Origin::Modified)),
        ("memory", Some(Origin::BuiltIn)),
        ("mine", Some(Origin::Custom)),
        ("other", None),
    ] {
        assert_eq!(origin(&rule_set, id), expected, "{id}");
    }
    assert_eq!(rule_set.find("disk"), Some((&changed, Origin::Modified)));
    assert_eq!(rule_set.iter().count(), builtin::all().len() + 2);
    assert_eq!(rule_set.shadowed().count(), 0);
}

#[test]
fn user_rule_hidden_by_config_is_kept() {
    let edited =
        [own("in-file"), own("mine")].map(|rule| (rule.id.clone(), Rule { warning: Some(9.0), ..rule }));
    let rule_set = RuleSet::new(vec![own("in-file")], edited.into_iter().collect(), Unparsed::default());
    assert_eq!(origin(&rule_set, "in-file"), Some(Origin::ConfigFile));
    assert_eq!(rule_set.find("in-file"), Some((&own("in-file"), Origin::ConfigFile)));
    assert_eq!(rule_set.shadowed().collect::<Vec<_>>(), ["in-file"]);
    let rule_set = rule_set.delete("mine").unwrap();
    assert_eq!(rule_set.user_rules().count(), 1);
}

#[test]
fn rejected_changes_are_explained() {
    let rule_set = rule_set();
    let wrong = Rule { warning: None, ..own("mine") };
    let put = |rule: Rule| rule_set.put(rule).unwrap_err().to_string();
    let delete = |id: &str| rule_set.delete(id).unwrap_err().to_string();
    let enable = |id: &str| rule_set.enable(id, false).unwrap_err().to_string();
    let locked = "rule \"in-file\" is in the configuration file: edit it there, under [[rules]] with id = \"in-file\", and restart";
    for (error, expected) in [
        (put(own("in-file")), locked),
        (delete("in-file"), locked),
        (enable("in-file"), locked),
        (put(builtin::find("cpu").unwrap()), "rule \"cpu\" is in the configuration file"),
        (put(wrong), "rule \"mine\": warning: a threshold or no_data_seconds"),
        (put(own("preview")), "rule \"preview\": id: reserved for the API"),
        (put(own("Mine")), "rule \"Mine\": id: must be 1 to 64 of a-z, 0-9 and -"),
        (delete("disk"), "built-in rule \"disk\" cannot be removed: disable it"),
        (delete("none"), "unknown rule \"none\""),
        (enable("none"), "unknown rule \"none\""),
        (rule_set.create(disk()).unwrap_err().to_string(), "rule \"disk\" already exists"),
        (rule_set.create(own("in-file")).unwrap_err().to_string(), "rule \"in-file\" already exists"),
        (delete(&"x".repeat(5000)), "unknown rule \"xxx"),
    ] {
        assert!(error.starts_with(expected) && error.len() < 300, "{expected}: {error}");
    }
}

#[test]
fn override_equal_to_default_is_dropped() {
    let off = rule_set().enable("disk", false).unwrap();
    assert_eq!((origin(&off, "disk"), off.find("disk").unwrap().0.enabled), (Some(Origin::Modified), false));
    assert_eq!(off.enable("disk", true).unwrap(), rule_set());
    assert_eq!(off.put(disk()).unwrap(), rule_set());
    assert_eq!(off.delete("disk").unwrap(), rule_set());
}

#[test]
fn number_of_custom_rules_is_limited() {
    let mut rule_set = rule_set();
    for number in 0..MAX_CUSTOM_RULES {
        rule_set = rule_set.create(own(&format!("own-{number}"))).unwrap();
    }
    assert!(matches!(rule_set.create(own("one-more")), Err(RuleEditError::TooMany)));
    // Existing rules can still be changed and disabled, and so can built-in ones.
    let rule_set = rule_set.enable("own-7", false).unwrap().enable("disk", false).unwrap();
    rule_set.delete("own-3").unwrap().create(own("one-more")).unwrap();
}

#[test]
fn engine_accepts_maximum_of_all_kinds() {
    let file = (0..500).map(|number| own(&format!("file-{number}"))).collect();
    let edited =
        (0..MAX_CUSTOM_RULES).map(|number| own(&format!("own-{number}"))).map(|rule| (rule.id.clone(), rule));
    let rule_set = RuleSet::new(file, edited.collect(), Unparsed::default());
    let rules: Vec<Rule> = rule_set.rules().cloned().collect();
    assert_eq!(rules.len(), 500 + MAX_CUSTOM_RULES + builtin::all().len());
    watchglass_rules::Engine::new(rules, 0).unwrap();
}

#[test]
fn unparsed_entries_are_kept_until_their_id_is_changed() {
    let value = |id: &str| serde_json::json!({ "id": id, "newer": 1 });
    let unread = Unparsed { rules: vec![value("mine"), value("yours")], overrides: vec![value("disk")] };
    let rule_set = RuleSet::new(Vec::new(), BTreeMap::new(), unread.clone());
    assert_eq!(rule_set.put(own("other")).unwrap().unparsed(), &unread);
    assert_eq!(rule_set.put(own("mine")).unwrap().unparsed().rules, [value("yours")]);
    assert_eq!(rule_set.delete("yours").unwrap().unparsed().rules, [value("mine")]);
    assert_eq!(rule_set.delete("disk").unwrap().unparsed().overrides, [] as [Value; 0]);
}
