//! Merge laws: commutative, associative, idempotent.

use super::*;
use crate::Rule;
use crate::builtin;
use proptest::prelude::*;

fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

fn version(second: i64, server: &str) -> Version {
    Version { time: at(second), server: server.to_owned() }
}

fn rule_version(id: &str, second: i64, server: &str, level: Option<f64>) -> RuleVersion {
    let base = builtin::find(id).unwrap_or_else(|| Rule::new(id, "Own", "m", "cpu"));
    let rule = level.map(|level| Rule { warning: Some(level), critical: None, recovery: None, ..base });
    RuleVersion::new(rule.as_ref(), version(second, server))
}

fn replica() -> impl Strategy<Value = RuleReplica> {
    let one = ("own|disk|cpu|other", 0..4_i64, "[a-b]", prop::option::of(0.1..0.9));
    prop::collection::vec(one, 0..6).prop_map(|all| {
        let mut replica = RuleReplica::default();
        all.into_iter().for_each(|(id, second, server, level)| {
            replica.apply(&id, rule_version(&id, second, &server, level));
        });
        replica
    })
}

fn merged(one: &RuleReplica, two: &RuleReplica) -> RuleReplica {
    let mut one = one.clone();
    one.merge(two);
    one
}

proptest! {
    #[test]
    fn merge_is_commutative_associative_and_idempotent(a in replica(), b in replica(), c in replica()) {
        prop_assert_eq!(merged(&a, &b), merged(&b, &a));
        prop_assert_eq!(merged(&merged(&a, &b), &c), merged(&a, &merged(&b, &c)));
        prop_assert_eq!(merged(&a, &a), a);
    }

    #[test]
    fn delta_has_all_that_the_other_lacks(a in replica(), b in replica()) {
        let mut updated = b.clone();
        for (id, rule_version) in a.delta_for(&b, at(0)) {
            updated.apply(id, rule_version.clone());
        }
        prop_assert_eq!(&updated, &merged(&a, &b));
        prop_assert_eq!(a.delta_for(&updated, at(0)).count(), 0);
    }
}

#[test]
fn later_version_wins_and_removal_persists() {
    let (old, gone) = (rule_version("own", 5, "b", Some(1.0)), rule_version("own", 6, "a", None));
    let mut replica = RuleReplica::default();
    for rule_version in [&old, &gone, &old] {
        replica.apply("own", rule_version.clone());
    }
    assert_eq!(replica.versions().collect::<Vec<_>>(), [("own", &gone)]);
    // At the same time the server ids decide; for the same server the removal wins.
    assert!(rule_version("own", 5, "c", Some(1.0)).is_after(&old));
    assert!(rule_version("own", 5, "b", None).is_after(&old));
}

#[test]
fn delta_omits_expired_tombstones_and_is_limited() {
    let mut mine = RuleReplica::default();
    mine.apply("own", rule_version("own", 0, "a", None));
    mine.apply("disk", rule_version("disk", 0, "a", Some(0.5)));
    let (day, month) = (at(29 * 86_400), at(30 * 86_400));
    let none = RuleReplica::default();
    let news = |now| mine.delta_for(&none, now).map(|(id, _)| id).collect::<Vec<_>>();
    assert_eq!(news(day), ["disk", "own"]);
    assert_eq!((news(month), mine.expired(month).collect::<Vec<_>>()), (vec!["disk"], vec!["own"]));
    let mut full = RuleReplica::default();
    for number in 0..MAX_RULE_VERSIONS - 1 {
        let id = format!("x{number}");
        full.apply(&id, rule_version(&id, 0, "a", Some(1.0)));
    }
    assert_eq!(mine.delta_for(&full, day).map(|(id, _)| id).collect::<Vec<_>>(), ["disk"]);
}
