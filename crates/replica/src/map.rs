//! Map of replicated values.

use crate::Replicated;
use serde::{Deserialize, Deserializer, Serialize};
use std::borrow::Borrow;
use std::collections::{BTreeMap, btree_map};
use watchglass_model::Timestamp;

/// Values by key. Of two values of a key the greater one wins, and of more than [`Replicated::MAX_ENTRIES`] entries those
/// with the greatest values are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct ReplicatedMap<K, V>(BTreeMap<K, V>);

impl<K, V> Default for ReplicatedMap<K, V> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<K: Clone + Ord, V: Replicated> ReplicatedMap<K, V> {
    /// Applies a value, unless a greater one is known.
    pub fn apply(&mut self, key: K, value: V) {
        self.insert(key, value);
        self.drop_excess();
    }

    /// Merges another map.
    pub fn merge(&mut self, other: &Self) {
        self.extend(other.iter().map(|(key, value)| (key.clone(), value.clone())));
    }

    /// Merges another map without what has expired: no live entry of a full map gives way to an expired one.
    pub fn merge_live(&mut self, other: &Self, now: Timestamp) {
        self.remove_expired(now);
        // At most twice the maximum for a moment.
        for (key, value) in other {
            self.insert(key.clone(), value.clone());
        }
        self.remove_expired(now);
        self.drop_excess();
    }

    /// Entries that `other` lacks or has with a value that is older in a relevant way, without expired new ones. Contains
    /// no entry that `other` would drop again because it is full.
    pub fn delta_for<'a>(&'a self, other: &Self, now: Timestamp) -> Vec<(&'a K, &'a V)> {
        let delta = self.newer_than(other, V::is_relevant_update, now);
        let added = delta.iter().filter(|(key, _)| !other.contains_key(*key)).count();
        if other.len() + added <= V::MAX_ENTRIES {
            return delta;
        }
        let kept = other.keep(delta);
        if kept.iter().all(|(key, _)| other.contains_key(*key)) {
            return kept;
        }
        // New entries replace those with the least values. With old values instead of irrelevant updates these could be
        // the wrong ones, which would come back in the next delta.
        other.keep(self.newer_than(other, V::supersedes, now))
    }

    fn newer_than<'a>(
        &'a self,
        other: &Self,
        is_update: impl Fn(&V, &V) -> bool,
        now: Timestamp,
    ) -> Vec<(&'a K, &'a V)> {
        let is_needed = |(key, value): &(&K, &V)| match other.get(*key) {
            Some(known) => is_update(value, known),
            None => !value.is_expired(now),
        };
        self.iter().filter(is_needed).collect()
    }

    /// The updates that are left after this map has applied all of them.
    fn keep<'a>(&self, mut updates: Vec<(&'a K, &'a V)>) -> Vec<(&'a K, &'a V)> {
        let mut updated = self.clone();
        updated.extend(updates.iter().map(|(key, value)| ((*key).clone(), (*value).clone())));
        updates.retain(|(key, value)| updated.get(*key) == Some(*value));
        updates
    }

    /// Keys of expired entries.
    pub fn expired(&self, now: Timestamp) -> impl Iterator<Item = &K> {
        self.iter().filter(move |(_, value)| value.is_expired(now)).map(|(key, _)| key)
    }

    /// Removes expired entries.
    pub fn remove_expired(&mut self, now: Timestamp) {
        self.0.retain(|_, value| !value.is_expired(now));
    }

    fn insert(&mut self, key: K, value: V) {
        match self.0.get_mut(&key) {
            Some(known) if value.supersedes(known) => *known = value,
            Some(_) => {}
            None => drop(self.0.insert(key, value)),
        }
    }

    /// Drops the entries with the least values above the maximum.
    fn drop_excess(&mut self) {
        let excess = self.0.len().saturating_sub(V::MAX_ENTRIES);
        if excess == 0 {
            return;
        }
        let mut entries: Vec<(&K, &V)> = self.0.iter().collect();
        entries.sort_unstable_by(|(key, value), (other_key, other)| {
            value.precedence(other).then_with(|| key.cmp(other_key))
        });
        let least: Vec<K> = entries.into_iter().take(excess).map(|(key, _)| key.clone()).collect();
        for key in least {
            self.0.remove(&key);
        }
    }
}

impl<K: Ord, V> ReplicatedMap<K, V> {
    /// Value of a key.
    pub fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    /// Whether the key has a value, which may be a tombstone.
    pub fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.0.contains_key(key)
    }

    /// Entries in the order of the keys.
    pub fn iter(&self) -> btree_map::Iter<'_, K, V> {
        self.0.iter()
    }

    /// Number of entries, including tombstones.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are no entries.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Drops an entry of this map alone: a peer that still has it brings it back.
    pub fn forget<Q: Ord + ?Sized>(&mut self, key: &Q)
    where
        K: Borrow<Q>,
    {
        self.0.remove(key);
    }
}

impl<K: Clone + Ord, V: Replicated> Extend<(K, V)> for ReplicatedMap<K, V> {
    fn extend<I: IntoIterator<Item = (K, V)>>(&mut self, entries: I) {
        for (key, value) in entries {
            self.insert(key, value);
            // Seldom, because it sorts; the result is the same as after each entry.
            if self.0.len() >= V::MAX_ENTRIES.saturating_mul(2) {
                self.drop_excess();
            }
        }
        self.drop_excess();
    }
}

impl<K: Clone + Ord, V: Replicated> FromIterator<(K, V)> for ReplicatedMap<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(entries: I) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

impl<'a, K, V> IntoIterator for &'a ReplicatedMap<K, V> {
    type Item = (&'a K, &'a V);
    type IntoIter = btree_map::Iter<'a, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl<'de, K, V> Deserialize<'de> for ReplicatedMap<K, V>
where
    K: Clone + Ord + Deserialize<'de>,
    V: Replicated + Deserialize<'de>,
{
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        BTreeMap::<K, V>::deserialize(deserializer).map(Self::from_iter)
    }
}
