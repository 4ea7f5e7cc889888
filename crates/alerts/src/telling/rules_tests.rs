//! Rules that are changed while their alerts fire: who was told that one fires is told that it is over, and nobody else.

use super::samples::{route, told};
use super::*;
use crate::testing::{Fake, at, labels};
use crate::{Engine, Rule};
use proptest::prelude::*;
use std::collections::BTreeSet;

/// An engine and a desk, as the server has them: what the one finds is told by the other.
struct Both {
    engine: Engine,
    desk: Desk,
    fake: Fake,
    second: i64,
}

fn rule() -> Rule {
    Rule {
        warning: Some(80.0),
        subject_label: Some("which".to_owned()),
        ..Rule::new("use", "Use", "m", "cpu")
    }
}

impl Both {
    fn new() -> Self {
        let mut fake = Fake::default();
        fake.meet("m", labels("a"));
        let routes = Routes(vec![route("ops", &["mail"])]);
        let desk = Desk::new(TellingSettings { routes, ..TellingSettings::default() }).unwrap();
        Self { engine: Engine::new(vec![rule()], 100).unwrap(), desk, fake, second: 0 }
    }

    /// What is told in so many seconds in which the value is this.
    fn run(&mut self, seconds: i64, value: f64) -> Vec<(i64, Notice)> {
        self.run_with(seconds, Some(value))
    }

    fn run_with(&mut self, seconds: i64, value: Option<f64>) -> Vec<(i64, Notice)> {
        let mut notices = Vec::new();
        for _ in 0..seconds {
            self.second += 1;
            let now = at(self.second);
            self.fake.set(now, &[value]);
            let changes = self.engine.judge(now, &self.fake);
            let new = self.desk.step(now, &changes, &self.engine.active());
            notices.extend(new.into_iter().map(|notice| (self.second, notice)));
        }
        notices
    }

    fn restart(&mut self) {
        let rules = self.engine.rules().cloned().collect();
        let state = self.engine.state();
        self.engine = Engine::new(rules, 100).unwrap();
        self.engine.restore(state);
    }
}

#[test]
fn an_alert_whose_rule_is_gone_is_told_to_be_over_to_whoever_was_told() {
    let off = Rule { enabled: false, ..rule() };
    let elsewhere = Rule { metric: "other".to_owned(), ..rule() };
    let higher = Rule { warning: Some(95.0), ..rule() };
    for rules in [vec![], vec![off], vec![elsewhere], vec![higher]] {
        let mut both = Both::new();
        assert_eq!(told(&both.run(20, 90.0)), ["11 Fired ops mail: use"]);
        both.engine.set_rules(rules.clone()).unwrap();
        assert_eq!(told(&both.run(600, 90.0)), ["31 Resolved ops mail: use"], "{rules:?}");
        assert_eq!(both.engine.past().count(), 1, "{rules:?}");

        // Nobody had been told yet: nobody is told that it is over.
        let mut both = Both::new();
        assert_eq!(told(&both.run(5, 90.0)), [""; 0]);
        both.engine.set_rules(rules).unwrap();
        assert_eq!(told(&both.run(600, 90.0)), [""; 0]);
        assert_eq!((both.engine.active().len(), both.desk.open.len()), (0, 0));
    }
}

#[test]
fn a_rule_that_is_removed_and_made_again_between_two_ticks_is_another() {
    let mut both = Both::new();
    both.run(20, 90.0);
    both.engine.set_rules(Vec::new()).unwrap();
    both.engine.set_rules(vec![rule()]).unwrap();
    let notices = both.run(600, 90.0);
    assert_eq!(told(&notices), ["21 Resolved ops mail: use", "31 Fired ops mail: use"]);
}

#[test]
fn a_rule_that_is_changed_keeps_its_alert_and_says_nothing() {
    let mut both = Both::new();
    both.run(20, 90.0);
    both.engine.set_rules(vec![Rule { warning: Some(85.0), name: "New".to_owned(), ..rule() }]).unwrap();
    assert_eq!(told(&both.run(600, 90.0)), [""; 0]);
    assert_eq!(told(&both.run(60, 1.0)), ["631 Resolved ops mail: use"]);
}

#[test]
fn an_alert_without_data_stays_until_there_is_some_or_its_rule_is_switched_off() {
    let absent = Rule { absent_seconds: Some(5), ..rule() };
    let off = Rule { enabled: false, ..rule() };
    for (rules, value) in [(vec![rule()], Some(1.0)), (vec![off], None)] {
        let mut both = Both::new();
        both.engine.set_rules(vec![absent.clone()]).unwrap();
        both.run(1, 1.0);
        assert_eq!(told(&both.run_with(30, None)), ["16 Fired ops mail: use"]);
        both.engine.set_rules(vec![rule()]).unwrap();
        assert_eq!(told(&both.run_with(200, None)), [""; 0]);
        both.engine.set_rules(rules).unwrap();
        let end = both.run_with(100, value);
        assert_eq!(told(&end), ["242 Resolved ops mail: use"]);
        assert_eq!(both.engine.active().len(), 0);
    }
}

fn variants() -> Vec<Option<Rule>> {
    let absent = Rule { warning: None, absent_seconds: Some(5), ..rule() };
    vec![
        None,
        Some(rule()),
        Some(Rule { enabled: false, ..rule() }),
        Some(Rule { critical: Some(95.0), for_seconds: 3, keep_firing_seconds: 4, ..rule() }),
        Some(Rule { metric: "other".to_owned(), ..rule() }),
        Some(absent),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn whatever_is_changed_nobody_believes_in_an_alert_that_is_gone(
        acts in prop::collection::vec((0..6_usize, 0..40_i64, 60..100_i32, any::<bool>()), 0..30),
    ) {
        let (mut both, mut notices) = (Both::new(), Vec::new());
        let variants = variants();
        for (variant, seconds, value, restarts) in acts {
            both.engine.set_rules(variants[variant].clone().into_iter().collect()).unwrap();
            notices.extend(both.run(seconds, f64::from(value)));
            if restarts {
                both.restart();
            }
        }
        both.engine.set_rules(Vec::new()).unwrap();
        notices.extend(both.run(700, 99.0));
        let mut believed = BTreeSet::new();
        for (second, notice) in &notices {
            for alert in &notice.alerts {
                match notice.reason {
                    Reason::Fired => prop_assert!(believed.insert(&alert.key), "{}: told before", second),
                    Reason::Resolved => prop_assert!(believed.remove(&alert.key), "{}: never told", second),
                    Reason::Digest if alert.phase == crate::Phase::Resolved => {
                        believed.remove(&alert.key);
                    }
                    Reason::Digest => {
                        believed.insert(&alert.key);
                    }
                    _ => prop_assert!(believed.contains(&alert.key), "{}: never told", second),
                }
            }
        }
        prop_assert!(believed.is_empty(), "these are still believed: {:?}", believed);
        prop_assert_eq!((both.engine.active().len(), both.desk.open.len()), (0, 0));
    }
}
