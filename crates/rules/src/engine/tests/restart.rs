use super::*;
use std::path::Path;

#[test]
fn restart_keeps_firing_alerts_and_expected_series() {
    let absence =
        Rule { id: "gone".to_owned(), warning: None, critical: None, no_data_seconds: Some(20), ..rule() };
    let (mut first, mut fake) = (engine(&[rule(), absence.clone()]), two());
    assert_eq!(tick(&mut first, &mut fake, 1, &[Some(81.0), Some(1.0)]), ["fired a"]);
    let state = EngineState::from_json(&first.state().to_json().unwrap()).unwrap();
    let (mut second, mut fake) = (engine(&[rule(), absence]), Fake::default());
    second.restore(state);
    assert_eq!(second.active(), first.active());
    // Only b is back, with another number.
    fake.meet("m", labels("b"));
    for time in 10..14 {
        assert!(tick(&mut second, &mut fake, time, &[Some(1.0)]).is_empty(), "{time}");
    }
    assert!(second.active()[0].message.contains("no data for"));
    fake.meet("m", labels("a"));
    assert_eq!(tick(&mut second, &mut fake, 14, &[Some(1.0), Some(1.0)]), ["resolved a"]);
}

#[test]
fn missing_series_alerts_until_dismissed() {
    let absence = Rule { warning: None, critical: None, no_data_seconds: Some(5), ..rule() };
    let (mut first, mut fake) = (engine(std::slice::from_ref(&absence)), two());
    tick(&mut first, &mut fake, 1, &[Some(1.0), Some(1.0)]);
    let mut second = engine(&[absence]);
    second.restore(first.state());
    let mut empty = Fake::default();
    let seconds: Vec<_> = (2..20).map(|second_now| tick(&mut second, &mut empty, second_now, &[])).collect();
    assert_eq!(seconds.concat(), ["fired a", "fired b"]);
    let key = second.active()[0].key.clone();
    let resolved = second.dismiss(at(20), &key).unwrap();
    assert!(
        resolved.alert().message.ends_with("; resolved manually")
            && resolved.alert().resolved == Some(at(20))
    );
    assert_eq!((second.dismiss(at(20), &key), second.active().len()), (Err(DismissError::NotFiring), 1));
    second.restore(second.state());
    let seconds: Vec<_> = (21..40).map(|second_now| tick(&mut second, &mut empty, second_now, &[])).collect();
    assert_eq!(seconds.concat(), Vec::<String>::new());
    // After giving data it is expected again.
    let mut fake = two();
    assert_eq!(tick(&mut second, &mut fake, 40, &[Some(1.0), Some(1.0)]), ["resolved b"]);
    let seconds: Vec<_> = (41..50).map(|second_now| tick(&mut second, &mut fake, second_now, &[])).collect();
    assert_eq!(seconds.concat(), ["fired a", "fired b"]);
}

#[test]
fn deregistered_series_resolves_but_unseen_after_restart_stays() {
    let up = Rule { resolve_when_gone: true, ..rule() };
    let (mut first, mut fake) = (engine(std::slice::from_ref(&up)), two());
    assert_eq!(tick(&mut first, &mut fake, 1, &[Some(81.0), Some(82.0)]), ["fired a", "fired b"]);
    let mut second = engine(&[up]);
    second.restore(first.state());
    let mut only_b = Fake::default();
    only_b.meet("m", labels("b"));
    // Known from the start, with a first value that comes late.
    assert!(tick(&mut second, &mut only_b, 2, &[None]).is_empty());
    assert!(tick(&mut second, &mut only_b, 3, &[Some(82.0)]).is_empty());
    assert_eq!(tick(&mut second, &mut only_b, 4, &[None]), ["resolved b"]);
    assert_eq!(second.past().next().unwrap().message, "Use on b: no longer reported");
    assert_eq!(second.active().len(), 1);
}

#[test]
fn alerts_that_fired_after_the_state_was_saved_are_resumed() {
    let gone = Rule { id: "gone".to_owned(), ..rule() };
    let (mut first, mut fake) = (engine(&[rule(), gone]), two());
    tick(&mut first, &mut fake, 1, &[Some(1.0), Some(81.0)]);
    let (state, fired_before) = (first.state(), first.active());
    tick(&mut first, &mut fake, 2, &[Some(95.0), Some(81.0)]);
    let known = first.active();
    // No state at all is too old for any alert.
    for (state, resumed) in [(state, 2), (engine(&[]).state(), 4)] {
        let mut second = engine(&[rule()]);
        second.restore(state);
        assert_eq!(second.resume(known.clone()), resumed);
        let expected = known.iter().filter(|alert| alert.key.rule == "use");
        let active = second.active();
        assert_eq!(
            active.iter().map(|alert| (&alert.key, alert.fired)).collect::<Vec<_>>(),
            expected.map(|alert| (&alert.key, alert.fired)).collect::<Vec<_>>()
        );
        assert_eq!(active[0].severity, Severity::Critical);
        // They do not fire again; those whose rule is gone resolve.
        let mut fake = two();
        assert_eq!(tick(&mut second, &mut fake, 3, &[Some(95.0), Some(81.0)]), ["resolved a", "resolved b"]);
        assert_eq!(tick(&mut second, &mut fake, 4, &[Some(1.0), Some(1.0)]), ["resolved a", "resolved b"]);
    }

    // An alert that the state could have has resolved.
    let mut second = engine(&[rule()]);
    tick(&mut first, &mut fake, 3, &[Some(1.0), Some(1.0)]);
    second.restore(first.state());
    assert_eq!(second.resume([known, fired_before].concat()), 0);
    assert_eq!(second.active(), []);
}

#[test]
fn due_resolutions_survive_a_restart() {
    for rules in [vec![], vec![rule()]] {
        let (mut first, mut fake) = (engine(&[rule()]), two());
        assert_eq!(tick(&mut first, &mut fake, 1, &[Some(81.0)]), ["fired a"]);
        first.set_rules(Vec::new()).unwrap();
        // Also if the rule exists again.
        let mut second = engine(&rules);
        second.restore(EngineState::from_json(&first.state().to_json().unwrap()).unwrap());
        assert!(second.active().is_empty());
        assert_eq!(second.state().to_json().unwrap(), first.state().to_json().unwrap());
        assert_eq!(tick(&mut second, &mut two(), 2, &[Some(1.0)]), ["resolved a"]);
        assert_eq!(second.past().count(), 1);
    }
}

#[test]
fn state_of_version_1_is_read() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/engine-v1.json");
    let state = EngineState::from_json(&std::fs::read_to_string(path).unwrap()).unwrap();
    let mut engine = engine(&[rule()]);
    engine.restore(state);
    assert_eq!((engine.active().len(), engine.past().count()), (1, 1));
    assert!(engine.state().to_json().unwrap().starts_with(r#"{"version":2"#));
}

#[test]
fn saved_state_matches_golden_file() {
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
    let newer = text.replacen(r#""version":2"#, r#""version":3"#, 1);
    assert!(matches!(EngineState::from_json(&newer), Err(StateError::Version(3))));
    assert!(matches!(EngineState::from_json(r#"{"version":1,"x":2}"#), Err(StateError::Json(_))));
    assert!(matches!(EngineState::from_json("no"), Err(StateError::Json(_))));
}
