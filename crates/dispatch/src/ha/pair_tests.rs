//! Two servers that find the same alerts, and replicate silences and acknowledgements.

use super::super::Reason;
use super::super::fixtures::{alert, at, matcher, silence};
use super::pair::Pair;
use super::{HostIdentity, PeerSnapshot};
use watchglass_rules::Operator::Equal;

#[test]
fn one_server_notifies_what_both_find() {
    let mut pair = Pair::new();
    pair.until(5);
    (0..2).for_each(|which| pair.fire(which));
    pair.until(200);
    assert_eq!(pair.since(0), ["15 b Fired", "135 b Escalated"]);
    // It has resolved when no server finds it any more.
    pair.resolve(1);
    pair.until(260);
    pair.resolve(0);
    pair.until(400);
    assert_eq!(pair.since(200), ["270 a Resolved"]);
    assert_eq!(pair.notified.last().unwrap().2.channels, ["boss", "mail"]);
}

#[test]
fn acknowledgements_and_silences_apply_to_both() {
    let mut pair = Pair::new();
    (0..2).for_each(|which| pair.fire(which));
    pair.until(20);
    assert_eq!(pair.since(0), ["10 b Fired"]);
    let key = pair.key(0);
    pair.servers[0].world.dispatcher.acknowledge(&key, "Ann", "on it", at(20)).unwrap();
    pair.until(1000);
    assert_eq!(pair.since(20), Vec::<String>::new());
    for which in 0..2 {
        let said: Vec<_> = pair.servers[which].world.dispatcher.acknowledgements().collect();
        assert_eq!((&said[0].key, said[0].who.as_str(), said.len()), (&pair.key(which), "Ann", 1));
    }
    // Removed and set again in the same second.
    let other = pair.key(1);
    pair.servers[1].world.dispatcher.unacknowledge(&other, at(1000)).unwrap();
    pair.until(1002);
    assert!((0..2).all(|which| pair.servers[which].world.dispatcher.acknowledgements().next().is_none()));
    pair.servers[0].world.dispatcher.acknowledge(&key, "Ben", "", at(1000)).unwrap();
    pair.until(1050);
    for which in 0..2 {
        assert_eq!(pair.servers[which].world.dispatcher.acknowledgements().next().unwrap().who, "Ben");
    }
    (0..2).for_each(|which| pair.resolve(which));
    pair.until(1100);
    // The first to resolve it gave it to the other, which had not reported yet.
    assert_eq!(pair.since(1000), ["1060 a Resolved"]);

    let mut silence = silence("s", 1100, 5000);
    silence.matchers = vec![matcher("rule", Equal, "down")];
    pair.servers[0].world.dispatcher.put_silence(silence, at(1100)).unwrap();
    pair.until(1105);
    (0..2).for_each(|which| pair.fire(which));
    pair.until(1200);
    assert_eq!(pair.since(1100), Vec::<String>::new());
    assert!(pair.servers[1].world.dispatcher.expire_silence("s", at(1200)));
    pair.until(1300);
    assert_eq!(pair.count(1200, Reason::Fired), 1, "{:?}", pair.since(1200));
    let end = |pair: &Pair, which: usize| pair.servers[which].world.dispatcher.silences().next().unwrap().end;
    assert_eq!((end(&pair, 0), end(&pair, 1)), (Some(at(1200)), Some(at(1200))));
}

#[test]
fn server_without_channels_leaves_it_to_its_peer() {
    let mut pair = Pair::new();
    let place = HostIdentity { host: "b".to_owned(), machine: "b".to_owned() };
    pair.servers[1].world.dispatcher.join_cluster("b", place, false, at(0));
    pair.fire(1);
    pair.until(30);
    pair.fire(0);
    pair.until(60);
    assert_eq!(pair.since(0), ["40 a Fired"]);
    let key = pair.key(1);
    pair.servers[1].world.dispatcher.acknowledge(&key, "Ann", "on it", at(60)).unwrap();
    pair.until(300);
    (0..2).for_each(|which| pair.resolve(which));
    pair.until(400);
    assert_eq!(pair.since(60), ["310 a Resolved"]);
}

#[test]
fn silence_reminder_is_sent_once() {
    let mut pair = Pair::new();
    pair.servers[0].world.dispatcher.put_silence(silence("s", 0, 2000), at(0)).unwrap();
    pair.until(5);
    (0..2).for_each(|which| pair.fire(which));
    pair.until(1900);
    assert_eq!(pair.since(0), ["1101 b SilenceEnding"]);
    // Also if the server that should send it dies.
    pair.servers[0].world.dispatcher.put_silence(silence("t", 1900, 4000), at(1900)).unwrap();
    pair.until(3101);
    pair.kill(1);
    pair.until(3900);
    assert_eq!(pair.since(1900), ["3116 a SilenceEnding"]);
}

#[test]
fn peer_alert_can_be_acknowledged() {
    let mut pair = Pair::new();
    let own = alert("disk", &[("mountpoint", "/"), ("host", "b")]);
    pair.servers[1].world.now = 0;
    pair.servers[1].world.fire(&own);
    pair.until(20);
    assert_eq!(pair.since(0), ["10 b Fired"]);
    let seen = pair.servers[1].world.active.values().next().unwrap().clone();
    let dispatcher = &mut pair.servers[0].world.dispatcher;
    assert!(dispatcher.acknowledge_remote(&seen, ("", "on it"), at(20)).is_err());
    dispatcher.acknowledge_remote(&seen, ("Ann", "on it"), at(20)).unwrap();
    pair.until(1000);
    assert_eq!(pair.since(20), Vec::<String>::new());
    // Acknowledged while a sync is running.
    let proposal = pair.servers[0].world.dispatcher.prepare(&PeerSnapshot::default(), at(1000)).unwrap();
    pair.servers[0].world.dispatcher.unacknowledge_remote(&seen, at(1000)).unwrap();
    pair.servers[0].world.dispatcher.commit(&proposal.log, at(1000));
    pair.until(1200);
    assert_eq!(pair.since(1000), ["1120 b Escalated"]);
    pair.servers[0].world.dispatcher.acknowledge_remote(&seen, ("Ann", "on it again"), at(1200)).unwrap();
    pair.until(2000);
    assert_eq!(pair.since(1200), Vec::<String>::new());
    // It applies to that occurrence, not to the next.
    pair.servers[1].world.now = 2000;
    pair.servers[1].world.resolve("disk");
    pair.until(2020);
    pair.servers[1].world.now = 2020;
    pair.servers[1].world.fire(&own);
    pair.until(2200);
    assert_eq!(pair.since(2000), ["2010 b Resolved", "2030 b Fired", "2150 b Escalated"]);
}

#[test]
fn peer_takes_over_when_the_owner_dies() {
    let mut pair = Pair::new();
    (0..2).for_each(|which| pair.fire(which));
    pair.until(20);
    assert_eq!(pair.since(0), ["10 b Fired"]);
    pair.kill(1);
    pair.until(200);
    assert_eq!(pair.since(20), ["130 a Escalated"], "notifications of the dead server are not repeated");
    pair.resolve(0);
    pair.resolve(1);
    pair.until(300);
    assert_eq!(pair.since(200), ["210 a Resolved"]);
    pair.start(1);
    pair.until(500);
    assert_eq!(pair.since(300), Vec::<String>::new());
}

#[test]
fn without_redis_each_notifies_and_afterwards_one() {
    let mut pair = Pair::new();
    pair.until(5);
    pair.redis_is_up = false;
    (0..2).for_each(|which| pair.fire(which));
    pair.until(60);
    assert_eq!(pair.since(0), ["15 a Fired", "15 b Fired"]);
    let ids: Vec<&String> = pair.notified.iter().map(|(.., notification)| &notification.id).collect();
    assert_eq!(ids[0], ids[1], "duplicates are recognisable");
    let silence = silence("s", 10_000, 20_000);
    pair.servers[0].world.dispatcher.put_silence(silence, at(60)).unwrap();
    pair.kill(0);
    pair.start(0);
    pair.redis_is_up = true;
    pair.until(100);
    assert_eq!(pair.servers[1].world.dispatcher.silences().count(), 1);
    // Redis may have lost everything.
    pair.log = None;
    pair.until(200);
    assert_eq!(pair.count(60, Reason::Escalated), 1, "{:?}", pair.since(60));
    (0..2).for_each(|which| pair.resolve(which));
    pair.until(300);
    assert_eq!(pair.count(200, Reason::Resolved), 1, "{:?}", pair.since(200));
    assert_eq!(pair.count(200, Reason::Fired), 0);
}

#[test]
fn alert_with_unseen_end_is_notified_when_it_fires_again() {
    let mut pair = Pair::new();
    pair.fire(1);
    pair.until(20);
    pair.kill(1);
    pair.resolve(1);
    pair.until(1000);
    pair.fire(0);
    pair.until(1100);
    assert_eq!(pair.since(0), ["10 b Fired", "1010 a Fired"]);
}
