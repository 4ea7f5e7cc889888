//! What is told in the situations that people get into, second by second.

use super::samples::{alert, at, critical, down, matcher, route, told, world};
use super::*;
use crate::Operator::Equal;

fn ops() -> Vec<Route> {
    vec![route("ops", &["mail"])]
}

#[test]
fn one_outage_is_one_message_and_what_comes_later_waits_unless_it_is_critical() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.until(5);
    world.fire(&critical("b", &[]));
    assert_eq!(told(&world.until(20)), ["10 Fired ops mail: b a"]);
    world.fire(&alert("c", &[]));
    assert_eq!(told(&world.until(309)), [""; 0]);
    assert_eq!(told(&world.until(320)), ["310 Fired ops mail: c"]);
    world.fire(&alert("d", &[]));
    world.until(330);
    world.fire(&critical("e", &[]));
    assert_eq!(told(&world.until(350)), ["340 Fired ops mail: e d"]);
    let mut other = alert("other", &[]);
    other.component = "disk".to_owned();
    world.fire(&other);
    assert_eq!(told(&world.until(400)), ["360 Fired ops mail: other"]);
}

#[test]
fn the_end_of_all_is_told_soon_and_the_end_of_some_after_the_interval() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.fire(&alert("b", &[]));
    world.until(20);
    world.resolve("a");
    assert_eq!(told(&world.until(320)), ["310 Resolved ops mail: a"]);
    world.resolve("b");
    assert_eq!(told(&world.until(340)), ["330 Resolved ops mail: b"]);
    // What was over before it was told is told to nobody.
    world.fire(&alert("c", &[]));
    world.until(345);
    world.resolve("c");
    assert_eq!(told(&world.until(900)), [""; 0]);
}

#[test]
fn worse_is_told_and_to_those_whose_matter_it_has_become() {
    let mut pager = route("pager", &["mail", "sms"]);
    pager.matchers = vec![matcher("severity", Equal, "critical")];
    let mut world = world(vec![pager, route("ops", &["mail"])]);
    world.fire(&alert("a", &[]));
    assert_eq!(told(&world.until(20)), ["10 Fired ops mail: a"]);
    world.fire(&critical("a", &[]));
    // Mail hears of it as worse, and not a second time as new.
    assert_eq!(told(&world.until(60)), ["30 Fired pager sms: a", "30 Worsened ops mail: a"]);
    world.resolve("a");
    assert_eq!(told(&world.until(100)), ["70 Resolved ops mail: a", "70 Resolved pager sms: a"]);
}

#[test]
fn what_depends_on_something_that_is_down_is_quiet_until_it_has_had_time_to_recover() {
    let mut world = world(ops());
    world.fire(&alert("slow", &[("instance", "db1")]));
    world.fire(&alert("locks", &[("instance", "db1")]));
    world.until(5);
    world.fire(&down("db-down", "database", &[("instance", "db1")], 5));
    let notices = world.until(100);
    assert_eq!(told(&notices), ["15 Fired ops mail: db-down"]);
    let depends: Vec<&str> = notices[0].1.because_of.iter().map(|one| one.alert.rule.as_str()).collect();
    assert_eq!(depends, ["locks", "slow"]);
    assert_eq!(world.desk.because_of(&alert("slow", &[("instance", "db1")]).key).unwrap().rule, "db-down");
    world.resolve("db-down");
    assert_eq!(told(&world.until(120)), ["110 Resolved ops mail: db-down"]);
    world.resolve("slow");
    assert_eq!(told(&world.until(300)), ["160 Fired ops mail: locks"]);
}

#[test]
fn the_end_of_what_was_told_is_told_though_it_is_because_of_something() {
    let mut world = world(ops());
    world.fire(&alert("slow", &[("instance", "db1")]));
    world.until(20);
    world.fire(&down("db-down", "database", &[("instance", "db1")], 20));
    world.fire(&critical("slow", &[("instance", "db1")]));
    assert_eq!(told(&world.until(60)), ["30 Fired ops mail: db-down"]);
    world.resolve("slow");
    let notices = world.until(100);
    assert_eq!(told(&notices), ["70 Resolved ops mail: slow"]);
    assert_eq!(notices[0].1.because_of[0].cause.rule, "db-down");
}

#[test]
fn nobody_acknowledges_so_it_is_repeated_and_escalated() {
    let mut nagging = route("ops", &["mail"]);
    (nagging.repeat_seconds, nagging.escalate_after_seconds) = (600, Some(900));
    nagging.escalate_to = vec!["sms".to_owned()];
    let mut world = world(vec![nagging]);
    world.fire(&alert("a", &[]));
    world.fire(&alert("b", &[]));
    let expected = [
        "10 Fired ops mail: a b",
        "610 Repeat ops mail: a b",
        "910 Escalated ops sms: a b",
        "1210 Repeat ops mail,sms: a b",
    ];
    let notices = world.until(1300);
    assert_eq!(told(&notices), expected);
    world.resolve("b");
    assert_eq!(told(&world.until(1400)), ["1310 Resolved ops mail,sms: b"]);
    world.desk.acknowledge(&alert("a", &[]).key, "Ann", "on it", at(1400)).unwrap();
    assert_eq!(told(&world.until(5000)), [""; 0]);
    world.resolve("a");
    let end = world.until(5100);
    assert_eq!(told(&end), ["5010 Resolved ops mail,sms: a"]);
    assert_eq!(
        (end[0].1.acknowledged[0].who.as_str(), end[0].1.acknowledged[0].why.as_str()),
        ("Ann", "on it")
    );
    assert_eq!(world.desk.acknowledgements().count(), 0);
}

#[test]
fn an_acknowledgement_that_is_withdrawn_lets_repeats_and_escalation_begin_anew() {
    let mut nagging = route("ops", &["mail"]);
    (nagging.repeat_seconds, nagging.escalate_after_seconds) = (600, Some(900));
    nagging.escalate_to = vec!["sms".to_owned()];
    let mut world = world(vec![nagging]);
    let key = alert("a", &[]).key;
    let withdraw = |world: &mut samples::World| world.desk.withdraw(&key, at(world.now));
    assert_eq!(withdraw(&mut world), Err(AcknowledgeError::NotFiring(key.clone())));
    world.fire(&alert("a", &[]));
    assert_eq!(told(&world.until(100)), ["10 Fired ops mail: a"]);
    assert_eq!(withdraw(&mut world), Err(AcknowledgeError::NotAcknowledged(key.clone())));
    world.desk.acknowledge(&key, "Ann", "on it", at(100)).unwrap();
    assert_eq!(told(&world.until(2000)), [""; 0]);
    assert_eq!(withdraw(&mut world).unwrap().who, "Ann");
    assert_eq!(world.desk.acknowledgements().count(), 0);
    let expected = ["2600 Repeat ops mail: a", "2900 Escalated ops sms: a", "3200 Repeat ops mail,sms: a"];
    assert_eq!(told(&world.until(3300)), expected);
    // Who was told by the escalation before is not told so again.
    world.desk.acknowledge(&key, "Bob", "", at(3300)).unwrap();
    withdraw(&mut world).unwrap();
    assert_eq!(told(&world.until(4300)), ["3900 Repeat ops mail,sms: a"]);
}

#[test]
fn no_channel_hears_the_same_twice() {
    let mut pager = route("pager", &["mail", "sms", "phone"]);
    pager.matchers = vec![matcher("severity", Equal, "critical")];
    (pager.escalate_after_seconds, pager.escalate_to) = (Some(60), vec!["sms".to_owned(), "boss".to_owned()]);
    let mut ops = route("ops", &["mail"]);
    (ops.escalate_after_seconds, ops.escalate_to) = (Some(60), vec!["sms".to_owned()]);
    let mut world = world(vec![pager, ops]);
    world.fire(&alert("a", &[]));
    assert_eq!(told(&world.until(80)), ["10 Fired ops mail: a", "70 Escalated ops sms: a"]);
    world.fire(&critical("a", &[]));
    let expected =
        ["90 Fired pager phone: a", "90 Worsened ops mail,sms: a", "150 Escalated pager boss,sms: a"];
    assert_eq!(told(&world.until(200)), expected);
    world.resolve("a");
    assert_eq!(told(&world.until(300)), ["210 Resolved ops mail,sms: a", "210 Resolved pager boss,phone: a"]);
}

#[test]
fn an_acknowledgement_survives_flapping_and_restarts_and_ends_with_the_alert() {
    let mut nagging = route("ops", &["mail"]);
    (nagging.repeat_seconds, nagging.escalate_after_seconds) = (600, Some(60));
    nagging.escalate_to = vec!["sms".to_owned()];
    let mut world = world(vec![nagging]);
    let key = alert("a", &[]).key;
    world.fire(&alert("a", &[]));
    world.until(20);
    world.desk.acknowledge(&key, "Ann", "", at(20)).unwrap();
    world.flap("a", true);
    world.until(40);
    world.resolve("a");
    world.until(50);
    world.restart();
    assert_eq!(world.desk.acknowledgements().map(|one| one.who.as_str()).collect::<Vec<_>>(), ["Ann"]);
    world.fire(&alert("a", &[]));
    world.until(330);
    world.flap("a", false);
    assert_eq!(told(&world.until(3000)), ["610 Digest ops mail: a (2 firings, ended)"]);
    world.resolve("a");
    assert_eq!(told(&world.until(3100)), ["3010 Resolved ops mail: a"]);
    world.fire(&alert("a", &[]));
    assert_eq!(told(&world.until(3400)), ["3110 Fired ops mail: a", "3170 Escalated ops sms: a"]);
    let error = world.desk.acknowledge(&alert("b", &[]).key, "Ann", "", at(20)).unwrap_err().to_string();
    assert_eq!(error, "b does not fire; only an alert that fires or flaps can be acknowledged");
    let error = world.desk.acknowledge(&key, "", "", at(20)).unwrap_err().to_string();
    assert_eq!(error, "who: it has 0 characters; 1 to 100 characters on one line are right");
}

#[test]
fn changes_that_were_lost_are_found_in_what_fires() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.changes.clear();
    assert_eq!(told(&world.until(20)), ["10 Fired ops mail: a"]);
    world.resolve("a");
    world.changes.clear();
    assert_eq!(told(&world.until(40)), ["30 Resolved ops mail: a"]);
    world.fire(&alert("a", &[]));
    assert_eq!(told(&world.until(400)), ["50 Fired ops mail: a"]);
    // Both the end and the next beginning.
    world.resolve("a");
    world.fire(&alert("a", &[]));
    world.changes.clear();
    assert_eq!(told(&world.until(700)), ["400 Resolved ops mail: a", "410 Fired ops mail: a"]);
}

#[test]
fn the_clock_may_step_back() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.until(20);
    world.now = 50_000;
    world.fire(&alert("b", &[]));
    assert_eq!(told(&world.until(50_020)).last().unwrap(), "50010 Fired ops mail: b");
    world.now = 100;
    world.fire(&alert("c", &[]));
    assert_eq!(told(&world.until(500)), ["400 Fired ops mail: c"]);
}

#[test]
fn who_was_told_is_told_the_end_whatever_the_routes_are_then() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.until(20);
    world
        .desk
        .set_settings(TellingSettings {
            routes: Routes(vec![route("new", &["chat"])]),
            ..TellingSettings::default()
        })
        .unwrap();
    world.resolve("a");
    world.fire(&alert("b", &[]));
    assert_eq!(told(&world.until(40)), ["30 Resolved ops mail: a", "30 Fired new chat: b"]);
    let wrong = TellingSettings { group_wait_seconds: 999, ..TellingSettings::default() };
    assert_eq!(world.desk.set_settings(wrong).unwrap_err().field, "group_wait_seconds");
}

#[test]
fn routes_without_channels_tell_nobody() {
    let mut mute = route("mute", &[]);
    (mute.escalate_after_seconds, mute.escalate_to) = (Some(60), vec!["sms".to_owned()]);
    let mut world = world(vec![mute]);
    world.fire(&alert("a", &[]));
    assert_eq!(told(&world.until(100)), ["70 Escalated mute sms: a"]);
    world.resolve("a");
    assert_eq!(told(&world.until(200)), ["110 Resolved mute sms: a"]);
}

#[test]
fn what_is_told_again_after_a_crash_can_be_recognised() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.until(9);
    world.restart();
    let kept = world.desk.state();
    let first = world.until(12);
    world.desk =
        Desk::restore(TellingSettings { routes: Routes(ops()), ..TellingSettings::default() }, kept).unwrap();
    let again = world.until(15);
    assert_eq!(
        (told(&first), told(&again)),
        (vec!["10 Fired ops mail: a".to_owned()], vec!["12 Fired ops mail: a".to_owned()])
    );
    assert_eq!(first[0].1.id, again[0].1.id);
}

#[test]
fn what_fires_again_was_over_before_whoever_is_told() {
    let mut pager = route("pager", &["sms"]);
    pager.matchers = vec![matcher("severity", Equal, "critical")];
    let mut ops = route("ops", &["mail"]);
    (ops.escalate_after_seconds, ops.escalate_to) = (Some(60), vec!["sms".to_owned()]);
    let mut world = world(vec![pager, ops]);
    world.fire(&alert("a", &[]));
    world.fire(&alert("b", &[]));
    assert_eq!(told(&world.until(80)), ["10 Fired ops mail: a b", "70 Escalated ops sms: a b"]);
    world.resolve("a");
    world.until(90);
    world.fire(&critical("a", &[]));
    assert_eq!(told(&world.until(200)), ["90 Resolved ops mail,sms: a", "100 Fired pager sms: a"]);
}
