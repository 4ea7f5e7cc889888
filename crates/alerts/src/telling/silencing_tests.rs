//! What silences hold back, and what is told when they end.

use super::samples::{alert, at, critical, matcher, route, silence, told, weekly, world};
use super::*;
use crate::Operator::Equal;

fn ops() -> Vec<Route> {
    vec![route("ops", &["mail"])]
}

#[test]
fn what_is_silenced_is_told_when_the_silence_ends_if_it_is_still_so() {
    let mut world = world(ops());
    world.desk.put_silence(silence("s", 0, 3600), at(0)).unwrap();
    world.fire(&alert("a", &[]));
    world.fire(&alert("b", &[]));
    world.until(100);
    assert_eq!(world.desk.silence_of(&alert("a", &[]), at(100)).unwrap().author, "Ann");
    world.resolve("b");
    let notices = world.until(4000);
    assert_eq!(told(&notices), ["2700 SilenceEnding ops mail: a", "3600 Fired ops mail: a"]);
    assert_eq!(notices[0].1.silence.as_ref().unwrap().reason, "moving to another rack");
    // What was told before is told to be over, and that it is worse waits.
    world.desk.put_silence(silence("t", 4000, 5000), at(4000)).unwrap();
    world.fire(&critical("a", &[]));
    world.fire(&alert("c", &[]));
    assert_eq!(told(&world.until(4500)), ["4100 SilenceEnding ops mail: a c"]);
    assert!(world.desk.end_silence("t", at(4500)));
    assert!(!world.desk.end_silence("t", at(4501)));
    assert_eq!(told(&world.until(4600)), ["4500 Fired ops mail: c", "4500 Worsened ops mail: a"]);
    world.desk.put_silence(silence("u", 4600, 9000), at(4600)).unwrap();
    world.resolve("a");
    world.resolve("c");
    assert_eq!(told(&world.until(4700)), ["4610 Resolved ops mail: a c"]);
}

#[test]
fn a_silence_that_hides_nothing_warns_when_it_was_set_for_once() {
    let mut quiet = route("desk", &["page"]);
    quiet.matchers = vec![matcher("component", Equal, "silence")];
    let mut world = world(vec![quiet]);
    world.desk.put_silence(silence("once", 0, 2000), at(0)).unwrap();
    world.desk.put_silence(silence("short", 0, 600), at(0)).unwrap();
    let mut window = silence("window", 0, 0);
    window.end = None;
    window.weekly = Some(weekly(&[Weekday::Thursday], "00:00", "00:30", "UTC"));
    world.desk.put_silence(window, at(0)).unwrap();
    let notices = world.until(2100);
    assert_eq!(told(&notices), ["1100 SilenceEnding desk page: "]);
    assert_eq!(notices[0].1.silence.as_ref().unwrap().id, "once");
    let mut longer = silence("once", 0, 5000);
    longer.start = at(0);
    world.desk.put_silence(longer, at(2100)).unwrap();
    assert_eq!(told(&world.until(5000)), ["4100 SilenceEnding desk page: "]);
}

#[test]
fn there_is_an_end_to_silences() {
    let mut world = world(ops());
    for n in 0..200 {
        world.desk.put_silence(silence(&format!("s{n}"), 0, 100 + n), at(0)).unwrap();
    }
    let error = world.desk.put_silence(silence("more", 0, 100), at(99)).unwrap_err();
    assert_eq!(error.wrong, "there are 200 silences already");
    world.desk.put_silence(silence("s7", 0, 999), at(99)).unwrap();
    world.desk.put_silence(silence("more", 0, 200), at(101)).unwrap();
    assert_eq!(world.desk.silences().count(), 199);
}

#[test]
fn those_who_were_to_be_told_are_told_after_the_silence() {
    let mut pager = route("pager", &["sms"]);
    pager.matchers = vec![matcher("severity", Equal, "critical")];
    let mut world = world(vec![pager, route("ops", &["mail"])]);
    world.fire(&alert("a", &[]));
    assert_eq!(told(&world.until(100)), ["10 Fired ops mail: a"]);
    world.fire(&critical("a", &[]));
    world.until(105);
    world.desk.put_silence(silence("s", 105, 500), at(105)).unwrap();
    assert_eq!(told(&world.until(600)), ["500 Fired pager sms: a", "500 Worsened ops mail: a"]);
}
