use super::*;
use std::path::Path;

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
fn what_was_to_be_told_when_the_program_stopped_is_told_after_the_start() {
    for rules in [vec![], vec![rule()]] {
        let (mut first, mut fake) = (engine(&[rule()]), two());
        assert_eq!(tick(&mut first, &mut fake, 1, &[Some(81.0)]), ["fired a"]);
        first.set_rules(Vec::new()).unwrap();
        // Also where the rule is there again.
        let mut second = engine(&rules);
        second.restore(EngineState::from_json(&first.state().to_json().unwrap()).unwrap());
        assert!(second.active().is_empty());
        assert_eq!(second.state().to_json().unwrap(), first.state().to_json().unwrap());
        assert_eq!(tick(&mut second, &mut two(), 2, &[Some(1.0)]), ["over a"]);
        assert_eq!(second.past().count(), 1);
    }
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
