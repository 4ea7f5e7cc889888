//! Counts as integers.

use super::layout::Key;
use crate::Histogram;

/// Largest count that is an exact f64, as are all below.
const MAX_WHOLE: f64 = 9_007_199_254_740_992.0;

/// A whole number from 0 to 2^53.
pub(super) fn whole(count: f64) -> Option<i64> {
    // The cast is exact within the range.
    (count.fract() == 0.0 && (0.0..=MAX_WHOLE).contains(&count)).then_some(count as i64)
}

/// The inverse of [`whole`]; `None` outside its range.
pub(super) fn count(whole: i64) -> Option<f64> {
    let count = whole as f64;
    (0.0..=MAX_WHOLE).contains(&count).then_some(count)
}

/// Counts of a histogram, all of which are whole.
#[derive(Clone, Debug)]
pub(super) struct WholeCounts {
    /// Count minus all buckets.
    pub(super) outside: i64,
    pub(super) zero: i64,
    /// Populated buckets in ascending order of their keys.
    pub(super) buckets: Vec<(Key, i64)>,
}

impl WholeCounts {
    /// `None` if a count or the sum of the buckets is not whole, or above 2^53.
    pub(super) fn of(histogram: &Histogram) -> Option<Self> {
        let positive = histogram.positive.iter().map(|(index, count)| (Key::Positive(index), count));
        let negative = histogram.negative.iter().map(|(index, count)| (Key::Negative(index), count));
        let buckets = positive.chain(negative).map(|(key, count)| Some((key, whole(count)?)));
        let buckets: Vec<_> = buckets.collect::<Option<_>>()?;
        let zero = whole(histogram.zero_count)?;
        let total = buckets.iter().try_fold(zero, |sum, (_, count)| sum.checked_add(*count))?;
        let outside = whole(histogram.count)?.checked_sub(total)?;
        count(total).is_some().then_some(Self { outside, zero, buckets })
    }

    /// All counts in ascending order of their keys.
    pub(super) fn iter(&self) -> impl Iterator<Item = (Key, i64)> + '_ {
        [(Key::Outside, self.outside), (Key::Zero, self.zero)].into_iter().chain(self.buckets.iter().copied())
    }
}
