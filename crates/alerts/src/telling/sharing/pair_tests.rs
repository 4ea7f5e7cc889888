//! What two servers do that find the same, and hear what is said to one of them.

use super::super::Reason;
use super::super::samples::{alert, at, matcher, silence};
use super::pair::Pair;
use super::{Place, Seen};
use crate::Operator::Equal;

#[test]
fn one_tells_what_both_find_and_all_that_follows() {
    let mut pair = Pair::new();
    pair.until(5);
    (0..2).for_each(|which| pair.fire(which));
    pair.until(200);
    assert_eq!(pair.since(0), ["15 b Fired", "135 b Escalated"]);
    // It is over for all when nobody finds it any more.
    pair.resolve(1);
    pair.until(260);
    pair.resolve(0);
    pair.until(400);
    assert_eq!(pair.since(200), ["270 a Resolved"]);
    assert_eq!(pair.told.last().unwrap().2.channels, ["boss", "mail"]);
}

#[test]
fn whoever_acknowledges_or_silences_does_so_for_both() {
    let mut pair = Pair::new();
    (0..2).for_each(|which| pair.fire(which));
    pair.until(20);
    assert_eq!(pair.since(0), ["10 b Fired"]);
    let key = pair.key(0);
    pair.servers[0].world.desk.acknowledge(&key, "Ann", "on it", at(20)).unwrap();
    pair.until(1000);
    assert_eq!(pair.since(20), Vec::<String>::new());
    for which in 0..2 {
        let said: Vec<_> = pair.servers[which].world.desk.acknowledgements().collect();
        assert_eq!((&said[0].key, said[0].who.as_str(), said.len()), (&pair.key(which), "Ann", 1));
    }
    // Taken back, and given again, in the same second.
    let other = pair.key(1);
    pair.servers[1].world.desk.withdraw(&other, at(1000)).unwrap();
    pair.until(1002);
    assert!((0..2).all(|which| pair.servers[which].world.desk.acknowledgements().next().is_none()));
    pair.servers[0].world.desk.acknowledge(&key, "Ben", "", at(1000)).unwrap();
    pair.until(1050);
    for which in 0..2 {
        assert_eq!(pair.servers[which].world.desk.acknowledgements().next().unwrap().who, "Ben");
    }
    (0..2).for_each(|which| pair.resolve(which));
    pair.until(1100);
    // The first to find it over gave it to the other, which had not said so yet.
    assert_eq!(pair.since(1000), ["1060 a Resolved"]);

    let mut quiet = silence("s", 1100, 5000);
    quiet.matchers = vec![matcher("rule", Equal, "down")];
    pair.servers[0].world.desk.put_silence(quiet, at(1100)).unwrap();
    pair.until(1105);
    (0..2).for_each(|which| pair.fire(which));
    pair.until(1200);
    assert_eq!(pair.since(1100), Vec::<String>::new());
    assert!(pair.servers[1].world.desk.end_silence("s", at(1200)));
    pair.until(1300);
    assert_eq!(pair.count(1200, Reason::Fired), 1, "{:?}", pair.since(1200));
    let end = |pair: &Pair, which: usize| pair.servers[which].world.desk.silences().next().unwrap().end;
    assert_eq!((end(&pair, 0), end(&pair, 1)), (Some(at(1200)), Some(at(1200))));
}

#[test]
fn who_has_no_channels_leaves_it_to_who_has() {
    let mut pair = Pair::new();
    let place = Place { host: "b".to_owned(), machine: "b".to_owned() };
    pair.servers[1].world.desk.share("b", place, false, at(0));
    pair.fire(1);
    pair.until(30);
    pair.fire(0);
    pair.until(60);
    assert_eq!(pair.since(0), ["40 a Fired"]);
    let key = pair.key(1);
    pair.servers[1].world.desk.acknowledge(&key, "Ann", "on it", at(60)).unwrap();
    pair.until(300);
    (0..2).for_each(|which| pair.resolve(which));
    pair.until(400);
    assert_eq!(pair.since(60), ["310 a Resolved"]);
}

#[test]
fn that_a_silence_ends_is_told_once() {
    let mut pair = Pair::new();
    pair.servers[0].world.desk.put_silence(silence("s", 0, 2000), at(0)).unwrap();
    pair.until(5);
    (0..2).for_each(|which| pair.fire(which));
    pair.until(1900);
    assert_eq!(pair.since(0), ["1101 b SilenceEnding"]);
    // Also when whoever was to tell it dies.
    pair.servers[0].world.desk.put_silence(silence("t", 1900, 4000), at(1900)).unwrap();
    pair.until(3101);
    pair.kill(1);
    pair.until(3900);
    assert_eq!(pair.since(1900), ["3116 a SilenceEnding"]);
}

#[test]
fn an_alert_of_the_other_is_acknowledged_there() {
    let mut pair = Pair::new();
    let own = alert("disk", &[("mountpoint", "/"), ("host", "b")]);
    pair.servers[1].world.now = 0;
    pair.servers[1].world.fire(&own);
    pair.until(20);
    assert_eq!(pair.since(0), ["10 b Fired"]);
    let seen = pair.servers[1].world.active.values().next().unwrap().clone();
    let desk = &mut pair.servers[0].world.desk;
    assert!(desk.acknowledge_elsewhere(&seen, ("", "on it"), at(20)).is_err());
    desk.acknowledge_elsewhere(&seen, ("Ann", "on it"), at(20)).unwrap();
    pair.until(1000);
    assert_eq!(pair.since(20), Vec::<String>::new());
    // It is said while a round is under way.
    let offer = pair.servers[0].world.desk.offer(&Seen::default(), at(1000)).unwrap();
    pair.servers[0].world.desk.withdraw_elsewhere(&seen, at(1000)).unwrap();
    pair.servers[0].world.desk.agree(&offer.ledger, at(1000));
    pair.until(1200);
    assert_eq!(pair.since(1000), ["1120 b Escalated"]);
    pair.servers[0].world.desk.acknowledge_elsewhere(&seen, ("Ann", "on it again"), at(1200)).unwrap();
    pair.until(2000);
    assert_eq!(pair.since(1200), Vec::<String>::new());
    // It is about that time of it, and not about the next.
    pair.servers[1].world.now = 2000;
    pair.servers[1].world.resolve("disk");
    pair.until(2020);
    pair.servers[1].world.now = 2020;
    pair.servers[1].world.fire(&own);
    pair.until(2200);
    assert_eq!(pair.since(2000), ["2010 b Resolved", "2030 b Fired", "2150 b Escalated"]);
}

#[test]
fn the_other_goes_on_when_the_teller_dies() {
    let mut pair = Pair::new();
    (0..2).for_each(|which| pair.fire(which));
    pair.until(20);
    assert_eq!(pair.since(0), ["10 b Fired"]);
    pair.kill(1);
    pair.until(200);
    assert_eq!(pair.since(20), ["130 a Escalated"], "what the dead one told needs not be told again");
    pair.resolve(0);
    pair.resolve(1);
    pair.until(300);
    assert_eq!(pair.since(200), ["210 a Resolved"]);
    pair.start(1);
    pair.until(500);
    assert_eq!(pair.since(300), Vec::<String>::new());
}

#[test]
fn without_redis_each_tells_and_afterwards_one() {
    let mut pair = Pair::new();
    pair.until(5);
    pair.redis_is_up = false;
    (0..2).for_each(|which| pair.fire(which));
    pair.until(60);
    assert_eq!(pair.since(0), ["15 a Fired", "15 b Fired"]);
    let ids: Vec<&String> = pair.told.iter().map(|(.., notice)| &notice.id).collect();
    assert_eq!(ids[0], ids[1], "who gets both can tell");
    let silence = silence("s", 10_000, 20_000);
    pair.servers[0].world.desk.put_silence(silence, at(60)).unwrap();
    pair.kill(0);
    pair.start(0);
    pair.redis_is_up = true;
    pair.until(100);
    assert_eq!(pair.servers[1].world.desk.silences().count(), 1);
    // It may have lost everything.
    pair.ledger = None;
    pair.until(200);
    assert_eq!(pair.count(60, Reason::Escalated), 1, "{:?}", pair.since(60));
    (0..2).for_each(|which| pair.resolve(which));
    pair.until(300);
    assert_eq!(pair.count(200, Reason::Resolved), 1, "{:?}", pair.since(200));
    assert_eq!(pair.count(200, Reason::Fired), 0);
}

#[test]
fn what_nobody_saw_the_end_of_is_told_when_it_is_back() {
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
