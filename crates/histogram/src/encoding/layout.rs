//! Counts of the samples of a sequence, and what is known of them before they are read.

use super::whole::{self, WholeCounts};
use crate::native::check_buckets;
use crate::{Buckets, DecodeError, Histogram, MAX_BUCKETS};

/// Which count, in the order of the layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    /// Count minus all buckets.
    Outside,
    Zero,
    Positive(i32),
    Negative(i32),
}

/// A count with its last two values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    last: i64,
    before: i64,
}

/// How a count is predicted from the last two values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Prediction {
    /// Grows as before: counters with a steady rate.
    Linear,
    /// Remains as it is: counters that grow rarely.
    Last,
    /// Zero: counters after a reset, gauges.
    Zero,
}

impl Prediction {
    pub(super) const ALL: [Self; 3] = [Self::Linear, Self::Last, Self::Zero];
}

/// All counts since the last complete sample, in ascending order of their keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Layout {
    entries: Vec<Entry>,
}

const DAMAGED_COUNT: DecodeError = DecodeError::Damaged("count out of range");
const DAMAGED_BUCKETS: DecodeError = DecodeError::Damaged("invalid buckets");

impl Layout {
    /// The layout after a complete sample; empty if its counts are not whole.
    pub(super) fn of(histogram: &Histogram) -> Self {
        let counts = WholeCounts::of(histogram);
        let entries = counts.iter().flat_map(WholeCounts::iter);
        Self { entries: entries.map(|(key, count)| Entry { key, last: count, before: count }).collect() }
    }

    /// Whether updates are impossible.
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(super) fn len(&self) -> usize {
        self.entries.len()
    }

    /// The keys of these counts that the layout does not have.
    pub(super) fn missing(&self, counts: &WholeCounts) -> Vec<Key> {
        let mut known = self.entries.iter().map(|entry| entry.key).peekable();
        let is_missing = |key: &Key| {
            while known.next_if(|one| one < key).is_some() {}
            known.peek() != Some(key)
        };
        counts.iter().map(|(key, _)| key).filter(is_missing).collect()
    }

    /// Whether so many new keys fit.
    pub(super) fn has_room(&self, added: usize) -> bool {
        self.len() + added <= MAX_BUCKETS + 2
    }

    /// Adds keys that were never populated.
    ///
    /// # Errors
    /// A key that exists already.
    pub(super) fn add(&mut self, keys: &[Key]) -> Result<(), DecodeError> {
        self.entries.extend(keys.iter().map(|key| Entry { key: *key, last: 0, before: 0 }));
        self.entries.sort_by_key(|entry| entry.key);
        let is_unique = self.entries.is_sorted_by(|one, next| one.key < next.key);
        is_unique.then_some(()).ok_or(DAMAGED_BUCKETS)
    }

    /// The counts as differences to the predicted ones. All keys must be known.
    pub(super) fn residuals(&self, counts: &WholeCounts, prediction: Prediction) -> Vec<i64> {
        let mut counts = counts.iter().peekable();
        let residual = |entry: &Entry| {
            let count = counts.next_if(|(key, _)| *key == entry.key).map_or(0, |(_, count)| count);
            count.wrapping_sub(entry.predicted(prediction))
        };
        self.entries.iter().map(residual).collect()
    }

    /// Makes the predicted counts plus the residuals the last ones.
    pub(super) fn advance(&mut self, residuals: &[i64], prediction: Prediction) {
        for (entry, residual) in self.entries.iter_mut().zip(residuals) {
            let count = entry.predicted(prediction).wrapping_add(*residual);
            (entry.before, entry.last) = (entry.last, count);
        }
    }

    /// Whether these are the last counts.
    pub(super) fn is_last(&self, counts: &WholeCounts) -> bool {
        let last = self.entries.iter().map(|entry| (entry.key, entry.last));
        // Count and zero bucket are in both, other counts of 0 only here.
        let has_count = |key: Key, count: i64| count != 0 || matches!(key, Key::Outside | Key::Zero);
        last.filter(|(key, count)| has_count(*key, *count)).eq(counts.iter())
    }

    /// Makes the last counts those of the sample before, too.
    pub(super) fn repeat(&mut self) {
        self.entries.iter_mut().for_each(|entry| entry.before = entry.last);
    }

    /// Writes the last counts to a histogram with the bounds of the sequence.
    ///
    /// # Errors
    /// Counts that are negative or too large, or buckets outside the bounds.
    pub(super) fn fill(&self, histogram: &mut Histogram) -> Result<(), DecodeError> {
        let (mut outside, mut total) = (0, 0_i64);
        let (mut positive, mut negative) = (Vec::with_capacity(self.len()), Vec::new());
        for Entry { key, last, .. } in &self.entries {
            if *key == Key::Outside {
                outside = *last;
                continue;
            }
            let count = whole::count(*last).ok_or(DAMAGED_COUNT)?;
            // Each is at most 2^53, so that the sum of all does not overflow.
            total += last;
            match key {
                Key::Positive(index) => positive.push((*index, count)),
                Key::Negative(index) => negative.push((*index, count)),
                Key::Outside | Key::Zero => histogram.zero_count = count,
            }
        }
        histogram.count = total.checked_add(outside).and_then(whole::count).ok_or(DAMAGED_COUNT)?;
        histogram.positive = Buckets::from_ascending(positive);
        histogram.negative = Buckets::from_ascending(negative);
        check_buckets(histogram).map_err(|_| DAMAGED_BUCKETS)
    }
}

impl Entry {
    /// Damaged residuals may lead to any value, so it wraps.
    fn predicted(&self, prediction: Prediction) -> i64 {
        match prediction {
            Prediction::Linear => self.last.wrapping_mul(2).wrapping_sub(self.before),
            Prediction::Last => self.last,
            Prediction::Zero => 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flavor, Schema};

    #[test]
    fn known_buckets_cannot_be_added_again() {
        let mut histogram = Histogram::exponential(Flavor::Counter, Schema::MAX, 0.0).unwrap();
        histogram.observe(1.0);
        let layout = Layout::of(&histogram);
        assert_eq!(layout.clone().add(&[Key::Positive(1), Key::Negative(0)]), Ok(()));
        for keys in [&[Key::Positive(0)][..], &[Key::Positive(1), Key::Positive(1)]] {
            assert_eq!(layout.clone().add(keys), Err(DAMAGED_BUCKETS), "{keys:?}");
        }
    }
}
