//! Checks of the laws of replicated maps, for the tests of each type of values.

use crate::{Replicated, ReplicatedMap, StoredValue};
use proptest::prelude::*;
use proptest::test_runner::{TestCaseError, TestCaseResult, TestRunner};
use std::cmp::Ordering;
use std::fmt::Debug;
use watchglass_model::Timestamp;

/// Maximum entries of a generated map.
const MAX_GENERATED: usize = 12;

/// Checks the order of values, and that maps of them satisfy the merge laws: merging is commutative, associative and
/// idempotent, a delta brings the other map to the same state, and no map exceeds its bound.
///
/// # Errors
/// The law that is violated, with the values.
pub fn check_laws<K, V>(
    keys: impl Strategy<Value = K> + 'static,
    values: impl Strategy<Value = V> + 'static,
    times: impl Strategy<Value = Timestamp>,
) -> Result<(), String>
where
    K: Clone + Debug + Ord + 'static,
    V: Debug + Replicated + 'static,
{
    let values = values.boxed();
    let entries = prop::collection::vec((keys, values.clone()), 0..=MAX_GENERATED).boxed();
    let triple = [(); 3].map(|()| values.clone());
    run(&triple, |[a, b, c]| check_order(&a, &b, &c))?;
    run(&([(); 3].map(|()| entries.clone()), times), |([a, b, c], now)| {
        let one_by_one = a.iter().chain(&b).fold(ReplicatedMap::default(), |mut map, (key, value)| {
            map.apply(key.clone(), value.clone());
            map
        });
        let [a, b, c] = [a, b, c].map(|entries| entries.into_iter().collect::<ReplicatedMap<K, V>>());
        prop_assert_eq!(&one_by_one, &merged(&a, &b), "entries are not merged one by one");
        check_merge(&a, &b, &c)?;
        check_merge_live(&a, &b, now)?;
        check_delta(&a, &b, now)
    })
}

/// Checks that stored values are read as they were written, up to their maximum length and not beyond.
///
/// # Errors
/// The value for which that is not so.
pub fn check_encoding<V: Debug + StoredValue>(values: impl Strategy<Value = V>) -> Result<(), String> {
    run(&values, |value| {
        let stored = value.encode();
        prop_assert_eq!(V::decode(stored.as_bytes()), Ok(value));
        prop_assert!(
            stored.len() <= V::MAX_BYTES,
            "{} bytes are too many to be read: {stored}",
            stored.len()
        );
        // Trailing white space is the only content that every text format allows.
        let padded = |bytes| {
            let mut padded = stored.clone().into_bytes();
            padded.resize(bytes, b' ');
            V::decode(&padded)
        };
        prop_assert!(padded(V::MAX_BYTES).is_ok(), "values with the maximum length are rejected");
        prop_assert!(padded(V::MAX_BYTES + 1).is_err(), "longer values are accepted");
        Ok(())
    })
}

fn run<S: Strategy>(strategy: &S, check: impl Fn(S::Value) -> TestCaseResult) -> Result<(), String> {
    // Failures cannot be saved beside the test, which is in another crate.
    let config = ProptestConfig { failure_persistence: None, ..ProptestConfig::default() };
    TestRunner::new(config).run(strategy, check).map_err(|error| error.to_string())
}

fn check_order<V: Debug + Replicated>(a: &V, b: &V, c: &V) -> TestCaseResult {
    prop_assert_eq!(a.precedence(b), b.precedence(a).reverse(), "{:?} and {:?}: not antisymmetric", a, b);
    prop_assert_eq!(a.precedence(b) == Ordering::Equal, a == b, "{:?} and {:?}: equal by one only", a, b);
    if a.precedence(b).is_le() && b.precedence(c).is_le() {
        prop_assert!(a.precedence(c).is_le(), "{a:?}, {b:?} and {c:?}: not transitive");
    }
    prop_assert!(!a.is_relevant_update(b) || a.supersedes(b), "{a:?} updates {b:?} and does not win");
    Ok(())
}

fn check_merge<K, V>(
    a: &ReplicatedMap<K, V>,
    b: &ReplicatedMap<K, V>,
    c: &ReplicatedMap<K, V>,
) -> TestCaseResult
where
    K: Clone + Debug + Ord,
    V: Debug + Replicated,
{
    let both = merged(a, b);
    prop_assert_eq!(&both, &merged(b, a), "not commutative");
    prop_assert_eq!(merged(&both, c), merged(a, &merged(b, c)), "not associative");
    prop_assert_eq!(&merged(a, a), a, "not idempotent");
    prop_assert!(both.len() <= V::MAX_ENTRIES, "{} entries, the maximum is {}", both.len(), V::MAX_ENTRIES);
    Ok(())
}

fn check_merge_live<K, V>(a: &ReplicatedMap<K, V>, b: &ReplicatedMap<K, V>, now: Timestamp) -> TestCaseResult
where
    K: Clone + Debug + Ord,
    V: Debug + Replicated,
{
    let [mut live, mut other, mut merged_live] = [a.clone(), b.clone(), a.clone()];
    live.remove_expired(now);
    other.remove_expired(now);
    merged_live.merge_live(b, now);
    prop_assert_eq!(merged_live.expired(now).count(), 0, "expired entries are not removed");
    prop_assert!(merged_live.len() <= V::MAX_ENTRIES, "{} entries", merged_live.len());
    // Expired values of the other map remove what they replace, and take no room.
    for (key, _) in b.iter().filter(|(_, value)| value.is_expired(now)) {
        if live.get(key).is_some_and(|known| b.get(key).is_some_and(|value| value.supersedes(known))) {
            live.forget(key);
        }
    }
    prop_assert_eq!(merged_live, merged(&live, &other), "merged with expired entries");
    Ok(())
}

fn check_delta<K, V>(a: &ReplicatedMap<K, V>, b: &ReplicatedMap<K, V>, now: Timestamp) -> TestCaseResult
where
    K: Clone + Debug + Ord,
    V: Debug + Replicated,
{
    let mut live = a.clone();
    live.remove_expired(now);
    prop_assert_eq!(live.expired(now).count(), 0, "expired entries are not removed");
    let delta = a.delta_for(b, now);
    prop_assert!(delta.len() <= V::MAX_ENTRIES, "the delta has {} entries", delta.len());
    for (key, value) in &delta {
        let is_needed = b.get(key).map_or(!value.is_expired(now), |known| value.supersedes(known));
        prop_assert!(is_needed, "the delta has {key:?} {value:?}, which is not needed");
    }
    let mut updated = b.clone();
    updated.extend(delta.into_iter().map(|(key, value)| (key.clone(), value.clone())));
    prop_assert!(a.delta_for(&updated, now).is_empty(), "the delta is not empty after it was applied");
    // Expired entries and irrelevant updates apart, the delta does what merging does.
    let is_whole = |(key, value): (&K, &V)| match b.get(key) {
        Some(known) => !value.supersedes(known) || value.is_relevant_update(known),
        None => !value.is_expired(now),
    };
    if a.iter().all(is_whole) {
        prop_assert_eq!(updated, merged(a, b), "the delta does not lead to the merged state");
    } else {
        check_updated(&updated, &live, b)?;
    }
    Ok(())
}

/// What holds although a delta leaves out irrelevant updates.
fn check_updated<K, V>(
    updated: &ReplicatedMap<K, V>,
    live: &ReplicatedMap<K, V>,
    before: &ReplicatedMap<K, V>,
) -> TestCaseResult
where
    K: Clone + Debug + Ord,
    V: Debug + Replicated,
{
    let is_full = updated.len() == V::MAX_ENTRIES;
    for (key, value) in live.iter().chain(before) {
        match updated.get(key) {
            Some(reached) => {
                prop_assert!(
                    !value.is_relevant_update(reached),
                    "{key:?}: {value:?} did not replace {reached:?}"
                )
            }
            None if is_full => {}
            None => return Err(TestCaseError::fail(format!("{key:?} is missing after the delta"))),
        }
    }
    Ok(())
}

fn merged<K: Clone + Ord, V: Replicated>(
    one: &ReplicatedMap<K, V>,
    two: &ReplicatedMap<K, V>,
) -> ReplicatedMap<K, V> {
    let mut both = one.clone();
    both.merge(two);
    both
}
