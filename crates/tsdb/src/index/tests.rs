//! The index against a plain scan of a list of label sets.

use super::*;
use crate::Operator::{self, Equal, NotEqual, NotRegex};
use crate::{Matcher, SelectError};
use proptest::collection::vec;
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

type Set = BTreeMap<String, String>;

const NAMES: [&str; 4] = ["__name__", "a", "b", "c"];
const PATTERNS: [&str; 20] = [
    "",
    ".*",
    ".+",
    "x",
    "x|y",
    "x|",
    "x.*",
    "x.+",
    ".*y",
    ".*y.*",
    "(x|y)1.*",
    "[xy]1?",
    "x?",
    "[^x]*",
    "(?i)X1.*",
    r"\w+",
    r".*\b1.*",
    "x1|y.*é",
    "(x|y|1|é)+",
    "x$|^y",
];

/// Values that are often equal, share prefixes, or are empty.
fn value() -> impl Strategy<Value = String> {
    prop_oneof![Just(String::new()), "[xy1é]{1,3}", "[xy]"]
}

fn label_set() -> impl Strategy<Value = Set> {
    let labels = prop::collection::btree_map(prop::sample::select(&NAMES[..]), value(), 0..5);
    labels.prop_map(|labels| {
        let labels = labels.into_iter().filter(|(_, value)| !value.is_empty());
        labels.map(|(name, value)| (name.to_owned(), value)).collect()
    })
}

fn matcher() -> impl Strategy<Value = Matcher> {
    let label = prop::sample::select(vec!["__name__", "a", "b", "c", "absent"]).prop_map(str::to_owned);
    let equal = (prop::sample::select(vec![Equal, NotEqual]), value());
    let pattern = prop::sample::select(&PATTERNS[..]).prop_map(str::to_owned);
    let regex = (prop::sample::select(vec![Operator::Regex, NotRegex]), pattern);
    (label, prop_oneof![equal, regex]).prop_map(|(label, (operator, value))| Matcher {
        label,
        operator,
        value,
    })
}

/// Matcher without any part of the index.
fn oracle(matcher: &Matcher) -> impl Fn(&Set) -> bool {
    let is_regex = matches!(matcher.operator, Operator::Regex | NotRegex);
    let regex = is_regex.then(|| regex::Regex::new(&format!("^(?s:{})$", matcher.value)).unwrap());
    let is_positive = matches!(matcher.operator, Equal | Operator::Regex);
    move |set| {
        let value = set.get(&matcher.label).map_or("", String::as_str);
        regex.as_ref().map_or(value == matcher.value, |regex| regex.is_match(value)) == is_positive
    }
}

fn parts(set: &Set) -> (&str, Vec<(&str, &str)>) {
    let metric = set.get("__name__").map_or("", String::as_str);
    let labels = set.iter().filter(|(name, _)| *name != "__name__");
    (metric, labels.map(|(name, value)| (name.as_str(), value.as_str())).collect())
}

fn insert(index: &mut Index, set: &Set) -> u32 {
    let (metric, labels) = parts(set);
    index.insert(metric, labels).unwrap()
}

/// Adds series, and removes those for which there is a number.
fn churn(changes: Vec<(Set, Option<prop::sample::Index>)>) -> (Index, BTreeMap<u32, Set>) {
    let (mut index, mut live) = (Index::default(), BTreeMap::new());
    for (set, removed) in changes {
        let lowest = (0..).find(|number| !live.contains_key(number)).unwrap();
        assert_eq!(insert(&mut index, &set), lowest);
        live.insert(lowest, set);
        if let Some(place) = removed {
            let number = *live.keys().nth(place.index(live.len())).unwrap();
            live.remove(&number);
            assert!(index.remove(number) && !index.remove(number));
        }
    }
    (index, live)
}

fn changes(count: usize) -> impl Strategy<Value = Vec<(Set, Option<prop::sample::Index>)>> {
    vec((label_set(), prop::option::weighted(0.3, any::<prop::sample::Index>())), 0..count)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn selection_equals_a_scan(
        changes in changes(120),
        selectors in vec((prop::option::of(value()), vec(matcher(), 0..4)), 1..8),
    ) {
        let (index, live) = churn(changes);
        for (metric, matchers) in selectors {
            let oracles: Vec<_> = matchers.iter().map(oracle).collect();
            let is_selected = |set: &Set| {
                metric.as_ref().is_none_or(|metric| set.get("__name__").map_or("", String::as_str) == metric)
                    && oracles.iter().all(|is_match| is_match(set))
            };
            let expected: Vec<u32> =
                live.iter().filter(|(_, set)| is_selected(set)).map(|(number, _)| *number).collect();
            let selector = Selector { metric: metric.clone(), matchers: matchers.clone(), only: None };
            let found = index.select(&selector).unwrap();
            prop_assert_eq!(found.iter().collect::<Vec<_>>(), &expected[..], "{:?}", &selector);
            prop_assert_eq!(found.len(), expected.len());
            let sets: Vec<&Set> = expected.iter().map(|number| &live[number]).collect();
            let names: BTreeSet<&str> = sets.iter().flat_map(|set| set.keys().map(String::as_str)).collect();
            let found = index.label_names(&selector, 9).unwrap();
            prop_assert_eq!(found.iter().map(AsRef::as_ref).collect::<Vec<_>>(), names.into_iter().collect::<Vec<_>>());
            for name in NAMES {
                let values: BTreeSet<&str> = sets.iter().filter_map(|set| Some(set.get(name)?.as_str())).collect();
                let found = index.label_values(name, &selector, 5).unwrap();
                let expected: Vec<&str> = values.into_iter().take(5).collect();
                prop_assert_eq!(found.iter().map(AsRef::as_ref).collect::<Vec<_>>(), expected);
            }
        }
    }

    #[test]
    fn series_and_cardinality_follow_churn(changes in changes(100)) {
        let (mut index, live) = churn(changes);
        prop_assert_eq!((index.len(), index.is_empty()), (live.len(), live.is_empty()));
        let mut counts: BTreeMap<&str, BTreeMap<&str, u64>> = BTreeMap::new();
        for (number, set) in &live {
            let (metric, labels) = parts(set);
            prop_assert_eq!(index.series(*number).unwrap(), (metric, labels.iter().copied().collect()));
            // In any order, with a repeated and an empty label.
            let given = [("b", "other"), ("d", "")].into_iter().chain(labels.iter().copied().rev());
            let given = given.filter(|(name, value)| *value != "other" || set.contains_key(*name));
            let equal: BTreeSet<u32> = index.find(metric, given).collect();
            let expected = live.iter().filter(|(_, other)| *other == set).map(|(number, _)| *number).collect();
            prop_assert_eq!(equal, expected);
            for (name, value) in set {
                *counts.entry(name).or_default().entry(value).or_default() += 1;
            }
        }
        prop_assert_eq!(index.pairs(), counts.values().map(BTreeMap::len).sum::<usize>());
        let found: BTreeMap<_, _> =
            index.cardinality().into_iter().map(|label| (label.name.to_string(), (label.values, label.series))).collect();
        let expected: BTreeMap<_, _> = counts
            .iter()
            .map(|(name, values)| ((*name).to_owned(), (values.len(), values.values().sum())))
            .collect();
        prop_assert_eq!(found, expected);
        for (name, values) in &counts {
            let mut expected: Vec<(u64, &str)> = values.iter().map(|(value, series)| (*series, *value)).collect();
            expected.sort_by(|a, b| b.0.cmp(&a.0).then_with(|| a.1.cmp(b.1)));
            expected.truncate(3);
            let found = index.largest_values(name, 3);
            prop_assert_eq!(found.iter().map(|(value, series)| (*series, value.as_ref())).collect::<Vec<_>>(), expected);
        }
        for number in live.keys() {
            prop_assert!(index.remove(*number));
        }
        prop_assert_eq!((index.len(), index.pairs(), index.cardinality().len()), (0, 0, 0));
        prop_assert_eq!((index.by_pairs.len(), index.live.len(), index.select(&Selector::default()).unwrap().len()), (0, 0, 0));
    }
}

/// Many values, so that bitmaps, both ways to make a union, and tests of single series are used.
#[test]
fn selection_of_many_values_equals_a_scan() {
    let mut index = Index::default();
    let set = |number: u32| -> Set {
        let mut set = Set::from([("a".to_owned(), format!("x{}", number * 7919 % 2000))]);
        set.insert("b".to_owned(), format!("y{}", number % 20));
        set.retain(|name, _| name == "a" || !number.is_multiple_of(3));
        set
    };
    let sets: Vec<Set> = (0..2000).map(set).collect();
    for (number, set) in (0..).zip(&sets) {
        assert_eq!(insert(&mut index, set), number);
    }
    for (a, b) in [
        (".*[05]", ".*"),
        (".*99.*", "y1?"),
        ("x1.*", "y3"),
        ("x.+", "|y1.*"),
        ("(x|y)2.*7", ".*[2-4]"),
        (".*", "y2|y3"),
        (r"[a-z]+[0-9]", ""),
        (".*7.*7.*", "y1."),
        (".[0-9]{1,3}", ".+"),
        ("none.*", ".*"),
    ] {
        for operators in [
            (Operator::Regex, Operator::Regex),
            (NotRegex, Operator::Regex),
            (Operator::Regex, NotRegex),
            (NotRegex, NotRegex),
        ] {
            let selector = Selector::default().with("a", operators.0, a).with("b", operators.1, b);
            let oracles: Vec<_> = selector.matchers.iter().map(oracle).collect();
            let is_selected = |set: &&Set| oracles.iter().all(|is_match| is_match(set));
            let expected = (0_u32..).zip(&sets).filter(|(_, set)| is_selected(set)).map(|(number, _)| number);
            let found = index.select(&selector).unwrap();
            assert_eq!(found.iter().collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{selector:?}");
        }
    }
}

#[test]
fn memory_follows_the_live_series_under_churn() {
    let mut index = Index::default();
    for round in 0..40_u32 {
        for number in 0..100 {
            let value = format!("v{}", round * 100 + number);
            let name = format!("name{round}");
            let inserted = index.insert("m", [("id", value.as_str()), (name.as_str(), "x")]).unwrap();
            assert!(inserted < 200, "numbers are reused");
        }
        if round > 0 {
            let old =
                index.select(&Selector::default().with(&format!("name{}", round - 1), NotEqual, "")).unwrap();
            assert_eq!(old.len(), 100);
            old.iter().for_each(|number| assert!(index.remove(number)));
        }
        assert_eq!((index.len(), index.pairs(), index.cardinality().len()), (100, 102, 3));
    }
    assert!(index.by_pairs.capacity() < 1000);
}

#[test]
fn invalid_selectors_are_errors() {
    let mut index = Index::default();
    index.insert("m", [("a", "x")]).unwrap();
    let invalid = Selector::metric("m").with("absent", Operator::Regex, "a)|(b");
    assert!(matches!(index.select(&invalid), Err(SelectError::Regex(_))));
    assert!(index.label_names(&invalid, 9).is_err() && index.label_values("a", &invalid, 9).is_err());
}
