//! Notifications of flapping alerts.

use super::fixtures::{alert, critical, route, transcript, world};
use super::*;

fn ops() -> Vec<Route> {
    vec![route("ops", &["mail"])]
}

#[test]
fn flapping_sends_one_digest_at_start_and_one_at_end() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.flap("a", true);
    assert_eq!(transcript(&world.until(20)), ["10 Digest ops mail: a (1 firings)"]);
    for _ in 0..30 {
        world.resolve("a");
        world.until(world.now + 20);
        world.fire(&critical("a", &[]));
        assert_eq!(transcript(&world.until(world.now + 20)), [""; 0]);
    }
    world.resolve("a");
    world.until(world.now + 900);
    world.flap("a", false);
    let notifications = world.until(world.now + 20);
    assert_eq!(transcript(&notifications), ["2130 Digest ops mail: a (31 firings, ended)"]);
    assert!(notifications[0].1.is_resolved());
    assert_eq!(transcript(&world.until(world.now + 900)), [""; 0]);
}

#[test]
fn lost_end_of_flapping_is_notified_when_detected() {
    for (resolved, expected) in [(true, "21"), (false, "3620")] {
        let mut world = world(ops());
        world.fire(&alert("a", &[]));
        world.flap("a", true);
        assert_eq!(transcript(&world.until(10)), [""; 0]);
        world.until(11);
        if resolved {
            world.flap("a", false);
            world.changes.clear();
            world.resolve("a");
        } else {
            world.resolve("a");
            world.flap("a", false);
            world.changes.clear();
        }
        assert_eq!(
            transcript(&world.until(4000)),
            [format!("{expected} Digest ops mail: a (1 firings, ended)")]
        );
    }
}

#[test]
fn end_of_flapping_is_sent_before_next_start() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.flap("a", true);
    assert_eq!(transcript(&world.until(20)), ["10 Digest ops mail: a (1 firings)"]);
    world.flap("a", false);
    world.resolve("a");
    world.until(21);
    world.fire(&alert("a", &[]));
    world.flap("a", true);
    let expected = ["21 Digest ops mail: a (1 firings, ended)", "31 Digest ops mail: a (1 firings)"];
    assert_eq!(transcript(&world.until(60)), expected);
}
