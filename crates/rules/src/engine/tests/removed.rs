//! Alerts of series that are no longer reported.

use super::*;
use watchglass_model::Timestamp;

/// The changes of these seconds, in which b is reported and a is not; `source` is the time of the source's newest value.
fn seconds_without_a(
    engine: &mut Engine,
    fake: &mut Fake,
    seconds: std::ops::Range<i64>,
    source: impl Fn(i64) -> Option<Timestamp>,
) -> Vec<(i64, String)> {
    let mut changes = Vec::new();
    for second in seconds {
        fake.source = source(second);
        let names = tick(engine, fake, second, &[None, Some(1.0)]);
        changes.extend(names.into_iter().map(|name| (second, name)));
    }
    changes
}

fn firing(rule: Rule) -> (Engine, Fake) {
    let (mut engine, mut fake) = (engine(&[rule]), two());
    assert_eq!(tick(&mut engine, &mut fake, 1, &[Some(81.0), Some(1.0)]), ["fired a"]);
    (engine, fake)
}

#[test]
fn alert_of_a_removed_series_resolves_while_its_source_works() {
    let (mut engine, mut fake) = firing(rule());
    let changes = seconds_without_a(&mut engine, &mut fake, 2..60, |second| Some(at(second)));
    assert_eq!(changes, [(4, "resolved a".to_owned())]);
    assert_eq!(engine.past().next().unwrap().message, "Use on a: no longer exists");
    // It fires again when it is back.
    assert_eq!(tick(&mut engine, &mut fake, 61, &[Some(82.0), Some(1.0)]), ["fired a"]);
}

#[test]
fn alert_keeps_firing_without_data_while_its_source_is_down() {
    let (mut engine, mut fake) = firing(rule());
    let changes = seconds_without_a(&mut engine, &mut fake, 2..600, |_| None);
    assert_eq!((changes, engine.active().len()), (vec![], 1));
    assert_eq!(
        engine.without_data().into_iter().collect::<Vec<_>>(),
        [(engine.active()[0].key.clone(), at(1))]
    );
    // Only uninterrupted seconds of a working source count.
    let flaky = |second: i64| (second % 3 != 0).then(|| at(second));
    assert_eq!(seconds_without_a(&mut engine, &mut fake, 600..700, flaky), []);
    assert_eq!(tick(&mut engine, &mut fake, 701, &[Some(82.0), Some(1.0)]), Vec::<String>::new());
    assert!(engine.without_data().is_empty());
}

#[test]
fn late_source_is_not_without_data() {
    let (mut engine, mut fake) = firing(rule());
    let counts = (2..6).map(|second| {
        seconds_without_a(&mut engine, &mut fake, second..second + 1, |_| None);
        engine.without_data().len()
    });
    assert_eq!(counts.collect::<Vec<_>>(), [0, 0, 1, 1]);
}

/// In each of these seconds, whether a is among the alerts without data.
fn without_data(
    engine: &mut Engine,
    fake: &mut Fake,
    seconds: std::ops::Range<i64>,
    source: impl Fn(i64) -> Option<Timestamp>,
) -> Vec<bool> {
    let second = |second: i64| {
        seconds_without_a(engine, fake, second..second + 1, &source);
        !engine.without_data().is_empty()
    };
    seconds.map(second).collect()
}

#[test]
fn alert_without_data_stays_so_until_it_resolves() {
    let (mut engine, mut fake) = firing(rule());
    // The source is down at first; when it works again, it no longer has the series.
    let found = without_data(&mut engine, &mut fake, 2..10, |second| (second > 4).then(|| at(second)));
    assert_eq!(found, [false, false, true, true, true, false, false, false]);
    assert_eq!((engine.active().len(), engine.past().count()), (0, 1));
}

#[test]
fn removed_series_resolves_before_it_counts_as_one_without_data() {
    let (mut engine, mut fake) = firing(rule());
    let late = without_data(&mut engine, &mut fake, 2..8, |second| (second > 3).then(|| at(second)));
    assert_eq!((late, engine.past().count()), (vec![false; 6], 1));
}

#[test]
fn alert_of_an_idle_source_is_without_data_after_three_seconds() {
    let (mut engine, mut fake) = firing(rule());
    let found = without_data(&mut engine, &mut fake, 2..7, |_| Some(at(1)));
    assert_eq!(found, [false, false, true, true, true]);
}

#[test]
fn series_removed_from_a_slow_source_resolves_with_its_next_measurement() {
    let (mut engine, mut fake) = firing(rule());
    // The values of second 1 are overdue from second 13 on, those of second 11 are the newest until second 16.
    engine.evaluate(at(12), &fake);
    let newest = |second: i64| Some(at(second - (second - 1) % 5));
    let found = without_data(&mut engine, &mut fake, 13..16, newest);
    assert_eq!((found, engine.active().len()), (vec![false; 3], 1));
    let found = without_data(&mut engine, &mut fake, 16..17, newest);
    assert_eq!((found, engine.past().count()), (vec![false], 1));
}

#[test]
fn source_without_other_values_counts_after_a_minute() {
    let (mut engine, mut fake) = firing(rule());
    let changes = seconds_without_a(&mut engine, &mut fake, 2..100, |_| Some(at(1)));
    assert_eq!(changes, [(61, "resolved a".to_owned())]);
}

#[test]
fn series_not_seen_since_the_start_counts_after_three_minutes() {
    let (first, _) = firing(rule());
    let mut second = engine(&[rule()]);
    second.restore(first.state());
    let mut fake = Fake::default();
    fake.meet("m", labels("b"));
    let mut resolved = Vec::new();
    for now in 2..300 {
        fake.source = Some(at(now));
        let names = tick(&mut second, &mut fake, now, &[Some(1.0)]);
        resolved.extend(names.into_iter().map(|name| (now, name)));
    }
    assert_eq!(resolved, [(181, "resolved a".to_owned())]);
}

#[test]
fn rule_on_missing_data_fires_for_a_removed_series() {
    let absence = Rule { warning: None, critical: None, no_data_seconds: Some(5), ..rule() };
    let (mut engine, mut fake) = (engine(&[absence]), two());
    tick(&mut engine, &mut fake, 1, &[Some(1.0), Some(1.0)]);
    let changes = seconds_without_a(&mut engine, &mut fake, 2..600, |second| Some(at(second)));
    assert_eq!(changes, [(6, "fired a".to_owned())]);
}

#[test]
fn pending_alert_of_a_removed_series_is_dropped() {
    let (mut engine, mut fake) = (engine(&[Rule { for_seconds: 100, ..rule() }]), two());
    tick(&mut engine, &mut fake, 1, &[Some(81.0), Some(1.0)]);
    assert_eq!(engine.pending().len(), 1);
    assert_eq!(seconds_without_a(&mut engine, &mut fake, 2..6, |second| Some(at(second))), []);
    assert_eq!(engine.pending().len(), 0);
}

#[test]
fn only_alerts_without_data_are_resolved_manually() {
    let (mut engine, mut fake) = firing(rule());
    let key = engine.active()[0].key.clone();
    assert_eq!(engine.dismiss(at(2), &key), Err(DismissError::HasData));
    seconds_without_a(&mut engine, &mut fake, 2..10, |_| None);
    assert!(matches!(engine.dismiss(at(10), &key), Ok(Change::Resolved(_))));
    assert_eq!(engine.dismiss(at(10), &key), Err(DismissError::NotFiring));
    assert_eq!(seconds_without_a(&mut engine, &mut fake, 10..20, |_| None), []);
}
