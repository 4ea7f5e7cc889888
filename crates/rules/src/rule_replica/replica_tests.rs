//! Order and expiry of rule versions; the laws of maps of them.

use super::*;
use crate::Rule;
use crate::builtin;
use proptest::prelude::*;
use watchglass_replica::testing::{check_encoding, check_laws};

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

fn versions() -> impl Strategy<Value = RuleVersion> {
    ("own|disk|cpu|other", 0..4_i64, "[a-b]", prop::option::of(1..9_u8)).prop_map(
        |(id, second, server, tenths)| {
            let level = tenths.map(|tenths| f64::from(tenths) / 10.0);
            rule_version(&id, second, &server, level)
        },
    )
}

#[test]
fn rules_satisfy_the_laws() {
    let month = 30 * 86_400_i64;
    check_laws("own|disk|cpu|other", versions(), (month - 1..month + 6).prop_map(at)).unwrap();
    check_encoding(versions()).unwrap();
}

#[test]
fn later_version_wins_and_removal_persists() {
    let (old, gone) = (rule_version("own", 5, "b", Some(1.0)), rule_version("own", 6, "a", None));
    let mut replica = RuleReplica::default();
    for rule_version in [&old, &gone, &old] {
        replica.apply("own".to_owned(), rule_version.clone());
    }
    assert_eq!(replica.iter().collect::<Vec<_>>(), [(&"own".to_owned(), &gone)]);
    // At the same time the server ids decide; for the same server the removal wins.
    assert!(rule_version("own", 5, "c", Some(1.0)).supersedes(&old));
    assert!(rule_version("own", 5, "b", None).supersedes(&old));
}

#[test]
fn delta_omits_expired_tombstones_and_is_limited() {
    let mut mine = RuleReplica::default();
    mine.apply("own".to_owned(), rule_version("own", 0, "a", None));
    mine.apply("disk".to_owned(), rule_version("disk", 0, "a", Some(0.5)));
    let (day, month) = (at(29 * 86_400), at(30 * 86_400));
    let none = RuleReplica::default();
    let news = |other: &RuleReplica, now| {
        mine.delta_for(other, now).into_iter().map(|(id, _)| id.clone()).collect::<Vec<_>>()
    };
    assert_eq!(news(&none, day), ["disk", "own"]);
    assert_eq!(news(&none, month), ["disk"]);
    assert_eq!(mine.expired(month).collect::<Vec<_>>(), ["own"]);
    let mut full: RuleReplica = (1..RuleVersion::MAX_ENTRIES)
        .zip(1..)
        .map(|(number, second)| (format!("x{number}"), rule_version("x", second, "a", Some(1.0))))
        .collect();
    // There is room for one, and of two versions with the same time the removal is greater.
    assert_eq!(news(&full, day), ["own"]);
    full.apply("own".to_owned(), rule_version("own", 0, "a", None));
    assert_eq!(news(&full, day), [""; 0]);
}
