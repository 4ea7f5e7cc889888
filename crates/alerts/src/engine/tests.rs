use super::*;
use crate::testing::{Fake, at, labels};
use crate::{Aggregation, Severity};
use proptest::prelude::*;
use std::path::Path;

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

/// What a tick told, as `fired a`.
fn told(changes: &[Change]) -> Vec<String> {
    let word = |change: &Change| match change {
        Change::Fired(_) => "fired",
        Change::Worsened(_) => "worsened",
        Change::FlappingBegan(_) => "flapping",
        Change::FlappingEnded(_) => "calm",
        Change::Resolved(_) => "over",
    };
    changes.iter().map(|change| format!("{} {}", word(change), change.alert().subject)).collect()
}

/// A server with the series a and b.
fn two() -> Fake {
    let mut fake = Fake::default();
    fake.meet("m", labels("a"));
    fake.meet("m", labels("b"));
    fake
}

fn tick(engine: &mut Engine, fake: &mut Fake, second: i64, readings: &[Option<f64>]) -> Vec<String> {
    fake.set(at(second), readings);
    told(&engine.judge(at(second), fake))
}

#[test]
fn an_alert_says_everything_and_goes_to_the_past() {
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
        message: "Use of a is 85, above 80: because".to_owned(),
        since: at(1),
        fired: Some(at(3)),
        resolved: None,
        flapping: false,
        labels: [("team", "web")].into_iter().collect(),
    };
    assert_eq!((engine.active(), engine.pending()), (vec![expected.clone()], vec![]));
    assert!(tick(&mut engine, &mut fake, 4, &[None, Some(1.0)]).is_empty());
    let silent = &engine.active()[0];
    assert_eq!((silent.value, silent.phase), (None, Phase::Firing));
    assert_eq!(
        silent.message.replace('\u{a0}', " "),
        "Use of a has given no data for 1 s; it was 85, above 80: because"
    );
    assert_eq!(tick(&mut engine, &mut fake, 5, &[Some(7.0), Some(1.0)]), ["over a"]);
    let (phase, value, resolved) = (Phase::Resolved, Some(7.0), Some(at(5)));
    let message = "Use of a is 7, was above 80".to_owned();
    let past: Vec<Alert> = engine.past().cloned().collect();
    assert_eq!(past, [Alert { phase, value, resolved, message, ..expected }]);
    assert_eq!(past[0].seconds(at(99)), 4);
}

#[test]
fn only_so_many_of_the_past_are_remembered_the_latest_first() {
    let (mut engine, mut fake) = (engine(&[rule()]), two());
    for second in 1..=10 {
        let value = if second % 2 == 1 { 81.0 } else { 1.0 };
        tick(&mut engine, &mut fake, second, &[Some(value)]);
    }
    let resolved: Vec<_> = engine.past().map(|alert| alert.resolved).collect();
    assert_eq!(resolved, [Some(at(10)), Some(at(8)), Some(at(6))]);
}

#[test]
fn rules_that_stay_keep_their_alerts_and_the_others_are_over() {
    let other = Rule { id: "other".to_owned(), ..rule() };
    let (mut engine, mut fake) = (engine(&[rule(), other.clone()]), two());
    assert_eq!(tick(&mut engine, &mut fake, 1, &[Some(81.0)]), ["fired a", "fired a"]);
    engine.set_rules(vec![Rule { name: "New".to_owned(), ..rule() }]).unwrap();
    assert_eq!(engine.active().len(), 1);
    assert_eq!(tick(&mut engine, &mut fake, 2, &[Some(82.0)]), ["over a"]);
    let past = engine.past().next().unwrap();
    assert_eq!((past.key.rule.as_str(), past.resolved), ("other", Some(at(2))));
    assert!(past.message.contains("its rule has changed"), "{}", past.message);
    assert_eq!(engine.active()[0].message, "New of a is 82, above 80");
    // Neither disabled nor about another metric, nor about other series.
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
        assert_eq!(tick(&mut engine, &mut fake, 3, &[Some(82.0)]), ["over a"]);
        engine.set_rules(vec![rule()]).unwrap();
        assert_eq!(tick(&mut engine, &mut fake, 4, &[Some(82.0)]), ["fired a"]);
    }
}

#[test]
fn rules_that_cannot_be_judged_change_nothing() {
    let mut engine = engine(&[rule()]);
    let wrong = Rule { warning: None, critical: None, ..rule() };
    for (rules, reason) in [
        (vec![rule(), rule()], "another rule has this id"),
        (vec![wrong], "would never fire"),
        ((0..=1000).map(|n| Rule { id: format!("r{n}"), ..rule() }).collect(), "at most 1000"),
    ] {
        let error = engine.set_rules(rules).unwrap_err().to_string();
        assert!(error.contains(reason), "{error}");
    }
    assert_eq!(engine.rules().collect::<Vec<_>>(), [&rule()]);
}

#[test]
fn new_rules_go_on_with_the_windows_that_were_there() {
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
fn a_counter_is_judged_by_its_rate_or_its_growth() {
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
        // What it grew before the first second is not known.
        assert!(tick(&mut engine, &mut fake, second, &[Some(20.0)]).len() == usize::from(second == 4));
    }
    assert_eq!(engine.active()[0].value, Some(60.0));
}

#[test]
fn after_a_restart_what_fires_fires_still_and_what_is_gone_is_missed() {
    let absence =
        Rule { id: "gone".to_owned(), warning: None, critical: None, absent_seconds: Some(20), ..rule() };
    let (mut first, mut fake) = (engine(&[rule(), absence.clone()]), two());
    assert_eq!(tick(&mut first, &mut fake, 1, &[Some(81.0), Some(1.0)]), ["fired a"]);
    let state = EngineState::from_json(&first.state().to_json().unwrap()).unwrap();
    let (mut second, mut fake) = (engine(&[rule(), absence]), Fake::default());
    second.restore(state);
    assert_eq!(second.active(), first.active());
    // Only b is there again, with another number.
    fake.meet("m", labels("b"));
    for time in 10..14 {
        assert!(tick(&mut second, &mut fake, time, &[Some(1.0)]).is_empty(), "{time}");
    }
    assert!(second.active()[0].message.contains("has given no data for"));
    fake.meet("m", labels("a"));
    assert_eq!(tick(&mut second, &mut fake, 14, &[Some(1.0), Some(1.0)]), ["over a"]);
}

#[test]
fn a_series_that_does_not_come_back_is_missed_until_somebody_says_so() {
    let absence = Rule { warning: None, critical: None, absent_seconds: Some(5), ..rule() };
    let (mut first, mut fake) = (engine(std::slice::from_ref(&absence)), two());
    tick(&mut first, &mut fake, 1, &[Some(1.0), Some(1.0)]);
    let mut second = engine(&[absence]);
    second.restore(first.state());
    let mut empty = Fake::default();
    let seconds: Vec<_> = (2..20).map(|second_now| tick(&mut second, &mut empty, second_now, &[])).collect();
    assert_eq!(seconds.concat(), ["fired a", "fired b"]);
    let key = second.active()[0].key.clone();
    let over = second.dismiss(at(20), &key).unwrap();
    assert!(over.alert().message.ends_with("; it was dismissed") && over.alert().resolved == Some(at(20)));
    assert_eq!((second.dismiss(at(20), &key), second.active().len()), (None, 1));
    second.restore(second.state());
    let seconds: Vec<_> = (21..40).map(|second_now| tick(&mut second, &mut empty, second_now, &[])).collect();
    assert_eq!(seconds.concat(), Vec::<String>::new());
    // Once it was there, it is missed again.
    let mut fake = two();
    assert_eq!(tick(&mut second, &mut fake, 40, &[Some(1.0), Some(1.0)]), ["over b"]);
    let seconds: Vec<_> = (41..50).map(|second_now| tick(&mut second, &mut fake, second_now, &[])).collect();
    assert_eq!(seconds.concat(), ["fired a", "fired b"]);
}

#[test]
fn who_says_good_bye_is_not_missed_but_who_was_not_heard_of_since_a_restart_is() {
    let up = Rule { ends_when_gone: true, ..rule() };
    let (mut first, mut fake) = (engine(std::slice::from_ref(&up)), two());
    assert_eq!(tick(&mut first, &mut fake, 1, &[Some(81.0), Some(82.0)]), ["fired a", "fired b"]);
    let mut second = engine(&[up]);
    second.restore(first.state());
    let mut only_b = Fake::default();
    only_b.meet("m", labels("b"));
    assert!(tick(&mut second, &mut only_b, 2, &[Some(82.0)]).is_empty());
    assert_eq!(tick(&mut second, &mut only_b, 3, &[None]), ["over b"]);
    assert_eq!(second.past().next().unwrap().message, "Use of b gives no data any more");
    assert_eq!(second.active().len(), 1);
}

#[test]
fn what_is_stored_stays_as_it_was() {
    let (mut engine, mut fake) = (engine(&[rule()]), two());
    for (second, value) in [(1, 81.0), (2, 91.0), (3, 1.0), (5, 85.5)] {
        tick(&mut engine, &mut fake, second, &[Some(value), None]);
    }
    let text = engine.state().to_json().unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/engine.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), text);
    assert_eq!(EngineState::from_json(&text).unwrap(), engine.state());
    let newer = text.replacen(r#""version":1"#, r#""version":2"#, 1);
    assert!(matches!(EngineState::from_json(&newer), Err(StateError::Version(2))));
    assert!(matches!(EngineState::from_json(r#"{"version":1,"x":2}"#), Err(StateError::Json(_))));
    assert!(matches!(EngineState::from_json("no"), Err(StateError::Json(_))));
}

proptest! {
    #[test]
    fn a_restart_changes_nothing_and_no_alert_fires_twice(
        ticks in prop::collection::vec(
            (-3_000..9_000_i64, prop::array::uniform2(prop::option::weighted(0.7, 60..100_u32))), 1..120,
        ),
        restarts in prop::collection::vec(any::<bool>(), 120),
        hold in 0..5_u32, keep in 0..5_u32, absent in prop::option::of(5..20_u32),
    ) {
        let rule = Rule { for_seconds: hold, keep_firing_seconds: keep, absent_seconds: absent, recovery: Some(70.0), ..rule() };
        let rules = [rule, Rule { id: "plain".to_owned(), ..self::rule() }];
        let (mut whole, mut broken, mut now) = (engine(&rules), engine(&rules), 1_000_000);
        let (mut fake, mut firing) = (two(), HashSet::new());
        for ((step, readings), restart) in ticks.into_iter().zip(restarts) {
            now += step;
            let now = Timestamp::from_millis(now);
            fake.set(now, &readings.map(|reading| reading.map(f64::from)));
            let changes = whole.judge(now, &fake);
            prop_assert_eq!(&broken.judge(now, &fake), &changes);
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
    fn the_state_is_read_without_panics(text in ".{0,200}", time in any::<i64>()) {
        let _ = EngineState::from_json(&text);
        let (mut engine, mut fake) = (engine(&[rule()]), two());
        for second in [time, 0, i64::MAX, i64::MIN] {
            fake.set(Timestamp::from_millis(second), &[Some(81.0)]);
            engine.judge(Timestamp::from_millis(second), &fake);
        }
    }
}
