//! What is told of alerts that come and go.

use super::samples::{alert, critical, route, told, world};
use super::*;

fn ops() -> Vec<Route> {
    vec![route("ops", &["mail"])]
}

#[test]
fn flapping_is_one_digest_when_it_begins_and_one_when_it_ends() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.flap("a", true);
    assert_eq!(told(&world.until(20)), ["10 Digest ops mail: a (1 firings)"]);
    for _ in 0..30 {
        world.resolve("a");
        world.until(world.now + 20);
        world.fire(&critical("a", &[]));
        assert_eq!(told(&world.until(world.now + 20)), [""; 0]);
    }
    world.resolve("a");
    world.until(world.now + 900);
    world.flap("a", false);
    let notices = world.until(world.now + 20);
    assert_eq!(told(&notices), ["2130 Digest ops mail: a (31 firings, ended)"]);
    assert!(notices[0].1.is_end());
    assert_eq!(told(&world.until(world.now + 900)), [""; 0]);
}

#[test]
fn an_end_of_flapping_that_was_lost_is_told_when_it_is_noticed() {
    for (resolved, expected) in [(true, "21"), (false, "3620")] {
        let mut world = world(ops());
        world.fire(&alert("a", &[]));
        world.flap("a", true);
        assert_eq!(told(&world.until(10)), [""; 0]);
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
        assert_eq!(told(&world.until(4000)), [format!("{expected} Digest ops mail: a (1 firings, ended)")]);
    }
}

#[test]
fn the_end_of_one_time_comes_before_the_beginning_of_the_next() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.flap("a", true);
    assert_eq!(told(&world.until(20)), ["10 Digest ops mail: a (1 firings)"]);
    world.flap("a", false);
    world.resolve("a");
    world.until(21);
    world.fire(&alert("a", &[]));
    world.flap("a", true);
    let expected = ["21 Digest ops mail: a (1 firings, ended)", "31 Digest ops mail: a (1 firings)"];
    assert_eq!(told(&world.until(60)), expected);
}
