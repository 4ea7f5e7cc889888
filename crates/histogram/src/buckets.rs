//! Sparse buckets: indexes and counts.

use crate::schema::lower_index;

/// Populated buckets in ascending order of their indexes. Buckets with a count of zero are left out.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Buckets {
    indexes: Vec<i32>,
    counts: Vec<f64>,
}

/// Consecutive buckets, as in the formats of Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Index of the first bucket in the first span; number of buckets that are left out before it in later spans.
    pub offset: i32,
    /// Number of buckets.
    pub length: u32,
}

/// A count after arithmetic: those beyond the range of f64 are its end, so that differences are no NaN.
pub(crate) fn finite(count: f64) -> f64 {
    count.clamp(f64::MIN, f64::MAX)
}

impl Buckets {
    /// Number of populated buckets.
    pub fn len(&self) -> usize {
        self.indexes.len()
    }

    /// Whether no bucket is populated.
    pub fn is_empty(&self) -> bool {
        self.indexes.is_empty()
    }

    /// Indexes and counts in ascending order of the indexes.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (i32, f64)> + ExactSizeIterator + '_ {
        self.indexes.iter().copied().zip(self.counts.iter().copied())
    }

    /// Count of a bucket; 0 if it is not populated.
    pub fn get(&self, index: i32) -> f64 {
        let place = self.indexes.binary_search(&index).ok();
        place.and_then(|place| self.counts.get(place)).copied().unwrap_or_default()
    }

    /// Sum of all counts.
    pub fn total(&self) -> f64 {
        self.counts.iter().sum()
    }

    /// The populated buckets as spans without empty buckets; the counts are those of [`iter`](Self::iter).
    pub fn spans(&self) -> Vec<Span> {
        let mut spans: Vec<Span> = Vec::new();
        let mut next = 0;
        for &index in &self.indexes {
            match spans.last_mut() {
                Some(span) if index == next => span.length += 1,
                _ => spans.push(Span { offset: index - next, length: 1 }),
            }
            next = index + 1;
        }
        spans
    }

    /// From indexes that never descend; the counts of equal ones are added.
    pub(crate) fn from_ascending(buckets: impl IntoIterator<Item = (i32, f64)>) -> Self {
        let mut found = Self::default();
        for (index, count) in buckets {
            match (found.indexes.last(), found.counts.last_mut()) {
                (Some(last), Some(sum)) if *last == index => *sum = finite(*sum + count),
                // The sum of the bucket before is complete.
                (_, Some(0.0)) => {
                    found.indexes.pop();
                    found.counts.pop();
                    found.push(index, count);
                }
                _ => found.push(index, count),
            }
        }
        if found.counts.last() == Some(&0.0) {
            found.indexes.pop();
            found.counts.pop();
        }
        found
    }

    fn push(&mut self, index: i32, count: f64) {
        self.indexes.push(index);
        self.counts.push(count);
    }

    /// Adds to the count of one bucket.
    pub(crate) fn add_at(&mut self, index: i32, count: f64) {
        match self.indexes.binary_search(&index) {
            Ok(place) => {
                let Some(sum) = self.counts.get_mut(place) else { return };
                *sum = finite(*sum + count);
                if *sum == 0.0 {
                    self.indexes.remove(place);
                    self.counts.remove(place);
                }
            }
            Err(place) if count != 0.0 => {
                self.indexes.insert(place, index);
                self.counts.insert(place, count);
            }
            Err(_) => {}
        }
    }

    /// Combines the counts of buckets with equal indexes; missing ones are 0.
    pub(crate) fn combined(&self, other: &Self, combine: impl Fn(f64, f64) -> f64) -> Self {
        let (mut left, mut right) = (self.iter().peekable(), other.iter().peekable());
        Self::from_ascending(std::iter::from_fn(|| {
            let index = match (left.peek(), right.peek()) {
                (Some(left), Some(right)) => left.0.min(right.0),
                (Some(one), None) | (None, Some(one)) => one.0,
                (None, None) => return None,
            };
            let left = left.next_if(|one| one.0 == index).map_or(0.0, |one| one.1);
            let right = right.next_if(|one| one.0 == index).map_or(0.0, |one| one.1);
            Some((index, finite(combine(left, right))))
        }))
    }

    /// The buckets of a schema that is `steps` lower.
    pub(crate) fn lowered(&self, steps: u32) -> Self {
        Self::from_ascending(self.iter().map(|(index, count)| (lower_index(index, steps), count)))
    }

    /// Number of buckets after [`lowered`](Self::lowered) by `steps`.
    pub(crate) fn len_lowered(&self, steps: u32) -> usize {
        let mut last = None;
        self.indexes.iter().filter(|index| last.replace(lower_index(**index, steps)) != last).count()
    }

    /// Multiplies all counts.
    pub(crate) fn scaled(&self, factor: f64) -> Self {
        Self::from_ascending(self.iter().map(|(index, count)| (index, finite(count * factor))))
    }

    /// Removes the buckets up to an index, and returns the sum of their counts.
    pub(crate) fn remove_up_to(&mut self, last: i32) -> f64 {
        let end = self.indexes.partition_point(|index| *index <= last);
        self.indexes.drain(..end);
        finite(self.counts.drain(..end).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(all: &[(i32, f64)]) -> Buckets {
        Buckets::from_ascending(all.iter().copied())
    }

    #[test]
    fn equal_indexes_are_added_and_empty_buckets_are_left_out() {
        let found = buckets(&[(-2, 1.0), (-2, 2.0), (0, 0.0), (1, 4.0), (1, -4.0), (2, 5.0), (3, 0.0)]);
        assert_eq!(found.iter().collect::<Vec<_>>(), [(-2, 3.0), (2, 5.0)]);
        assert_eq!((found.get(-2), found.get(0), found.total()), (3.0, 0.0, 8.0));
    }

    /// The example of the specification of Prometheus.
    #[test]
    fn spans_are_those_of_the_specification() {
        let found = buckets(&[(-2, 3.0), (-1, 5.0), (2, 1.0), (4, 3.0), (5, 2.0)]);
        let expected = [(-2, 2), (2, 1), (1, 2)].map(|(offset, length)| Span { offset, length });
        assert_eq!(found.spans(), expected);
    }

    #[test]
    fn single_buckets_are_added_and_removed() {
        let mut found = Buckets::default();
        for (index, count) in [(3, 1.0), (-1, 2.0), (3, 1.0), (7, 0.0), (-1, -2.0)] {
            found.add_at(index, count);
        }
        assert_eq!(found, buckets(&[(3, 2.0)]));
    }

    #[test]
    fn lower_schemas_merge_neighbours() {
        let found = buckets(&[(-1, 1.0), (0, 2.0), (1, 4.0), (2, 8.0), (3, 16.0)]);
        assert_eq!(found.lowered(1), buckets(&[(0, 3.0), (1, 12.0), (2, 16.0)]));
        assert_eq!((0..3).map(|steps| found.len_lowered(steps)).collect::<Vec<_>>(), [5, 3, 2]);
    }

    #[test]
    fn buckets_up_to_an_index_are_removed() {
        let mut found = buckets(&[(-1, 1.0), (0, 2.0), (4, 4.0)]);
        assert_eq!((found.remove_up_to(-5), found.remove_up_to(3)), (0.0, 3.0));
        assert_eq!(found, buckets(&[(4, 4.0)]));
    }
}
