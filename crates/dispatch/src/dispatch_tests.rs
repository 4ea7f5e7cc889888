//! Notifications in typical situations, second by second.

use super::fixtures::{alert, at, critical, down, matcher, route, transcript, world};
use super::*;
use watchglass_rules::Operator::Equal;

fn ops() -> Vec<Route> {
    vec![route("ops", &["mail"])]
}

#[test]
fn outage_is_one_message_and_later_alerts_wait_unless_critical() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.until(5);
    world.fire(&critical("b", &[]));
    assert_eq!(transcript(&world.until(20)), ["10 Fired ops mail: b a"]);
    world.fire(&alert("c", &[]));
    assert_eq!(transcript(&world.until(309)), [""; 0]);
    assert_eq!(transcript(&world.until(320)), ["310 Fired ops mail: c"]);
    world.fire(&alert("d", &[]));
    world.until(330);
    world.fire(&critical("e", &[]));
    assert_eq!(transcript(&world.until(350)), ["340 Fired ops mail: e d"]);
    let mut other = alert("other", &[]);
    other.component = "disk".to_owned();
    world.fire(&other);
    assert_eq!(transcript(&world.until(400)), ["360 Fired ops mail: other"]);
}

#[test]
fn group_resolution_is_sent_soon_and_partial_after_interval() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.fire(&alert("b", &[]));
    world.until(20);
    world.resolve("a");
    assert_eq!(transcript(&world.until(320)), ["310 Resolved ops mail: a"]);
    world.resolve("b");
    assert_eq!(transcript(&world.until(340)), ["330 Resolved ops mail: b"]);
    // Resolved before it was notified: nothing is sent.
    world.fire(&alert("c", &[]));
    world.until(345);
    world.resolve("c");
    assert_eq!(transcript(&world.until(900)), [""; 0]);
}

#[test]
fn severity_increase_is_sent_and_adds_routes() {
    let mut pager = route("pager", &["mail", "sms"]);
    pager.matchers = vec![matcher("severity", Equal, "critical")];
    let mut world = world(vec![pager, route("ops", &["mail"])]);
    world.fire(&alert("a", &[]));
    assert_eq!(transcript(&world.until(20)), ["10 Fired ops mail: a"]);
    world.fire(&critical("a", &[]));
    // Mail gets a severity increase, not a second firing.
    assert_eq!(transcript(&world.until(60)), ["30 Fired pager sms: a", "30 Worsened ops mail: a"]);
    world.resolve("a");
    assert_eq!(transcript(&world.until(100)), ["70 Resolved ops mail: a", "70 Resolved pager sms: a"]);
}

#[test]
fn inhibited_alert_is_suppressed_until_settle_time_has_passed() {
    let mut world = world(ops());
    world.fire(&alert("slow", &[("instance", "db1")]));
    world.fire(&alert("locks", &[("instance", "db1")]));
    world.until(5);
    world.fire(&down("db-down", "database", &[("instance", "db1")], 5));
    let notifications = world.until(100);
    assert_eq!(transcript(&notifications), ["15 Fired ops mail: db-down"]);
    let depends: Vec<&str> = notifications[0].1.inhibited.iter().map(|one| one.alert.rule.as_str()).collect();
    assert_eq!(depends, ["locks", "slow"]);
    assert_eq!(
        world.dispatcher.inhibited_by(&alert("slow", &[("instance", "db1")]).key).unwrap().rule,
        "db-down"
    );
    world.resolve("db-down");
    assert_eq!(transcript(&world.until(120)), ["110 Resolved ops mail: db-down"]);
    world.resolve("slow");
    assert_eq!(transcript(&world.until(300)), ["160 Fired ops mail: locks"]);
}

#[test]
fn resolution_of_inhibited_alert_is_sent() {
    let mut world = world(ops());
    world.fire(&alert("slow", &[("instance", "db1")]));
    world.until(20);
    world.fire(&down("db-down", "database", &[("instance", "db1")], 20));
    world.fire(&critical("slow", &[("instance", "db1")]));
    assert_eq!(transcript(&world.until(60)), ["30 Fired ops mail: db-down"]);
    world.resolve("slow");
    let notifications = world.until(100);
    assert_eq!(transcript(&notifications), ["70 Resolved ops mail: slow"]);
    assert_eq!(notifications[0].1.inhibited[0].cause.rule, "db-down");
}

#[test]
fn unacknowledged_alert_is_repeated_and_escalated() {
    let mut repeating = route("ops", &["mail"]);
    (repeating.repeat_seconds, repeating.escalate_after_seconds) = (600, Some(900));
    repeating.escalate_to = vec!["sms".to_owned()];
    let mut world = world(vec![repeating]);
    world.fire(&alert("a", &[]));
    world.fire(&alert("b", &[]));
    let expected = [
        "10 Fired ops mail: a b",
        "610 Repeat ops mail: a b",
        "910 Escalated ops sms: a b",
        "1210 Repeat ops mail,sms: a b",
    ];
    let notifications = world.until(1300);
    assert_eq!(transcript(&notifications), expected);
    world.resolve("b");
    assert_eq!(transcript(&world.until(1400)), ["1310 Resolved ops mail,sms: b"]);
    world.dispatcher.acknowledge(&alert("a", &[]).key, "Ann", "on it", at(1400)).unwrap();
    assert_eq!(transcript(&world.until(5000)), [""; 0]);
    world.resolve("a");
    let end = world.until(5100);
    assert_eq!(transcript(&end), ["5010 Resolved ops mail,sms: a"]);
    assert_eq!(
        (end[0].1.acknowledged[0].who.as_str(), end[0].1.acknowledged[0].why.as_str()),
        ("Ann", "on it")
    );
    assert_eq!(world.dispatcher.acknowledgements().count(), 0);
}

#[test]
fn unacknowledging_restarts_repeats_and_escalation() {
    let mut repeating = route("ops", &["mail"]);
    (repeating.repeat_seconds, repeating.escalate_after_seconds) = (600, Some(900));
    repeating.escalate_to = vec!["sms".to_owned()];
    let mut world = world(vec![repeating]);
    let key = alert("a", &[]).key;
    let withdraw = |world: &mut fixtures::World| world.dispatcher.unacknowledge(&key, at(world.now));
    assert_eq!(withdraw(&mut world), Err(AcknowledgeError::NotFiring(key.clone())));
    world.fire(&alert("a", &[]));
    assert_eq!(transcript(&world.until(100)), ["10 Fired ops mail: a"]);
    assert_eq!(withdraw(&mut world), Err(AcknowledgeError::NotAcknowledged(key.clone())));
    world.dispatcher.acknowledge(&key, "Ann", "on it", at(100)).unwrap();
    assert_eq!(transcript(&world.until(2000)), [""; 0]);
    assert_eq!(withdraw(&mut world).unwrap().who, "Ann");
    assert_eq!(world.dispatcher.acknowledgements().count(), 0);
    let expected = ["2600 Repeat ops mail: a", "2900 Escalated ops sms: a", "3200 Repeat ops mail,sms: a"];
    assert_eq!(transcript(&world.until(3300)), expected);
    // The escalation is not sent twice.
    world.dispatcher.acknowledge(&key, "Bob", "", at(3300)).unwrap();
    withdraw(&mut world).unwrap();
    assert_eq!(transcript(&world.until(4300)), ["3900 Repeat ops mail,sms: a"]);
}

#[test]
fn no_channel_gets_a_duplicate() {
    let mut pager = route("pager", &["mail", "sms", "phone"]);
    pager.matchers = vec![matcher("severity", Equal, "critical")];
    (pager.escalate_after_seconds, pager.escalate_to) = (Some(60), vec!["sms".to_owned(), "boss".to_owned()]);
    let mut ops = route("ops", &["mail"]);
    (ops.escalate_after_seconds, ops.escalate_to) = (Some(60), vec!["sms".to_owned()]);
    let mut world = world(vec![pager, ops]);
    world.fire(&alert("a", &[]));
    assert_eq!(transcript(&world.until(80)), ["10 Fired ops mail: a", "70 Escalated ops sms: a"]);
    world.fire(&critical("a", &[]));
    let expected =
        ["90 Fired pager phone: a", "90 Worsened ops mail,sms: a", "150 Escalated pager boss,sms: a"];
    assert_eq!(transcript(&world.until(200)), expected);
    world.resolve("a");
    assert_eq!(
        transcript(&world.until(300)),
        ["210 Resolved ops mail,sms: a", "210 Resolved pager boss,phone: a"]
    );
}

#[test]
fn acknowledgement_survives_flapping_and_restarts_until_resolved() {
    let mut repeating = route("ops", &["mail"]);
    (repeating.repeat_seconds, repeating.escalate_after_seconds) = (600, Some(60));
    repeating.escalate_to = vec!["sms".to_owned()];
    let mut world = world(vec![repeating]);
    let key = alert("a", &[]).key;
    world.fire(&alert("a", &[]));
    world.until(20);
    world.dispatcher.acknowledge(&key, "Ann", "", at(20)).unwrap();
    world.flap("a", true);
    world.until(40);
    world.resolve("a");
    world.until(50);
    world.restart();
    assert_eq!(world.dispatcher.acknowledgements().map(|one| one.who.as_str()).collect::<Vec<_>>(), ["Ann"]);
    world.fire(&alert("a", &[]));
    world.until(330);
    world.flap("a", false);
    assert_eq!(transcript(&world.until(3000)), ["610 Digest ops mail: a (2 firings, ended)"]);
    world.resolve("a");
    assert_eq!(transcript(&world.until(3100)), ["3010 Resolved ops mail: a"]);
    world.fire(&alert("a", &[]));
    assert_eq!(transcript(&world.until(3400)), ["3110 Fired ops mail: a", "3170 Escalated ops sms: a"]);
    let error =
        world.dispatcher.acknowledge(&alert("b", &[]).key, "Ann", "", at(20)).unwrap_err().to_string();
    assert_eq!(error, "b is not firing; only a firing or flapping alert can be acknowledged");
    let error = world.dispatcher.acknowledge(&key, "", "", at(20)).unwrap_err().to_string();
    assert_eq!(error, "who: 0 characters; expected 1 to 100 characters on one line");
}

#[test]
fn lost_changes_are_detected_from_firing_alerts() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.changes.clear();
    assert_eq!(transcript(&world.until(20)), ["10 Fired ops mail: a"]);
    world.resolve("a");
    world.changes.clear();
    assert_eq!(transcript(&world.until(40)), ["30 Resolved ops mail: a"]);
    world.fire(&alert("a", &[]));
    assert_eq!(transcript(&world.until(400)), ["50 Fired ops mail: a"]);
    // Both the resolution and the next firing.
    world.resolve("a");
    world.fire(&alert("a", &[]));
    world.changes.clear();
    assert_eq!(transcript(&world.until(700)), ["400 Resolved ops mail: a", "410 Fired ops mail: a"]);
}

#[test]
fn clock_may_be_set_back() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.until(20);
    world.now = 50_000;
    world.fire(&alert("b", &[]));
    assert_eq!(transcript(&world.until(50_020)).last().unwrap(), "50010 Fired ops mail: b");
    world.now = 100;
    world.fire(&alert("c", &[]));
    assert_eq!(transcript(&world.until(500)), ["400 Fired ops mail: c"]);
}

#[test]
fn resolution_goes_to_original_route_after_route_change() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.until(20);
    world
        .dispatcher
        .set_settings(DispatchSettings {
            routes: Routes(vec![route("new", &["chat"])]),
            ..DispatchSettings::default()
        })
        .unwrap();
    world.resolve("a");
    world.fire(&alert("b", &[]));
    assert_eq!(transcript(&world.until(40)), ["30 Resolved ops mail: a", "30 Fired new chat: b"]);
    let invalid = DispatchSettings { group_wait_seconds: 999, ..DispatchSettings::default() };
    assert_eq!(world.dispatcher.set_settings(invalid).unwrap_err().field, "group_wait_seconds");
}

#[test]
fn route_without_channels_sends_nothing() {
    let mut mute = route("mute", &[]);
    (mute.escalate_after_seconds, mute.escalate_to) = (Some(60), vec!["sms".to_owned()]);
    let mut world = world(vec![mute]);
    world.fire(&alert("a", &[]));
    assert_eq!(transcript(&world.until(100)), ["70 Escalated mute sms: a"]);
    world.resolve("a");
    assert_eq!(transcript(&world.until(200)), ["110 Resolved mute sms: a"]);
}

#[test]
fn notification_repeated_after_crash_has_same_id() {
    let mut world = world(ops());
    world.fire(&alert("a", &[]));
    world.until(9);
    world.restart();
    let kept = world.dispatcher.state();
    let first = world.until(12);
    world.dispatcher =
        Dispatcher::restore(DispatchSettings { routes: Routes(ops()), ..DispatchSettings::default() }, kept)
            .unwrap();
    let again = world.until(15);
    assert_eq!(
        (transcript(&first), transcript(&again)),
        (vec!["10 Fired ops mail: a".to_owned()], vec!["12 Fired ops mail: a".to_owned()])
    );
    assert_eq!(first[0].1.id, again[0].1.id);
}

#[test]
fn resolution_precedes_next_firing_on_all_channels() {
    let mut pager = route("pager", &["sms"]);
    pager.matchers = vec![matcher("severity", Equal, "critical")];
    let mut ops = route("ops", &["mail"]);
    (ops.escalate_after_seconds, ops.escalate_to) = (Some(60), vec!["sms".to_owned()]);
    let mut world = world(vec![pager, ops]);
    world.fire(&alert("a", &[]));
    world.fire(&alert("b", &[]));
    assert_eq!(transcript(&world.until(80)), ["10 Fired ops mail: a b", "70 Escalated ops sms: a b"]);
    world.resolve("a");
    world.until(90);
    world.fire(&critical("a", &[]));
    assert_eq!(transcript(&world.until(200)), ["90 Resolved ops mail,sms: a", "100 Fired pager sms: a"]);
}
