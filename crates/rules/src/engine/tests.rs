mod ended;
mod listed;
mod removed;
mod restart;

use super::*;
use crate::testing::{Fake, at, labels};
use crate::{Aggregation, Severity};
use proptest::prelude::*;

fn rule() -> Rule {
    Rule {
        warning: Some(80.0),
        critical: Some(90.0),
        subject_label: Some("which".to_owned()),
        labels: [("team", "web")].into_iter().collect(),
        ..Rule::new("use", "Use", "m", "cpu")
    }
}

fn engine(rules: &[Rule]) -> Engine {
    Engine::new(rules.to_vec(), 3).unwrap()
}

/// Changes of a tick, as `fired a`.
fn summaries(changes: &[Change]) -> Vec<String> {
    let name = |change: &Change| match change {
        Change::Fired(_) => "fired",
        Change::Worsened(_) => "worsened",
        Change::FlappingBegan(_) => "flapping",
        Change::FlappingEnded(_) => "flapping ended",
        Change::Resolved(_) => "resolved",
    };
    changes.iter().map(|change| format!("{} {}", name(change), change.alert().subject)).collect()
}

/// Input with the series a and b.
fn two() -> Fake {
    let mut fake = Fake::default();
    fake.meet("m", labels("a"));
    fake.meet("m", labels("b"));
    fake
}

fn tick(engine: &mut Engine, fake: &mut Fake, second: i64, readings: &[Option<f64>]) -> Vec<String> {
    fake.set(at(second), readings);
    summaries(&engine.evaluate(at(second), fake))
}

#[test]
fn alert_has_all_fields_and_moves_to_past() {
    let (mut engine, mut fake) = (engine(&[Rule { for_seconds: 2, ..rule() }]), two());
    fake.reason = Some("because".to_owned());
    assert!(tick(&mut engine, &mut fake, 1, &[Some(81.0), Some(1.0)]).is_empty());
    assert_eq!(engine.pending().len(), 1);
    tick(&mut engine, &mut fake, 2, &[Some(95.0), Some(1.0)]);
    assert_eq!(tick(&mut engine, &mut fake, 3, &[Some(85.0), Some(1.0)]), ["fired a"]);
    let expected = Alert {
        key: AlertKey { rule: "use".to_owned(), labels: labels("a") },
        phase: Phase::Firing,
        severity: Severity::Warning,
        component: "cpu".to_owned(),
        subject: "a".to_owned(),
        value: Some(85.0),
        threshold: 80.0,
        unit: watchglass_model::Unit::Count,
        message: "Use on a: 85 (limit 80): because".to_owned(),
        since: at(1),
        fired: Some(at(3)),
        resolved: None,
        flapping: false,
        labels: [("team", "web")].into_iter().collect(),
    };
    assert_eq!((engine.active(), engine.pending()), (vec![expected.clone()], vec![]));
    assert!(tick(&mut engine, &mut fake, 4, &[None, Some(1.0)]).is_empty());
    let without_data = &engine.active()[0];
    assert_eq!((without_data.value, without_data.phase), (None, Phase::Firing));
    assert_eq!(
        without_data.message.replace('\u{a0}', " "),
        "Use on a: no data for 1 s (last 85, limit 80): because"
    );
    assert_eq!(tick(&mut engine, &mut fake, 5, &[Some(7.0), Some(1.0)]), ["resolved a"]);
    let (phase, value, resolved) = (Phase::Resolved, Some(7.0), Some(at(5)));
    let message = "Use on a: 7 (was above 80)".to_owned();
    let past: Vec<Alert> = engine.past().cloned().collect();
    assert_eq!(past, [Alert { phase, value, resolved, message, ..expected }]);
    assert_eq!(past[0].duration_seconds(at(99)), 4);
}

#[test]
fn past_is_limited_and_sorted_latest_first() {
    let (mut engine, mut fake) = (engine(&[rule()]), two());
    for second in 1..=10 {
        let value = if second % 2 == 1 { 81.0 } else { 1.0 };
        tick(&mut engine, &mut fake, second, &[Some(value)]);
    }
    let resolved: Vec<_> = engine.past().map(|alert| alert.resolved).collect();
    assert_eq!(resolved, [Some(at(10)), Some(at(8)), Some(at(6))]);
}

#[test]
fn kept_rules_keep_alerts_and_others_resolve() {
    let other = Rule { id: "other".to_owned(), ..rule() };
    let (mut engine, mut fake) = (engine(&[rule(), other.clone()]), two());
    assert_eq!(tick(&mut engine, &mut fake, 1, &[Some(81.0)]), ["fired a", "fired a"]);
    engine.set_rules(vec![Rule { name: "New".to_owned(), ..rule() }]).unwrap();
    assert_eq!(engine.active().len(), 1);
    assert_eq!(tick(&mut engine, &mut fake, 2, &[Some(82.0)]), ["resolved a"]);
    let past = engine.past().next().unwrap();
    assert_eq!((past.key.rule.as_str(), past.resolved), ("other", Some(at(2))));
    assert!(past.message.contains("rule was changed"), "{}", past.message);
    assert_eq!(engine.active()[0].message, "New on a: 82 (limit 80)");
    // Resolves if disabled, on another metric, or on other series.
    for changed in [
        Rule { enabled: false, ..rule() },
        Rule { metric: "other".to_owned(), ..rule() },
        Rule {
            matchers: vec![crate::Matcher {
                label: "which".to_owned(),
                operator: crate::Operator::Equal,
                value: "b".to_owned(),
            }],
            ..rule()
        },
    ] {
        engine.set_rules(vec![changed]).unwrap();
        assert_eq!(tick(&mut engine, &mut fake, 3, &[Some(82.0)]), ["resolved a"]);
        engine.set_rules(vec![rule()]).unwrap();
        assert_eq!(tick(&mut engine, &mut fake, 4, &[Some(82.0)]), ["fired a"]);
    }
}

#[test]
fn message_names_the_threshold_that_was_exceeded() {
    let limits = |warning: f64| Rule { warning: Some(warning), critical: None, ..rule() };
    // Thresholds after the alert fired at 50, the next value, and the alert's message and threshold.
    for (warning, value, message, threshold) in [
        (90.0, 60.0, "Use on a: 60 (was above 50)", 50.0),
        (55.0, 60.0, "Use on a: 60 (limit 55)", 55.0),
        (50.0, 40.0, "Use on a: 40 (was above 50)", 50.0),
        (55.0, 52.0, "Use on a: 52 (was above 50)", 50.0),
    ] {
        let (mut engine, mut fake) = (engine(&[limits(50.0)]), two());
        assert_eq!(tick(&mut engine, &mut fake, 1, &[Some(60.0)]), ["fired a"]);
        engine.set_rules(vec![limits(warning)]).unwrap();
        tick(&mut engine, &mut fake, 2, &[Some(value)]);
        let alert = engine.active().into_iter().chain(engine.past().cloned()).next().unwrap();
        assert_eq!((alert.message.as_str(), alert.threshold), (message, threshold), "{warning} {value}");
    }
}

#[test]
fn flapping_ends_when_rule_is_removed() {
    for (last, expected) in [(1.0, vec!["flapping ended a"]), (81.0, vec!["resolved a", "flapping ended a"])]
    {
        let (mut engine, mut fake) = (engine(&[rule()]), two());
        let summaries: Vec<_> = [81.0, 1.0, 81.0, 1.0, 81.0, 1.0, 81.0, last].into_iter().zip(1..).collect();
        let summaries =
            summaries.into_iter().map(|(value, second)| tick(&mut engine, &mut fake, second, &[Some(value)]));
        assert!(summaries.collect::<Vec<_>>().concat().contains(&"flapping a".to_owned()));
        engine.set_rules(Vec::new()).unwrap();
        assert_eq!(tick(&mut engine, &mut fake, 9, &[Some(81.0)]), expected);
        assert!(tick(&mut engine, &mut fake, 10, &[Some(81.0)]).is_empty());
    }
}

#[test]
fn duplicate_series_is_not_a_second_alert() {
    let (mut engine, mut fake) = (engine(&[rule()]), two());
    fake.repeat_last();
    assert_eq!(tick(&mut engine, &mut fake, 1, &[None, Some(81.0), Some(82.0)]), ["fired b"]);
    assert_eq!((engine.active().len(), engine.rejected()), (1, 0));
}

#[test]
fn alert_message_says_that_there_is_no_value_yet() {
    let mean = Rule { aggregation: Aggregation::Mean, window_seconds: 4, ..rule() };
    let (mut first, mut fake) = (engine(std::slice::from_ref(&mean)), two());
    (1..=3).for_each(|second| drop(tick(&mut first, &mut fake, second, &[Some(81.0)])));
    let mut second = engine(&[mean]);
    second.restore(first.state());
    assert!(tick(&mut second, &mut fake, 4, &[Some(81.0)]).is_empty());
    assert_eq!(second.active()[0].message, "Use on a: no value yet (last 81, limit 80)");
}

#[test]
fn invalid_rules_change_nothing() {
    let mut engine = engine(&[rule()]);
    let invalid = Rule { warning: None, critical: None, ..rule() };
    for (rules, reason) in [
        (vec![rule(), rule()], "another rule has the same id"),
        (vec![invalid], "would never fire"),
        ((0..=1000).map(|n| Rule { id: format!("r{n}"), ..rule() }).collect(), "maximum 1000"),
    ] {
        let error = engine.set_rules(rules).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(engine.rules().collect::<Vec<_>>(), [&rule()]);
}

#[test]
fn new_rules_reuse_existing_windows() {
    let mean = Rule { aggregation: Aggregation::Mean, window_seconds: 60, ..rule() };
    let (mut engine, mut fake) = (engine(std::slice::from_ref(&mean)), two());
    for second in 1..=31 {
        let expected: &[&str] = if second == 31 { &["fired a"] } else { &[] };
        assert_eq!(tick(&mut engine, &mut fake, second, &[Some(81.0)]), expected, "{second}");
    }
    let second = Rule { id: "second".to_owned(), ..mean.clone() };
    engine.set_rules(vec![second, mean]).unwrap();
    assert_eq!(tick(&mut engine, &mut fake, 32, &[Some(81.0)]), ["fired a"]);
    assert_eq!(engine.active().len(), 2);
}

#[test]
fn counter_is_evaluated_by_rate_or_increase() {
    let rate = Rule { metric: "n_total".to_owned(), ..rule() };
    let growth = Rule {
        id: "growth".to_owned(),
        aggregation: Aggregation::Increase,
        window_seconds: 4,
        warning: Some(50.0),
        critical: None,
        ..rate.clone()
    };
    let (mut engine, mut fake) = (engine(&[rate, growth]), Fake::default());
    fake.meet("n_total", labels("a"));
    for second in 1..=4 {
        // The increase before the first second is unknown.
        assert!(tick(&mut engine, &mut fake, second, &[Some(20.0)]).len() == usize::from(second == 4));
    }
    assert_eq!(engine.active()[0].value, Some(60.0));
}

proptest! {
    #[test]
    fn restart_changes_nothing_and_no_alert_fires_twice(
        ticks in prop::collection::vec(
            (-3_000..9_000_i64, prop::array::uniform2(prop::option::weighted(0.7, 60..100_u32))), 1..120,
        ),
        restarts in prop::collection::vec(any::<bool>(), 120),
        hold in 0..5_u32, keep in 0..5_u32, absent in prop::option::of(5..20_u32),
    ) {
        let rule = Rule { for_seconds: hold, keep_firing_seconds: keep, no_data_seconds: absent, recovery: Some(70.0), ..rule() };
        let rules = [rule, Rule { id: "plain".to_owned(), ..self::rule() }];
        let (mut whole, mut broken, mut now) = (engine(&rules), engine(&rules), 1_000_000);
        let (mut fake, mut firing) = (two(), HashSet::new());
        for ((step, readings), restart) in ticks.into_iter().zip(restarts) {
            now += step;
            let now = Timestamp::from_millis(now);
            fake.set(now, &readings.map(|reading| reading.map(f64::from)));
            let changes = whole.evaluate(now, &fake);
            prop_assert_eq!(&broken.evaluate(now, &fake), &changes);
            for change in changes {
                let key = change.alert().key.clone();
                match change {
                    Change::Fired(_) => prop_assert!(firing.insert(key)),
                    Change::Resolved(_) => prop_assert!(firing.remove(&key)),
                    _ => {}
                }
            }
            prop_assert_eq!(whole.active().len(), firing.len());
            if restart {
                let text = broken.state().to_json().unwrap();
                broken = engine(&rules);
                broken.restore(EngineState::from_json(&text).unwrap());
            }
            prop_assert_eq!(whole.state(), broken.state());
        }
    }

    #[test]
    fn state_parsing_never_panics(text in ".{0,200}", time in any::<i64>()) {
        let _ = EngineState::from_json(&text);
        let (mut engine, mut fake) = (engine(&[rule()]), two());
        for second in [time, 0, i64::MAX, i64::MIN] {
            fake.set(Timestamp::from_millis(second), &[Some(81.0)]);
            engine.evaluate(Timestamp::from_millis(second), &fake);
        }
    }
}
