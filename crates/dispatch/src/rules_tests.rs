//! Rule changes while alerts fire: channels that were notified of a firing get its resolution, and no others.

use super::fixtures::{route, transcript};
use super::*;
use proptest::prelude::*;
use std::collections::BTreeSet;
use watchglass_rules::testing::{Fake, at, labels};
use watchglass_rules::{Engine, Rule};

/// An engine and a dispatcher, wired as in the server.
struct Pipeline {
    engine: Engine,
    dispatcher: Dispatcher,
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

impl Pipeline {
    fn new() -> Self {
        let mut fake = Fake::default();
        fake.meet("m", labels("a"));
        let routes = Routes(vec![route("ops", &["mail"])]);
        let dispatcher = Dispatcher::new(DispatchSettings { routes, ..DispatchSettings::default() }).unwrap();
        Self { engine: Engine::new(vec![rule()], 100).unwrap(), dispatcher, fake, second: 0 }
    }

    /// Notifications of `seconds` seconds with a constant value.
    fn run(&mut self, seconds: i64, value: f64) -> Vec<(i64, Notification)> {
        self.run_with(seconds, Some(value))
    }

    fn run_with(&mut self, seconds: i64, value: Option<f64>) -> Vec<(i64, Notification)> {
        let mut notifications = Vec::new();
        for _ in 0..seconds {
            self.second += 1;
            let now = at(self.second);
            self.fake.set(now, &[value]);
            let changes = self.engine.evaluate(now, &self.fake);
            let new = self.dispatcher.step(now, &changes, &self.engine.active());
            notifications.extend(new.into_iter().map(|notification| (self.second, notification)));
        }
        notifications
    }

    fn restart(&mut self) {
        let rules = self.engine.rules().cloned().collect();
        let state = self.engine.state();
        self.engine = Engine::new(rules, 100).unwrap();
        self.engine.restore(state);
    }
}

#[test]
fn removed_rule_resolves_its_notified_alert() {
    let off = Rule { enabled: false, ..rule() };
    let elsewhere = Rule { metric: "other".to_owned(), ..rule() };
    let higher = Rule { warning: Some(95.0), ..rule() };
    for rules in [vec![], vec![off], vec![elsewhere], vec![higher]] {
        let mut pipeline = Pipeline::new();
        assert_eq!(transcript(&pipeline.run(20, 90.0)), ["11 Fired ops mail: use"]);
        pipeline.engine.set_rules(rules.clone()).unwrap();
        assert_eq!(transcript(&pipeline.run(600, 90.0)), ["31 Resolved ops mail: use"], "{rules:?}");
        assert_eq!(pipeline.engine.past().count(), 1, "{rules:?}");

        // Not notified yet: no resolution either.
        let mut pipeline = Pipeline::new();
        assert_eq!(transcript(&pipeline.run(5, 90.0)), [""; 0]);
        pipeline.engine.set_rules(rules).unwrap();
        assert_eq!(transcript(&pipeline.run(600, 90.0)), [""; 0]);
        assert_eq!((pipeline.engine.active().len(), pipeline.dispatcher.active.len()), (0, 0));
    }
}

#[test]
fn rule_recreated_between_two_ticks_is_a_new_rule() {
    let mut pipeline = Pipeline::new();
    pipeline.run(20, 90.0);
    pipeline.engine.set_rules(Vec::new()).unwrap();
    pipeline.engine.set_rules(vec![rule()]).unwrap();
    let notifications = pipeline.run(600, 90.0);
    assert_eq!(transcript(&notifications), ["21 Resolved ops mail: use", "31 Fired ops mail: use"]);
}

#[test]
fn changed_rule_keeps_its_alert_silently() {
    let mut pipeline = Pipeline::new();
    pipeline.run(20, 90.0);
    pipeline.engine.set_rules(vec![Rule { warning: Some(85.0), name: "New".to_owned(), ..rule() }]).unwrap();
    assert_eq!(transcript(&pipeline.run(600, 90.0)), [""; 0]);
    assert_eq!(transcript(&pipeline.run(60, 1.0)), ["631 Resolved ops mail: use"]);
}

#[test]
fn no_data_alert_stays_until_data_or_rule_is_disabled() {
    let absent = Rule { no_data_seconds: Some(5), ..rule() };
    let off = Rule { enabled: false, ..rule() };
    for (rules, value) in [(vec![rule()], Some(1.0)), (vec![off], None)] {
        let mut pipeline = Pipeline::new();
        pipeline.engine.set_rules(vec![absent.clone()]).unwrap();
        pipeline.run(1, 1.0);
        assert_eq!(transcript(&pipeline.run_with(30, None)), ["16 Fired ops mail: use"]);
        pipeline.engine.set_rules(vec![rule()]).unwrap();
        assert_eq!(transcript(&pipeline.run_with(200, None)), [""; 0]);
        pipeline.engine.set_rules(rules).unwrap();
        let end = pipeline.run_with(100, value);
        assert_eq!(transcript(&end), ["242 Resolved ops mail: use"]);
        assert_eq!(pipeline.engine.active().len(), 0);
    }
}

fn variants() -> Vec<Option<Rule>> {
    let absent = Rule { warning: None, no_data_seconds: Some(5), ..rule() };
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
    fn rule_changes_leave_no_stale_firing_alert(
        acts in prop::collection::vec((0..6_usize, 0..40_i64, 60..100_i32, any::<bool>()), 0..30),
    ) {
        let (mut pipeline, mut notifications) = (Pipeline::new(), Vec::new());
        let variants = variants();
        for (variant, seconds, value, restarts) in acts {
            pipeline.engine.set_rules(variants[variant].clone().into_iter().collect()).unwrap();
            notifications.extend(pipeline.run(seconds, f64::from(value)));
            if restarts {
                pipeline.restart();
            }
        }
        pipeline.engine.set_rules(Vec::new()).unwrap();
        notifications.extend(pipeline.run(700, 99.0));
        let mut firing = BTreeSet::new();
        for (second, notification) in &notifications {
            for alert in &notification.alerts {
                match notification.reason {
                    Reason::Fired => prop_assert!(firing.insert(&alert.key), "{}: notified before", second),
                    Reason::Resolved => prop_assert!(firing.remove(&alert.key), "{}: never notified", second),
                    Reason::Digest if alert.phase == watchglass_rules::Phase::Resolved => {
                        firing.remove(&alert.key);
                    }
                    Reason::Digest => {
                        firing.insert(&alert.key);
                    }
                    _ => prop_assert!(firing.contains(&alert.key), "{}: never notified", second),
                }
            }
        }
        prop_assert!(firing.is_empty(), "still firing: {:?}", firing);
        prop_assert_eq!((pipeline.engine.active().len(), pipeline.dispatcher.active.len()), (0, 0));
    }
}
