//! Chaos tests: one server notifies and not both; whatever fails, at least one does.

use super::super::Reason;
use super::pair::Pair;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Chaos {
    RedisDown,
    RedisUp,
    /// Restarted without its data.
    RedisEmptied,
    Kill(usize),
    Start(usize),
}

fn chaos() -> impl Strategy<Value = Chaos> {
    prop_oneof![
        1 => Just(Chaos::RedisDown),
        2 => Just(Chaos::RedisUp),
        1 => Just(Chaos::RedisEmptied),
        1 => (0..2_usize).prop_map(Chaos::Kill),
        2 => (0..2_usize).prop_map(Chaos::Start),
    ]
}

/// Start of an outage per server, its duration, and how much later or earlier the second sees its end.
type Outage = ((i64, i64), i64, i64);

fn outages() -> impl Strategy<Value = Vec<Outage>> {
    prop::collection::vec(((0..8_i64, 0..8_i64), 60..200_i64, -6..7_i64), 1..4)
}

/// Simulates the outages one after the other; returns their start times.
fn happen(pair: &mut Pair, outages: &[Outage], chaos: &BTreeMap<i64, Chaos>, order: u64) -> Vec<i64> {
    let mut begun = Vec::new();
    for ((one, two), duration, lag) in outages {
        let begin = pair.now;
        begun.push(begin);
        while pair.now < begin + duration + 100 {
            let second = pair.now - begin;
            for (which, from, to) in [(0, *one, *duration), (1, *two, duration + lag)] {
                match () {
                    () if second == from => pair.fire(which),
                    () if second == to => pair.resolve(which),
                    () => {}
                }
            }
            match chaos.get(&pair.now) {
                Some(Chaos::RedisDown) => pair.redis_is_up = false,
                Some(Chaos::RedisUp) => pair.redis_is_up = true,
                Some(Chaos::RedisEmptied) => {
                    (pair.redis_is_up, pair.log) = (true, None);
                    pair.peers.clear();
                }
                // At least one stays alive.
                Some(Chaos::Kill(which)) if pair.servers[1 - which].lives => pair.kill(*which),
                Some(Chaos::Start(which)) if !pair.servers[*which].lives => pair.start(*which),
                _ => {}
            }
            pair.second(usize::from(order >> (pair.now % 64) & 1 == 1));
        }
    }
    begun
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn each_outage_is_notified_once_while_redis_is_up(outages in outages(), order in any::<u64>()) {
        let mut pair = Pair::new();
        let begun = happen(&mut pair, &outages, &BTreeMap::new(), order);
        let expected = begun.len();
        for reason in [Reason::Fired, Reason::Resolved] {
            prop_assert_eq!(pair.count(0, reason), expected, "{:?}", pair.since(0));
        }
    }

    #[test]
    fn each_outage_and_its_end_are_notified_despite_failures(
        outages in outages(),
        order in any::<u64>(),
        skew in -100..100_i64,
        chaos in prop::collection::btree_map(0..1000_i64, chaos(), 0..12),
    ) {
        let mut pair = Pair::new();
        pair.now = 1000;
        pair.servers[1].skew = skew;
        (0..2).for_each(|which| pair.start(which));
        let chaos = chaos.into_iter().map(|(second, act)| (second + 1000, act)).collect();
        let begun = happen(&mut pair, &outages, &chaos, order);
        for (index, begin) in begun.iter().enumerate() {
            let end = begun.get(index + 1).copied().unwrap_or(pair.now);
            let reasons: Vec<Reason> = pair
                .notified
                .iter()
                .filter(|(when, ..)| (*begin..end).contains(when))
                .map(|(.., notification)| notification.reason)
                .collect();
            prop_assert!(reasons.contains(&Reason::Fired), "{begin}: {:?}", pair.since(0));
            prop_assert_eq!(reasons.last(), Some(&Reason::Resolved), "{}: {:?}", begin, pair.since(0));
        }
        // After recovery everything works as before.
        pair.redis_is_up = true;
        (0..2).filter(|which| !pair.servers[*which].lives).collect::<Vec<_>>().into_iter().for_each(|which| pair.start(which));
        pair.until(pair.now + 200);
        let healed = pair.now;
        happen(&mut pair, &[((0, 1), 100, 3)], &BTreeMap::new(), order);
        prop_assert_eq!(pair.count(healed, Reason::Fired), 1, "{:?}", pair.since(0));
        prop_assert_eq!(pair.count(healed, Reason::Resolved), 1, "{:?}", pair.since(0));
    }
}
