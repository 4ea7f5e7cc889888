//! Lists of firing and pending alerts.

use super::*;

#[test]
fn pending_alert_has_firing_time() {
    let (mut engine, mut fake) = (engine(&[Rule { for_seconds: 5, ..rule() }]), two());
    let fires = |engine: &Engine| engine.pending().into_iter().map(|one| one.fires_at).collect::<Vec<_>>();
    tick(&mut engine, &mut fake, 1, &[Some(81.0), Some(1.0)]);
    assert_eq!(fires(&engine), [Some(at(6))]);
    let pending = &engine.pending()[0].alert;
    assert_eq!((pending.phase, pending.since, pending.fired), (Phase::Pending, at(1), None));
    // Critical since later: fires by the threshold that was exceeded first.
    tick(&mut engine, &mut fake, 3, &[Some(95.0), Some(85.0)]);
    assert_eq!(fires(&engine), [Some(at(8)), Some(at(6))], "newest first");
    assert_eq!(engine.pending()[1].alert.severity, Severity::Critical);
    // Time without a value does not count, so the firing time is unknown.
    tick(&mut engine, &mut fake, 4, &[None, Some(1.0)]);
    assert_eq!(fires(&engine), [None]);
    tick(&mut engine, &mut fake, 5, &[Some(81.0), Some(1.0)]);
    assert_eq!(fires(&engine), [Some(at(7))]);
    assert!(tick(&mut engine, &mut fake, 6, &[Some(81.0), Some(1.0)]).is_empty());
    assert_eq!(tick(&mut engine, &mut fake, 7, &[Some(81.0), Some(1.0)]), ["fired a"]);
    assert_eq!((fires(&engine).len(), engine.active().len()), (0, 1));
}

#[test]
fn missing_series_fires_after_no_data_seconds() {
    let rule = Rule { no_data_seconds: Some(10), for_seconds: 60, ..rule() };
    let (mut engine, mut fake) = (engine(&[rule]), two());
    tick(&mut engine, &mut fake, 1, &[Some(1.0), Some(1.0)]);
    for second in 2..=9 {
        tick(&mut engine, &mut fake, second, &[None, Some(1.0)]);
    }
    let [pending] = &engine.pending()[..] else { panic!("{:?}", engine.pending()) };
    assert_eq!((pending.alert.subject.as_str(), pending.fires_at), ("a", Some(at(11))));
    tick(&mut engine, &mut fake, 10, &[None, Some(1.0)]);
    assert_eq!(tick(&mut engine, &mut fake, 11, &[None, Some(1.0)]), ["fired a"]);
}

#[derive(Clone, Debug)]
enum Act {
    Tick(Vec<Option<f64>>),
    Rules(u32),
    Restart,
    Dismiss,
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        8 => prop::collection::vec(prop::option::weighted(0.8, 70.0..95.0_f64), 2).prop_map(Act::Tick),
        1 => (0..4_u32).prop_map(Act::Rules),
        1 => Just(Act::Restart),
        1 => Just(Act::Dismiss),
    ]
}

proptest! {
    #[test]
    fn active_subjects_are_never_missed(acts in prop::collection::vec(act(), 1..80)) {
        let (mut engine, mut fake) = (engine(&[rule()]), two());
        for (second, act) in acts.into_iter().enumerate() {
            let now = at(second as i64);
            match act {
                Act::Tick(readings) => drop(tick(&mut engine, &mut fake, second as i64, &readings)),
                Act::Rules(seconds) => {
                    let absent = Rule { id: "absent".to_owned(), no_data_seconds: Some(5 + seconds), ..rule() };
                    engine.set_rules(vec![Rule { for_seconds: seconds, ..rule() }, absent]).unwrap();
                }
                Act::Restart => engine.restore(engine.state()),
                Act::Dismiss => {
                    let key = engine.active().first().map(|alert| alert.key.clone());
                    key.and_then(|key| engine.dismiss(now, &key).ok());
                }
            }
            prop_assert!(engine.rule_states.iter().all(RuleState::active_set_is_consistent));
        }
    }
}
