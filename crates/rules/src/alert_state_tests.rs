use super::*;
use crate::condition::SourceActivity;
use proptest::prelude::*;

fn terms(change: impl FnOnce(&mut Rule)) -> Thresholds {
    let mut rule = Rule { warning: Some(80.0), critical: Some(90.0), ..Rule::new("a", "A", "m", "c") };
    change(&mut rule);
    rule.check().unwrap();
    Thresholds::new(&rule)
}

fn found(value: f64, absent: i64) -> Observation {
    Observation { value, absent, is_gone: absent > 0, source: SourceActivity::Unknown }
}

/// Feeds one value per second from second 1 on; NaN is absent. Returns the transitions with their second.
fn play(terms: &Thresholds, values: &[f64]) -> (AlertState, Vec<(i64, Event)>) {
    let (mut state, mut transitions, mut absent) = (AlertState::default(), Vec::new(), 0);
    for (second, value) in (1..).zip(values) {
        absent = if value.is_nan() { absent + 1000 } else { 0 };
        let (next, events) =
            state.step(terms, &found(*value, absent), Timestamp::from_millis(second * 1000), 1000);
        state = next;
        transitions.extend(events.into_iter().map(|event| (second, event)));
    }
    (state, transitions)
}

/// Name, thresholds, values, and expected transitions with their second.
type Case<'a> = (&'a str, &'a Thresholds, &'a [f64], &'a [(i64, Event)]);

const NO_DATA: f64 = f64::NAN;

#[test]
fn alert_fires_and_resolves_after_its_durations() {
    use Event::{Fired, Resolved, Worsened};
    let immediate = terms(|_| {});
    let delayed = terms(|rule| (rule.for_seconds, rule.keep_firing_seconds) = (2, 2));
    let with_recovery = terms(|rule| rule.recovery = Some(70.0));
    let below = terms(|rule| {
        (rule.comparison, rule.warning, rule.critical) = (Comparison::Below, Some(80.0), Some(60.0));
    });
    let absence = terms(|rule| {
        (rule.warning, rule.critical, rule.no_data_seconds) = (None, None, Some(5));
        rule.no_data_severity = Severity::Critical;
    });
    let both = terms(|rule| {
        (rule.no_data_seconds, rule.no_data_severity) = (Some(5), Severity::Critical);
    });
    let resolve_when_gone = terms(|rule| rule.resolve_when_gone = true);
    let cases: &[Case<'_>] = &[
        ("equal to the threshold", &immediate, &[80.0, 80.0], &[]),
        ("immediately", &immediate, &[81.0, 80.0], &[(1, Fired), (2, Resolved)]),
        ("severity increases", &immediate, &[81.0, 91.0, 85.0, 91.0], &[(1, Fired), (2, Worsened)]),
        ("too short", &delayed, &[81.0, 81.0, 79.0, 81.0, 81.0], &[]),
        ("long enough", &delayed, &[81.0, 95.0, 81.0], &[(3, Fired)]),
        (
            "each threshold has its own timer",
            &delayed,
            &[81.0, 91.0, 91.0, 91.0, 91.0],
            &[(3, Fired), (4, Worsened)],
        ),
        (
            "keeps firing",
            &delayed,
            &[81.0, 81.0, 81.0, 1.0, 1.0, 81.0, 1.0, 1.0, 1.0],
            &[(3, Fired), (9, Resolved)],
        ),
        ("recovery", &with_recovery, &[81.0, 75.0, 71.0, 70.0], &[(1, Fired), (4, Resolved)]),
        ("below", &below, &[80.0, 79.0, 59.0, 80.0], &[(2, Fired), (3, Worsened), (4, Resolved)]),
        (
            "missing data keeps the alert",
            &immediate,
            &[81.0, NO_DATA, NO_DATA, 79.0],
            &[(1, Fired), (4, Resolved)],
        ),
        ("gaps do not count", &delayed, &[81.0, 81.0, NO_DATA, NO_DATA, NO_DATA, 81.0], &[(6, Fired)]),
        (
            "gone",
            &absence,
            &[1.0, NO_DATA, NO_DATA, NO_DATA, NO_DATA, NO_DATA, NO_DATA, 1.0],
            &[(6, Fired), (8, Resolved)],
        ),
        ("gone too short", &absence, &[1.0, NO_DATA, NO_DATA, NO_DATA, NO_DATA, 1.0], &[]),
        (
            "resolves when gone",
            &resolve_when_gone,
            &[81.0, NO_DATA, NO_DATA, 81.0],
            &[(1, Fired), (2, Resolved), (4, Fired)],
        ),
        (
            "high, then gone",
            &both,
            &[81.0, NO_DATA, NO_DATA, NO_DATA, NO_DATA, NO_DATA, 1.0],
            &[(1, Fired), (6, Worsened), (7, Resolved)],
        ),
    ];
    for (name, terms, values, expected) in cases {
        assert_eq!(play(terms, values).1, *expected, "{name}");
    }
}

#[test]
fn pending_alert_is_dropped_after_a_long_gap() {
    let terms = terms(|rule| rule.for_seconds = 5);
    let mut values = vec![81.0; 5];
    values.resize(5 + 65, NO_DATA);
    assert_eq!(play(&terms, &values).0.phase, Some(Phase::Pending));
    values.push(NO_DATA);
    assert_eq!(play(&terms, &values).0.phase, None);
}

#[test]
fn repeated_firing_flaps_until_it_stops() {
    let terms = terms(|_| {});
    let mut values: Vec<f64> = [81.0, 1.0].repeat(5);
    values.resize(9 + 15 * 60, 1.0);
    let (state, transitions) = play(&terms, &values);
    let transitions: Vec<_> = transitions
        .into_iter()
        .filter(|(_, event)| matches!(event, Event::FlappingBegan | Event::FlappingEnded))
        .collect();
    assert_eq!(transitions, [(7, Event::FlappingBegan), (909, Event::FlappingEnded)]);
    assert!(!state.is_empty());
    values.resize(10 + 30 * 60, 1.0);
    assert!(play(&terms, &values).0.is_empty());
}

#[test]
fn pending_alert_keeps_times_of_last_firing() {
    let terms = terms(|rule| rule.for_seconds = 1);
    let (state, _) = play(&terms, &[81.0, 81.0, 1.0, 91.0]);
    let seconds = |time: Option<Timestamp>| time.map(|time| time.millis() / 1000);
    assert_eq!(
        (state.phase, state.pending.map(|(since, _)| since.millis())),
        (Some(Phase::Pending), Some(4000))
    );
    assert_eq!(
        (seconds(state.since), seconds(state.fired), seconds(state.resolved)),
        (Some(1), Some(2), Some(3))
    );
    assert_eq!(state.severity, Some(Severity::Warning));
    let (state, _) = play(&terms, &[81.0, 81.0, 1.0, 91.0, 1.0]);
    assert_eq!((state.phase, seconds(state.since)), (Some(Phase::Resolved), Some(1)));
}

#[test]
fn clock_step_back_keeps_times_ordered() {
    let terms = terms(|_| {});
    let at = Timestamp::from_millis;
    let (state, _) = AlertState::default().step(&terms, &found(81.0, 0), at(9000), 0);
    let (state, events) = state.step(&terms, &found(1.0, 0), at(1000), 0);
    assert_eq!(
        (events, state.fired, state.resolved),
        (vec![Event::Resolved], Some(at(9000)), Some(at(9000)))
    );
}

proptest! {
    #[test]
    fn every_firing_is_followed_by_a_resolution(
        ticks in prop::collection::vec((prop::option::weighted(0.8, 60.0..100.0_f64), 0..400_000_i64, -9_000..9_000_i64), 1..200),
        durations in (0..200_u32, 0..200_u32, prop::option::of(5..200_u32)),
        recovery in prop::option::of(60.0..80.0_f64), ends in any::<bool>(),
    ) {
        let terms = terms(|rule| {
            (rule.for_seconds, rule.keep_firing_seconds, rule.no_data_seconds) = durations;
            rule.recovery = recovery;
            rule.resolve_when_gone = ends && rule.no_data_seconds.is_none();
        });
        let (mut state, mut now, mut absent) = (AlertState::default(), 0, 0);
        let (mut firing, mut flapping) = (false, false);
        for (value, elapsed, step) in ticks {
            now += step;
            absent = if value.is_some() { 0 } else { absent + elapsed.max(1) };
            let (next, events) = state.step(&terms, &found(value.unwrap_or(NO_DATA), absent), Timestamp::from_millis(now), elapsed);
            for event in &events {
                match event {
                    Event::Fired => prop_assert!(!std::mem::replace(&mut firing, true)),
                    Event::Resolved => prop_assert!(std::mem::replace(&mut firing, false)),
                    Event::Worsened => prop_assert!(firing && next.severity > state.severity),
                    Event::FlappingBegan => prop_assert!(!std::mem::replace(&mut flapping, true)),
                    Event::FlappingEnded => prop_assert!(std::mem::replace(&mut flapping, false)),
                }
            }
            prop_assert_eq!((next.phase == Some(Phase::Firing), next.flapping), (firing, flapping));
            prop_assert!(!firing || (next.since <= next.fired && next.resolved.is_none()));
            let may_resolve = value.is_some() || terms.resolve_when_gone;
            prop_assert!(may_resolve || !events.contains(&Event::Resolved), "resolved without a value");
            state = next;
        }
    }

    #[test]
    fn alert_without_data_stays_so_until_there_is_data_or_it_resolves(
        ticks in prop::collection::vec((prop::bool::weighted(0.2), 0..4_u8), 1..100),
    ) {
        let terms = terms(|_| {});
        let (mut state, mut absent) = (AlertState::default().step(&terms, &found(81.0, 0), Timestamp::default(), 0).0, 0);
        for (has_data, source) in ticks {
            absent = if has_data { 0 } else { absent + 1000 };
            let value = if has_data { 81.0 } else { NO_DATA };
            let activity = [
                SourceActivity::Unknown,
                SourceActivity::Idle,
                SourceActivity::Pauses,
                SourceActivity::Measures,
            ];
            let seen = Observation { source: activity[usize::from(source)], ..found(value, absent) };
            let (next, events) = state.step(&terms, &seen, Timestamp::default(), 1000);
            let is_over = has_data || events.contains(&Event::Resolved);
            prop_assert!(is_over || next.no_data >= state.no_data, "data cannot have returned");
            prop_assert!(!is_over || !next.no_data);
            let may_wait = absent < 6000 || seen.source == SourceActivity::Pauses;
            prop_assert!(next.no_data || may_wait || next.phase != Some(Phase::Firing), "{next:?}");
            prop_assert!(!next.no_data || absent >= 3000);
            state = next;
        }
    }
}
