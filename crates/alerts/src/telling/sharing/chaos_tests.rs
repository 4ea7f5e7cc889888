//! One tells and not both; whatever dies, at least one does.

use super::super::Reason;
use super::pair::Pair;
use proptest::prelude::*;
use std::collections::BTreeMap;

#[derive(Clone, Debug)]
enum Chaos {
    RedisDown,
    RedisUp,
    /// Up, with nothing in it.
    RedisAnew,
    Kill(usize),
    Start(usize),
}

fn chaos() -> impl Strategy<Value = Chaos> {
    prop_oneof![
        1 => Just(Chaos::RedisDown),
        2 => Just(Chaos::RedisUp),
        1 => Just(Chaos::RedisAnew),
        1 => (0..2_usize).prop_map(Chaos::Kill),
        2 => (0..2_usize).prop_map(Chaos::Start),
    ]
}

/// When an outage begins for each, how long it lasts, and by how much later or earlier the second sees its end.
type Outage = ((i64, i64), i64, i64);

fn outages() -> impl Strategy<Value = Vec<Outage>> {
    prop::collection::vec(((0..8_i64, 0..8_i64), 60..200_i64, -6..7_i64), 1..4)
}

/// Lets the outages happen one behind the other; gives when each began.
fn happen(pair: &mut Pair, outages: &[Outage], chaos: &BTreeMap<i64, Chaos>, order: u64) -> Vec<i64> {
    let mut begun = Vec::new();
    for ((one, two), lasts, lag) in outages {
        let begin = pair.now;
        begun.push(begin);
        while pair.now < begin + lasts + 100 {
            let second = pair.now - begin;
            for (which, from, to) in [(0, *one, *lasts), (1, *two, lasts + lag)] {
                match () {
                    () if second == from => pair.fire(which),
                    () if second == to => pair.resolve(which),
                    () => {}
                }
            }
            match chaos.get(&pair.now) {
                Some(Chaos::RedisDown) => pair.redis_is_up = false,
                Some(Chaos::RedisUp) => pair.redis_is_up = true,
                Some(Chaos::RedisAnew) => {
                    (pair.redis_is_up, pair.ledger) = (true, None);
                    pair.boards.clear();
                }
                // One lives at least.
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
    fn while_redis_is_there_each_outage_is_told_once(outages in outages(), order in any::<u64>()) {
        let mut pair = Pair::new();
        let begun = happen(&mut pair, &outages, &BTreeMap::new(), order);
        let expected = begun.len();
        for reason in [Reason::Fired, Reason::Resolved] {
            prop_assert_eq!(pair.count(0, reason), expected, "{:?}", pair.since(0));
        }
    }

    #[test]
    fn whatever_dies_each_outage_is_told_and_its_end(
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
                .told
                .iter()
                .filter(|(when, ..)| (*begin..end).contains(when))
                .map(|(.., notice)| notice.reason)
                .collect();
            prop_assert!(reasons.contains(&Reason::Fired), "{begin}: {:?}", pair.since(0));
            prop_assert_eq!(reasons.last(), Some(&Reason::Resolved), "{}: {:?}", begin, pair.since(0));
        }
        // Once all is well it is as if nothing had happened.
        pair.redis_is_up = true;
        (0..2).filter(|which| !pair.servers[*which].lives).collect::<Vec<_>>().into_iter().for_each(|which| pair.start(which));
        pair.until(pair.now + 200);
        let healed = pair.now;
        happen(&mut pair, &[((0, 1), 100, 3)], &BTreeMap::new(), order);
        prop_assert_eq!(pair.count(healed, Reason::Fired), 1, "{:?}", pair.since(0));
        prop_assert_eq!(pair.count(healed, Reason::Resolved), 1, "{:?}", pair.since(0));
    }
}
