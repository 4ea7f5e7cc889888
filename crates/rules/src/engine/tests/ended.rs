//! Series that end, and whose numbers are given to others.

use super::*;

#[test]
fn number_of_an_ended_series_may_belong_to_another() {
    let (mut engine, mut fake) = (engine(&[rule()]), two());
    assert_eq!(tick(&mut engine, &mut fake, 1, &[Some(81.0), Some(1.0)]), ["fired a"]);
    fake.end("m", &labels("a"));
    fake.meet("m", labels("c"));
    assert_eq!(tick(&mut engine, &mut fake, 2, &[Some(82.0), Some(1.0)]), ["fired c"]);
    assert_eq!(engine.active().len(), 2, "the alert of a stays: it has no data");
    // It comes back with another number.
    fake.meet("m", labels("a"));
    assert_eq!(tick(&mut engine, &mut fake, 3, &[Some(1.0), Some(1.0), Some(85.0)]), ["resolved c"]);
    assert_eq!(tick(&mut engine, &mut fake, 4, &[Some(1.0), Some(1.0), Some(1.0)]), ["resolved a"]);
    assert_eq!(engine.series_count(), 3);
}

#[test]
fn alert_that_resolves_when_its_series_is_gone_does_so_when_it_ends_at_once() {
    let (mut engine, mut fake) = (engine(&[Rule { resolve_when_gone: true, ..rule() }]), two());
    assert_eq!(tick(&mut engine, &mut fake, 1, &[Some(81.0), Some(1.0)]), ["fired a"]);
    fake.end("m", &labels("a"));
    assert_eq!(tick(&mut engine, &mut fake, 2, &[None, Some(1.0)]), ["resolved a"]);
}

#[test]
fn vacant_numbers_are_matched_when_they_are_used_again_after_a_rule_change() {
    let (mut engine, mut fake) = (engine(&[rule()]), two());
    fake.end("m", &labels("a"));
    tick(&mut engine, &mut fake, 1, &[None, Some(1.0)]);
    engine.set_rules(vec![rule()]).unwrap();
    tick(&mut engine, &mut fake, 2, &[None, Some(1.0)]);
    fake.meet("m", labels("c"));
    assert_eq!(tick(&mut engine, &mut fake, 3, &[Some(99.0), Some(1.0)]), ["fired c"]);
}

#[test]
fn memory_of_passing_series_is_returned_and_alerts_stay() {
    let mean = Rule { id: "mean".to_owned(), aggregation: Aggregation::Mean, window_seconds: 60, ..rule() };
    let (mut engine, mut fake) = (engine(&[rule(), mean]), two());
    assert_eq!(tick(&mut engine, &mut fake, 1, &[Some(81.0), Some(50.0)]), ["fired a"]);
    for second in 2..2200 {
        let name = second.to_string();
        fake.meet("m", labels(&name));
        let found = tick(&mut engine, &mut fake, second, &[Some(81.0), Some(50.0), Some(1.0)]);
        // The mean of a is above the threshold after half of its window.
        assert_eq!(found, if second == 31 { vec!["fired a"] } else { vec![] }, "{second}");
        fake.end("m", &labels(&name));
    }
    assert!(engine.series_count() < 1100, "{}", engine.series_count());
    assert!(engine.rule_states.iter().all(|rule_state| rule_state.condition.subjects() < 1100));
    assert!(engine.rule_states.iter().all(RuleState::active_set_is_consistent));
    assert_eq!(engine.active().len(), 2);
    let found = tick(&mut engine, &mut fake, 2201, &[Some(79.0), Some(50.0)]);
    assert_eq!(found, ["resolved a"], "its mean is still above");
}
