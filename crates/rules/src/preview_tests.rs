use super::*;
use crate::testing::{Fake, at, gauge, labels};
use crate::{Aggregation, Alert};
use proptest::prelude::*;

/// Rows of one second, like live ticks.
fn run(rule: &Rule, values: &[f64], range: TimeRange) -> Preview {
    let labels = labels("a");
    let count = vec![1; values.len()];
    let track = SeriesHistory {
        labels: &labels,
        low: values,
        high: values,
        mean: values,
        count: &count,
        increase: &[],
    };
    preview(rule, &gauge("m"), at(0), 1000, &[track], range).unwrap()
}

fn rule() -> Rule {
    Rule { warning: Some(80.0), for_seconds: 2, ..Rule::new("a", "Use", "m", "c") }
}

fn whole() -> TimeRange {
    TimeRange { start: at(0), end: at(1000) }
}

#[test]
fn preview_reports_start_end_and_duration() {
    let values = [1.0, 90.0, 90.0, 90.0, 90.0, 1.0, 1.0, 90.0, 90.0, 90.0];
    let found = run(&rule(), &values, TimeRange { start: at(0), end: at(11) });
    let firings: Vec<_> = found.firings.iter().map(|firing| (firing.start, firing.end)).collect();
    assert_eq!(firings, [(at(4), Some(at(6))), (at(10), None)]);
    assert_eq!((found.count, found.millis, found.notifications), (2, 3000, 3));
    assert_eq!(found.firings[0].message, "Use: 90 (limit 80)");
    let later = run(&rule(), &values, TimeRange { start: at(5), end: at(9) });
    assert_eq!((later.count, later.millis, later.notifications), (1, 1000, 1));
}

#[test]
fn incomplete_last_row_counts_until_end_of_range() {
    let rule = Rule { for_seconds: 0, ..rule() };
    let (labels, values) = (labels("a"), [1.0, 90.0]);
    let track = SeriesHistory {
        labels: &labels,
        low: &values,
        high: &values,
        mean: &values,
        count: &[60, 3],
        increase: &[],
    };
    let range = TimeRange { start: at(0), end: at(63) };
    let found = preview(&rule, &gauge("m"), at(0), 60_000, &[track], range).unwrap();
    let last = Timestamp::from_millis(at(63).millis() - 1);
    assert_eq!(found.firings.iter().map(|firing| firing.start).collect::<Vec<_>>(), [last]);
}

#[test]
fn series_is_expected_only_after_its_first_reading() {
    let rule = Rule { warning: None, no_data_seconds: Some(5), for_seconds: 0, ..rule() };
    let mut values = [f64::NAN; 30];
    values[20] = 1.0;
    let found = run(&rule, &values, whole());
    assert_eq!(found.firings.iter().map(|firing| firing.start).collect::<Vec<_>>(), [at(26)]);
}

#[test]
fn invalid_rules_are_rejected() {
    let rule = Rule { aggregation: Aggregation::Increase, window_seconds: 60, ..rule() };
    assert!(preview(&rule, &gauge("m"), at(0), 1000, &[], whole()).is_err());
    assert!(preview(&Rule { warning: None, ..rule }, &gauge("m"), at(0), 1000, &[], whole()).is_err());
}

proptest! {
    #[test]
    fn preview_of_seconds_equals_live_evaluation(
        values in prop::collection::vec(prop_oneof![Just(f64::NAN), 60.0..100.0_f64], 1..300), window in 0..20_u32,
        hold in 0..10_u32, absent in prop::option::of(5..10_u32),
    ) {
        let aggregation = if window == 0 { Aggregation::Last } else { Aggregation::Mean };
        let rule = Rule { aggregation, window_seconds: window, for_seconds: hold, no_data_seconds: absent, ..rule() };
        let mut fake = Fake::default();
        let mut engine = Engine::new(vec![rule.clone()], 1000).unwrap();
        for (second, value) in (1..).zip(&values) {
            if value.is_finite() {
                fake.meet("m", labels("a"));
            }
            fake.set(at(second), &[Some(*value).filter(|value| value.is_finite())]);
            engine.evaluate(at(second), &fake);
        }
        let mut expected: Vec<Alert> = engine.past().cloned().chain(engine.active()).collect();
        expected.sort_by_key(|alert| alert.fired);
        let expected: Vec<_> = expected.into_iter().map(|alert| (alert.fired.unwrap(), alert.resolved)).collect();
        let found = run(&rule, &values, whole()).firings;
        let found: Vec<_> = found.into_iter().map(|firing| (firing.start, firing.end)).collect();
        prop_assert_eq!(found, expected);
    }
}
