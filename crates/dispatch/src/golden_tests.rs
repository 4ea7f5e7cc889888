//! Golden files of stored and sent formats; update with `UPDATE_GOLDEN=1 cargo test`.

use super::fixtures::{World, alert, at, down, route, silence, weekly};
use super::*;
use std::path::Path;
use watchglass_rules::Operator;

pub(super) fn check(name: &str, actual: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden").join(name);
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, actual).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap();
    assert!(expected == actual, "{name} differs from the golden file: {actual}");
}

fn settings() -> DispatchSettings {
    let mut ops = route("ops", &["mail", "chat"]);
    (ops.escalate_after_seconds, ops.escalate_to) = (Some(60), vec!["sms".to_owned()]);
    DispatchSettings { routes: Routes(vec![ops]), ..DispatchSettings::default() }
}

/// Alerts in every state: escalated and acknowledged; resolved but not notified; inhibited; flapping; silenced once
/// and weekly.
fn world() -> (World, Vec<Notification>) {
    let mut world = World::new(settings());
    let mut window = silence("window", 0, 0);
    window.name = "Sunday's backup".to_owned();
    window.matchers = vec![fixtures::matcher("component", Operator::Equal, "disk")];
    window.end = None;
    window.weekly = Some(weekly(&[Weekday::Sunday], "02:00", "04:30", "Europe/Berlin"));
    world.dispatcher.put_silence(window, at(0)).unwrap();
    let mut once = silence("once", 0, 1000);
    once.matchers = vec![fixtures::matcher("rule", Operator::Regex, "silenced.*")];
    world.dispatcher.put_silence(once, at(0)).unwrap();
    for rule in ["told", "flaps", "over", "silenced"] {
        world.fire(&alert(rule, &[("host", "h")]));
    }
    world.fire(&down("db-down", "database", &[("instance", "db1"), ("host", "h")], 0));
    world.fire(&alert("slow", &[("instance", "db1"), ("host", "h")]));
    world.flap("flaps", true);
    let mut notifications = world.until(80);
    world.dispatcher.acknowledge(&alert("told", &[("host", "h")]).key, "Ann", "on it", at(80)).unwrap();
    world.resolve("over");
    notifications.extend(world.until(110));
    (world, notifications.into_iter().map(|(_, notification)| notification).collect())
}

#[test]
fn state_matches_golden_file() {
    let state = world().0.dispatcher.state();
    let written = serde_json::to_string_pretty(&state).unwrap();
    check("desk.json", &(written.clone() + "\n"));
    assert_eq!(serde_json::from_str::<DispatcherState>(&written).unwrap(), state);
    assert_eq!(Dispatcher::restore(settings(), state.clone()).unwrap().state(), state);
}

#[test]
fn notifications_match_golden_file() {
    let notifications = world().1;
    let written = serde_json::to_string_pretty(&notifications).unwrap();
    check("notices.json", &(written.clone() + "\n"));
    assert_eq!(serde_json::from_str::<Vec<Notification>>(&written).unwrap(), notifications);
}

#[test]
fn invalid_states_are_explained() {
    let written = serde_json::to_string(&world().0.dispatcher.state()).unwrap();
    let other = written.replace("\"version\":1", "\"version\":2").replace("\"open\"", "\"cases\"");
    let error = serde_json::from_str::<DispatcherState>(&other).unwrap_err().to_string();
    assert!(error.starts_with("unsupported version 2 (supported: 1)"), "{error}");
    let nowhere = written.replace("Europe/Berlin", "Europe/Nowhere");
    let state: DispatcherState = serde_json::from_str(&nowhere).unwrap();
    let error = Dispatcher::restore(settings(), state.clone()).unwrap_err().to_string();
    assert!(
        error.starts_with("silence window: weekly.zone: unknown time zone \"Europe/Nowhere\""),
        "{error}"
    );
    let invalid = DispatchSettings { inhibit_settle_seconds: 9999, ..settings() };
    let error = Dispatcher::restore(invalid, state).unwrap_err().to_string();
    assert_eq!(error, "inhibit_settle_seconds: 9999 s; expected 0 to 3600 s");
}
