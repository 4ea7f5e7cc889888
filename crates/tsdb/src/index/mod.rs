//! Label index: selects series by their labels.
//!
//! Label names, values and pairs are stored once. A series is the list of the numbers of its pairs, and each pair has
//! the sorted set of its series. What no series uses any more is freed.

mod automaton;
mod compiled;
mod label_table;
mod labels;
mod postings;
mod select;
mod slots;
mod sorted_values;

pub use compiled::SelectError;
pub use labels::LabelCardinality;

use crate::Selector;
use compiled::SelectorCache;
use hashbrown::HashTable;
use label_table::{LabelTable, METRIC};
use roaring::RoaringBitmap;
use slots::Slots;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use watchglass_model::Labels;

/// Label index over series with dense numbers from zero.
///
/// The number of a removed series is given to the next one.
#[derive(Clone, Default)]
pub struct Index {
    table: LabelTable,
    /// Pairs of each series: that of its metric, then its labels by name.
    series: Slots<Box<[u32]>>,
    /// Series by the hash of their pairs.
    by_pairs: HashTable<u32>,
    /// Keyed at random, because labels come from outside.
    hasher: RandomState,
    live: RoaringBitmap,
    selectors: Arc<SelectorCache>,
}

/// Set of series numbers, in ascending order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SeriesSet(RoaringBitmap);

impl SeriesSet {
    /// Number of series.
    pub fn len(&self) -> usize {
        self.0.len() as usize
    }

    /// Whether it has no series.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether it has the series of a number.
    pub fn contains(&self, number: u32) -> bool {
        self.0.contains(number)
    }

    /// The numbers, ascending.
    pub fn iter(&self) -> impl Iterator<Item = u32> {
        self.0.iter()
    }
}

impl Index {
    /// Adds a series and returns its number, the lowest free one; `None` if all 2³² numbers are used. An equal series
    /// that is already there stays and keeps its own number.
    ///
    /// `labels` are names and values in any order. Of a repeated name the last value counts; an empty value is as good
    /// as none.
    pub fn insert<'a>(
        &mut self,
        metric: &str,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Option<u32> {
        let metric = (!metric.is_empty()).then(|| self.table.add_pair(METRIC, metric));
        let labels = sorted(labels).into_iter().map(|(name, value)| {
            let name = self.table.add_name(name)?;
            self.table.add_pair(name, value)
        });
        let pairs: Box<[u32]> = metric.into_iter().chain(labels).collect::<Option<_>>()?;
        let hash = self.hasher.hash_one(&pairs);
        let number = self.series.insert(pairs)?;
        if let Some(pairs) = self.series.get(number) {
            pairs.iter().for_each(|pair| self.table.add_series(*pair, number));
        }
        let (series, hasher) = (&self.series, &self.hasher);
        let rehash = |number: &u32| series.get(*number).map_or(0, |pairs| hasher.hash_one(pairs));
        self.by_pairs.insert_unique(hash, number, rehash);
        self.live.insert(number);
        Some(number)
    }

    /// Removes the series of a number; whether there was one.
    pub fn remove(&mut self, number: u32) -> bool {
        let Some(pairs) = self.series.remove(number) else { return false };
        if let Ok(entry) = self.by_pairs.find_entry(self.hasher.hash_one(&pairs), |other| *other == number) {
            entry.remove();
        }
        if self.by_pairs.len() < self.by_pairs.capacity() / 4 {
            let (series, hasher) = (&self.series, &self.hasher);
            let rehash = |number: &u32| series.get(*number).map_or(0, |pairs| hasher.hash_one(pairs));
            self.by_pairs.shrink_to(self.by_pairs.len() * 2, rehash);
        }
        pairs.iter().for_each(|pair| self.table.remove_series(*pair, number));
        self.live.remove(number);
        true
    }

    /// The numbers of the series with exactly this metric and these labels, in no order. There are several if equal
    /// series were added.
    pub fn find<'a>(
        &self,
        metric: &str,
        labels: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> impl Iterator<Item = u32> {
        let metric = (!metric.is_empty()).then(|| self.table.find(METRIC, metric));
        let labels =
            sorted(labels).into_iter().map(|(name, value)| self.table.find(self.table.name(name)?, value));
        let pairs: Option<Box<[u32]>> = metric.into_iter().chain(labels).collect();
        pairs.into_iter().flat_map(move |pairs| {
            let numbers = self.by_pairs.iter_hash(self.hasher.hash_one(&pairs)).copied();
            numbers.filter(move |number| self.series.get(*number) == Some(&pairs))
        })
    }

    /// Metric name and labels of a series.
    pub fn series(&self, number: u32) -> Option<(&str, Labels)> {
        let pairs = self.series.get(number)?.iter().filter_map(|pair| self.table.pair(*pair));
        let (mut metric, mut labels) = ("", Vec::new());
        for pair in pairs {
            if pair.name == METRIC {
                metric = &pair.value;
            } else if let Some(name) = self.table.name_of(pair) {
                labels.push((name.text.as_ref(), pair.value.as_ref()));
            }
        }
        Some((metric, labels.into_iter().collect()))
    }

    /// Number of series.
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether it has no series.
    pub fn is_empty(&self) -> bool {
        self.series.len() == 0
    }

    /// Number of different label pairs, metric names included.
    pub fn pairs(&self) -> usize {
        self.table.pair_count()
    }

    /// The series that satisfy all matchers. A missing label counts as empty, and regular expressions are anchored, as
    /// in Prometheus. Compiled expressions are cached.
    ///
    /// # Errors
    /// More than 64 matchers, or a regular expression that is invalid or too large.
    pub fn select(&self, selector: &Selector) -> Result<SeriesSet, SelectError> {
        let compiled = self.selectors.compile(selector)?;
        Ok(SeriesSet(self.select_compiled(&compiled)))
    }
}

/// Labels with a value, sorted by name. Of a repeated name the last value counts.
fn sorted<'a>(labels: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<(&'a str, &'a str)> {
    let mut labels: Vec<_> = labels.into_iter().collect();
    if !labels.is_sorted_by(|(before, _), (after, _)| before < after) {
        labels.reverse();
        // Stable: of equal names, the last one is the first now.
        labels.sort_by_key(|(name, _)| *name);
        labels.dedup_by_key(|(name, _)| *name);
    }
    labels.retain(|(_, value)| !value.is_empty());
    labels
}

impl fmt::Debug for Index {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Index").field("series", &self.len()).field("pairs", &self.pairs()).finish()
    }
}

#[cfg(test)]
mod tests;
