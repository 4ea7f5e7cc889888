//! Suppression by silences, and notifications when they end.

use super::fixtures::{World, alert, at, critical, down, matcher, route, silence, transcript, weekly, world};
use super::*;
use proptest::prelude::*;
use watchglass_rules::Operator::Equal;

fn ops() -> Vec<Route> {
    vec![route("ops", &["mail"])]
}

#[test]
fn silenced_alert_is_notified_when_silence_ends_if_still_firing() {
    let mut world = world(ops());
    world.dispatcher.put_silence(silence("s", 0, 3600), at(0)).unwrap();
    world.fire(&alert("a", &[]));
    world.fire(&alert("b", &[]));
    world.until(100);
    assert_eq!(world.dispatcher.silence_for(&alert("a", &[]), at(100)).unwrap().author, "Ann");
    world.resolve("b");
    let notifications = world.until(4000);
    assert_eq!(transcript(&notifications), ["2700 SilenceEnding ops mail: a", "3600 Fired ops mail: a"]);
    assert_eq!(notifications[0].1.silence.as_ref().unwrap().reason, "moving to another rack");
    // Alerts notified before send their resolution; the severity increase waits.
    world.dispatcher.put_silence(silence("t", 4000, 5000), at(4000)).unwrap();
    world.fire(&critical("a", &[]));
    world.fire(&alert("c", &[]));
    assert_eq!(transcript(&world.until(4500)), ["4100 SilenceEnding ops mail: a c"]);
    assert!(world.dispatcher.expire_silence("t", at(4500)));
    assert!(!world.dispatcher.expire_silence("t", at(4501)));
    assert_eq!(transcript(&world.until(4600)), ["4500 Fired ops mail: c", "4500 Worsened ops mail: a"]);
    world.dispatcher.put_silence(silence("u", 4600, 9000), at(4600)).unwrap();
    world.resolve("a");
    world.resolve("c");
    assert_eq!(transcript(&world.until(4700)), ["4610 Resolved ops mail: a c"]);
}

#[test]
fn suppressed_alert_is_announced_once_it_was_not_suppressed() {
    let mut world = world(ops());
    let (a, b) = (alert("a", &[]).key, alert("b", &[]).key);
    let known =
        |dispatcher: &Dispatcher, key| (dispatcher.is_suppressed(key), dispatcher.is_unannounced(key));
    world.fire(&alert("a", &[]));
    world.until(10);
    assert_eq!(known(&world.dispatcher, &a), (false, false));
    world.dispatcher.put_silence(silence("s", 10, 3600), at(10)).unwrap();
    world.fire(&alert("b", &[]));
    world.until(100);
    assert_eq!(known(&world.dispatcher, &a), (true, false), "it fired before the silence");
    assert_eq!(known(&world.dispatcher, &b), (true, true));
    world.until(3700);
    assert_eq!(known(&world.dispatcher, &b), (false, false));
    world.resolve("b");
    world.until(3800);
    assert_eq!(known(&world.dispatcher, &b), (false, false), "it is not active");
}

/// Runs to `end`; returns the second, rule and new state of each change of suppression.
fn suppression_changes(world: &mut World, seconds: std::ops::Range<i64>) -> Vec<(i64, String, bool)> {
    let mut found = Vec::new();
    for second in seconds {
        world.until(second + 1);
        let changes = world.dispatcher.suppression_changes();
        found.extend(changes.map(|(alert, is_suppressed)| (second, alert.key.rule.clone(), is_suppressed)));
    }
    found
}

#[test]
fn changes_of_suppression_are_reported_once() {
    let mut world = world(ops());
    let change = |second: i64, rule: &str, is_suppressed| (second, rule.to_owned(), is_suppressed);
    world.fire(&alert("slow", &[("instance", "db1")]));
    assert_eq!(suppression_changes(&mut world, 0..10), []);
    world.dispatcher.put_silence(silence("s", 10, 20), at(10)).unwrap();
    let (begins, ends) = (change(10, "slow", true), change(20, "slow", false));
    assert_eq!(suppression_changes(&mut world, 10..30), [begins, ends]);
    // Removed by a user.
    world.dispatcher.put_silence(silence("t", 30, 900), at(30)).unwrap();
    assert_eq!(suppression_changes(&mut world, 30..40), [change(30, "slow", true)]);
    assert!(world.dispatcher.expire_silence("t", at(40)));
    assert_eq!(suppression_changes(&mut world, 40..50), [change(40, "slow", false)]);
    // Inhibited, and some time to recover after that.
    world.fire(&down("db-down", "database", &[("instance", "db1")], 50));
    assert_eq!(suppression_changes(&mut world, 50..60), [change(50, "slow", true)]);
    world.resolve("db-down");
    let key = alert("slow", &[("instance", "db1")]).key;
    assert_eq!(suppression_changes(&mut world, 60..100), []);
    assert!(world.dispatcher.inhibited_by(&key).is_none() && world.dispatcher.is_settling(&key));
    assert_eq!(suppression_changes(&mut world, 100..200), [change(120, "slow", false)]);
    assert!(!world.dispatcher.is_settling(&key));
    // One that resolves while it is suppressed.
    world.dispatcher.put_silence(silence("u", 200, 210), at(200)).unwrap();
    world.until(205);
    world.resolve("slow");
    assert_eq!(suppression_changes(&mut world, 205..230), []);
}

#[test]
fn unmatched_silence_sends_reminder_only_if_not_recurring() {
    let mut quiet = route("support", &["page"]);
    quiet.matchers = vec![matcher("component", Equal, "silence")];
    let mut world = world(vec![quiet]);
    world.dispatcher.put_silence(silence("once", 0, 2000), at(0)).unwrap();
    world.dispatcher.put_silence(silence("short", 0, 600), at(0)).unwrap();
    let mut window = silence("window", 0, 0);
    window.end = None;
    window.weekly = Some(weekly(&[Weekday::Thursday], "00:00", "00:30", "UTC"));
    world.dispatcher.put_silence(window, at(0)).unwrap();
    let notifications = world.until(2100);
    assert_eq!(transcript(&notifications), ["1100 SilenceEnding support page: "]);
    assert_eq!(notifications[0].1.silence.as_ref().unwrap().id, "once");
    let mut longer = silence("once", 0, 5000);
    longer.start = at(0);
    world.dispatcher.put_silence(longer, at(2100)).unwrap();
    assert_eq!(transcript(&world.until(5000)), ["4100 SilenceEnding support page: "]);
}

#[test]
fn number_of_silences_is_limited() {
    let mut world = world(ops());
    for n in 0..200 {
        world.dispatcher.put_silence(silence(&format!("s{n}"), 0, 100 + n), at(0)).unwrap();
    }
    let error = world.dispatcher.put_silence(silence("more", 0, 100), at(99)).unwrap_err();
    assert_eq!(error.problem, "too many silences (maximum 200)");
    world.dispatcher.put_silence(silence("s7", 0, 999), at(99)).unwrap();
    world.dispatcher.put_silence(silence("more", 0, 200), at(101)).unwrap();
    assert_eq!(world.dispatcher.silences().count(), 199);
}

#[test]
fn waiting_routes_are_notified_after_the_silence() {
    let mut pager = route("pager", &["sms"]);
    pager.matchers = vec![matcher("severity", Equal, "critical")];
    let mut world = world(vec![pager, route("ops", &["mail"])]);
    world.fire(&alert("a", &[]));
    assert_eq!(transcript(&world.until(100)), ["10 Fired ops mail: a"]);
    world.fire(&critical("a", &[]));
    world.until(105);
    world.dispatcher.put_silence(silence("s", 105, 500), at(105)).unwrap();
    assert_eq!(transcript(&world.until(600)), ["500 Fired pager sms: a", "500 Worsened ops mail: a"]);
}

proptest! {
    /// An alert fires and resolves, and a silence begins and ends, at any times.
    #[test]
    fn resolution_is_notified_only_after_the_firing(
        fires in 1..60_i64,
        lasts in 1..120_i64,
        begins in 0..120_i64,
        holds in 1..120_i64,
    ) {
        let (resolves, ends) = (fires + lasts, begins + holds);
        let mut world = world(ops());
        let mut notifications = Vec::new();
        for second in 0..1000 {
            if second == begins {
                world.dispatcher.put_silence(silence("s", begins, ends), at(begins)).unwrap();
            }
            if second == fires {
                world.fire(&alert("a", &[]));
            }
            if second == resolves {
                world.resolve("a");
            }
            notifications.extend(world.until(second + 1));
        }
        let about_alert = notifications.iter().filter(|(_, one)| one.reason != Reason::SilenceEnding);
        let found: Vec<(i64, Reason)> = about_alert.map(|(second, one)| (*second, one.reason)).collect();
        // The first second in which it fires, is not silenced, and its group has waited.
        let is_due = |second: &i64| *second >= fires + 10 && !(begins..ends).contains(second);
        let expected = match (fires..resolves).find(is_due) {
            Some(fired) => vec![(fired, Reason::Fired), (resolves + 10, Reason::Resolved)],
            None => vec![],
        };
        prop_assert_eq!(found, expected);
    }
}
