//! Golden files: what is stored and sent stays as it was, until `UPDATE_GOLDEN=1 cargo test` says otherwise.

use super::samples::{World, alert, at, down, route, silence, weekly};
use super::*;
use crate::Operator;
use std::path::Path;

pub(super) fn check(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert!(expected == actual, "{name} differs from what is written: {actual}");
}

fn settings() -> TellingSettings {
    let mut ops = route("ops", &["mail", "chat"]);
    (ops.escalate_after_seconds, ops.escalate_to) = (Some(60), vec!["sms".to_owned()]);
    TellingSettings { routes: Routes(vec![ops]), ..TellingSettings::default() }
}

/// Told, escalated and acknowledged; over but not told; because of something; flapping; silenced for once and weekly.
fn world() -> (World, Vec<Notice>) {
    let mut world = World::new(settings());
    let mut window = silence("window", 0, 0);
    window.name = "Sunday's backup".to_owned();
    window.matchers = vec![samples::matcher("component", Operator::Equal, "disk")];
    window.end = None;
    window.weekly = Some(weekly(&[Weekday::Sunday], "02:00", "04:30", "Europe/Berlin"));
    world.desk.put_silence(window, at(0)).unwrap();
    let mut once = silence("once", 0, 1000);
    once.matchers = vec![samples::matcher("rule", Operator::Regex, "silenced.*")];
    world.desk.put_silence(once, at(0)).unwrap();
    for rule in ["told", "flaps", "over", "silenced"] {
        world.fire(&alert(rule, &[("host", "h")]));
    }
    world.fire(&down("db-down", "database", &[("instance", "db1"), ("host", "h")], 0));
    world.fire(&alert("slow", &[("instance", "db1"), ("host", "h")]));
    world.flap("flaps", true);
    let mut notices = world.until(80);
    world.desk.acknowledge(&alert("told", &[("host", "h")]).key, "Ann", "on it", at(80)).unwrap();
    world.resolve("over");
    notices.extend(world.until(110));
    (world, notices.into_iter().map(|(_, notice)| notice).collect())
}

#[test]
fn the_state() {
    let state = world().0.desk.state();
    let written = serde_json::to_string_pretty(&state).unwrap();
    check("desk.json", &(written.clone() + "\n"));
    assert_eq!(serde_json::from_str::<DeskState>(&written).unwrap(), state);
    assert_eq!(Desk::restore(settings(), state.clone()).unwrap().state(), state);
}

#[test]
fn the_notices() {
    let notices = world().1;
    let written = serde_json::to_string_pretty(&notices).unwrap();
    check("notices.json", &(written.clone() + "\n"));
    assert_eq!(serde_json::from_str::<Vec<Notice>>(&written).unwrap(), notices);
}

#[test]
fn states_that_cannot_be_restored_say_why() {
    let written = serde_json::to_string(&world().0.desk.state()).unwrap();
    let other = written.replace("\"version\":1", "\"version\":2").replace("\"open\"", "\"cases\"");
    let error = serde_json::from_str::<DeskState>(&other).unwrap_err().to_string();
    assert!(error.starts_with("version 2 is not known; 1 is right"), "{error}");
    let nowhere = written.replace("Europe/Berlin", "Europe/Nowhere");
    let state: DeskState = serde_json::from_str(&nowhere).unwrap();
    let error = Desk::restore(settings(), state.clone()).unwrap_err().to_string();
    assert!(error.starts_with("silence window: weekly.zone: \"Europe/Nowhere\" is no time zone"), "{error}");
    let wrong = TellingSettings { settle_seconds: 9999, ..settings() };
    let error = Desk::restore(wrong, state).unwrap_err().to_string();
    assert_eq!(error, "settle_seconds: it is 9999 seconds; 0 to 3600 seconds are right");
}
