//! Series and groups of a block that is about to be written, from the existing block and the head.

use super::block_reader::Block;
use super::key;
use crate::StoredSeries;
use crate::head::Head;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// Layout of a block.
#[derive(Debug)]
pub(crate) struct BlockLayout {
    /// Series by key, in the order of the file.
    pub(crate) series: BTreeMap<Vec<u8>, Source>,
    /// Times of the groups. Some may have no sample.
    pub(crate) groups: Vec<Vec<i64>>,
}

/// Where the samples of a series are.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) series: Arc<StoredSeries>,
    /// Index in the chunks of the existing block.
    pub(crate) chunk: Option<usize>,
    /// Index in [`BlockLayout::groups`].
    pub(crate) group: usize,
}

/// A group of the new block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Origin {
    /// Group of the head.
    Head(u32),
    /// Group of the existing block, of which no series is in the head.
    Block(usize),
}

impl BlockLayout {
    /// The series of `old` and of the head. A series belongs to its group in the head; one that is only in `old` to that of
    /// the series which share its times there.
    pub(crate) fn plan(head: &Head, old: Option<&Block>, range: &Range<i64>) -> Self {
        let heads: HashMap<&Arc<StoredSeries>, u32> = head.grouped().collect();
        let chunks = old.map_or(&[][..], |old| &old.chunks);
        let mut continued: HashMap<usize, u32> = HashMap::new();
        for chunk in chunks {
            if let Some(&group) = heads.get(&chunk.series) {
                continued.entry(chunk.group).or_insert(group);
            }
        }
        let mut times: BTreeMap<Origin, BTreeSet<i64>> = BTreeMap::new();
        let mut merged: BTreeSet<(usize, Origin)> = BTreeSet::new();
        let mut found: BTreeMap<Vec<u8>, (Arc<StoredSeries>, Option<usize>, Origin)> = BTreeMap::new();
        for (place, chunk) in chunks.iter().enumerate() {
            let group = heads.get(&chunk.series).or_else(|| continued.get(&chunk.group));
            let origin = group.map_or(Origin::Block(chunk.group), |group| Origin::Head(*group));
            if merged.insert((chunk.group, origin)) {
                let stored = old.and_then(|old| old.groups.get(chunk.group)).into_iter().flatten();
                times.entry(origin).or_default().extend(stored);
            }
            found.insert(key::encode(&chunk.series), (Arc::clone(&chunk.series), Some(place), origin));
        }
        for (&series, &group) in &heads {
            let origin = Origin::Head(group);
            times.entry(origin).or_default();
            found.entry(key::encode(series)).or_insert_with(|| (Arc::clone(series), None, origin));
        }
        for (origin, times) in &mut times {
            if let Origin::Head(group) = origin {
                times.extend(head.group_times(*group, range));
            }
        }
        for (group, time) in head.late_times(range) {
            times.entry(Origin::Head(group)).or_default().insert(time);
        }
        Self::number(times, found)
    }

    /// Numbers the groups; those with the same times become one.
    fn number(
        times: BTreeMap<Origin, BTreeSet<i64>>,
        found: BTreeMap<Vec<u8>, (Arc<StoredSeries>, Option<usize>, Origin)>,
    ) -> Self {
        let (mut groups, mut by_times, mut numbers) = (Vec::new(), HashMap::new(), HashMap::new());
        for (origin, times) in times {
            let times: Vec<i64> = times.into_iter().collect();
            let number = *by_times.entry(times.clone()).or_insert(groups.len());
            if number == groups.len() {
                groups.push(times);
            }
            numbers.insert(origin, number);
        }
        let source = |(series, chunk, origin): (Arc<StoredSeries>, Option<usize>, Origin)| Source {
            series,
            chunk,
            group: numbers.get(&origin).copied().unwrap_or(groups.len()),
        };
        let series = found.into_iter().map(|(key, found)| (key, source(found))).collect();
        Self { series, groups }
    }
}
