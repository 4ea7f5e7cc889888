//! Histogram: one sample of a distribution.

use crate::{Buckets, InvalidHistogram, MAX_CUSTOM_BOUNDS, STALE_NAN, Schema};
use std::sync::Arc;

/// Whether counts are cumulative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Flavor {
    /// All observations since a start; counts only grow until a reset.
    Counter,
    /// The distribution at one time, or the increase within a time range.
    Gauge,
}

/// Bounds of the buckets.
#[derive(Clone, Debug, PartialEq)]
pub enum Bounds {
    /// Powers of one factor, mirrored for negative observations.
    Exponential {
        /// Resolution.
        schema: Schema,
        /// Observations from −`zero_threshold` to `zero_threshold` are in the zero bucket. Finite, at least 0.
        zero_threshold: f64,
    },
    /// Inclusive upper bounds, ascending, without +Inf, which is implied. The bucket with index i ends at bound i.
    Custom(Arc<[f64]>),
}

/// A bucket with its bounds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bucket {
    /// Lower bound; exclusive for positive values and custom bounds.
    pub lower: f64,
    /// Upper bound; inclusive for positive values and custom bounds.
    pub upper: f64,
    /// Number of observations.
    pub count: f64,
}

/// One sample of a distribution. The unit is that of the observations.
///
/// Equality compares NaN sums as equal, except that a stale marker equals only stale markers.
#[derive(Clone, Debug)]
pub struct Histogram {
    pub(crate) flavor: Flavor,
    pub(crate) bounds: Bounds,
    pub(crate) count: f64,
    pub(crate) sum: f64,
    pub(crate) zero_count: f64,
    /// All buckets, for custom bounds.
    pub(crate) positive: Buckets,
    pub(crate) negative: Buckets,
}

impl PartialEq for Histogram {
    fn eq(&self, other: &Self) -> bool {
        let is_nan = self.sum.is_nan() && other.sum.is_nan() && self.is_stale() == other.is_stale();
        (self.sum == other.sum || is_nan)
            && self.flavor == other.flavor
            && self.bounds == other.bounds
            && self.count == other.count
            && self.zero_count == other.zero_count
            && self.positive == other.positive
            && self.negative == other.negative
    }
}

impl Histogram {
    /// An empty histogram with exponential buckets.
    ///
    /// # Errors
    /// The zero threshold is negative, infinite or NaN.
    pub fn exponential(
        flavor: Flavor,
        schema: Schema,
        zero_threshold: f64,
    ) -> Result<Self, InvalidHistogram> {
        if !(0.0..=f64::MAX).contains(&zero_threshold) {
            return Err(InvalidHistogram::ZeroThreshold { found: zero_threshold });
        }
        Ok(Self::empty(flavor, Bounds::Exponential { schema, zero_threshold }))
    }

    /// An empty histogram with custom bounds. A last bound of +Inf is dropped, since it is implied.
    ///
    /// # Errors
    /// Bounds are not ascending, not finite, or more than [`MAX_CUSTOM_BOUNDS`].
    pub fn custom(flavor: Flavor, upper_bounds: &[f64]) -> Result<Self, InvalidHistogram> {
        let finite = upper_bounds.strip_suffix(&[f64::INFINITY]).unwrap_or(upper_bounds);
        let is_ascending = finite.is_sorted_by(|one, next| one < next);
        if !is_ascending || !finite.iter().all(|bound| bound.is_finite()) || finite.len() > MAX_CUSTOM_BOUNDS
        {
            return Err(InvalidHistogram::CustomBounds);
        }
        Ok(Self::empty(flavor, Bounds::Custom(finite.into())))
    }

    pub(crate) fn empty(flavor: Flavor, bounds: Bounds) -> Self {
        let (positive, negative) = (Buckets::default(), Buckets::default());
        Self { flavor, bounds, count: 0.0, sum: 0.0, zero_count: 0.0, positive, negative }
    }

    /// Stale marker: the series ended here.
    pub fn stale(flavor: Flavor) -> Self {
        let bounds = Bounds::Exponential { schema: Schema::MAX, zero_threshold: 0.0 };
        Self { sum: STALE_NAN, ..Self::empty(flavor, bounds) }
    }

    /// Whether this is a stale marker, whose counts have no meaning.
    pub fn is_stale(&self) -> bool {
        self.sum.to_bits() == STALE_NAN.to_bits()
    }

    /// Whether counts are cumulative.
    pub fn flavor(&self) -> Flavor {
        self.flavor
    }

    /// Changes the flavor.
    pub fn set_flavor(&mut self, flavor: Flavor) {
        self.flavor = flavor;
    }

    /// Bounds of the buckets.
    pub fn bounds(&self) -> &Bounds {
        &self.bounds
    }

    /// The schema; `None` for custom bounds.
    pub fn schema(&self) -> Option<Schema> {
        match self.bounds {
            Bounds::Exponential { schema, .. } => Some(schema),
            Bounds::Custom(_) => None,
        }
    }

    /// Number of observations, including NaN.
    pub fn count(&self) -> f64 {
        self.count
    }

    /// Sum of the observations, in their unit.
    pub fn sum(&self) -> f64 {
        self.sum
    }

    /// Number of observations in the zero bucket.
    pub fn zero_count(&self) -> f64 {
        self.zero_count
    }

    /// Buckets of positive observations; all buckets, for custom bounds.
    pub fn positive(&self) -> &Buckets {
        &self.positive
    }

    /// Buckets of negative observations, by their absolute values; empty for custom bounds.
    pub fn negative(&self) -> &Buckets {
        &self.negative
    }

    /// Number of populated buckets without the zero bucket.
    pub fn len(&self) -> usize {
        self.positive.len() + self.negative.len()
    }

    /// Whether there are no observations.
    pub fn is_empty(&self) -> bool {
        self.count == 0.0 && self.zero_count == 0.0 && self.len() == 0
    }

    /// Populated buckets in ascending order of their values.
    pub fn buckets(&self) -> impl DoubleEndedIterator<Item = Bucket> + '_ {
        let threshold = self.zero_threshold();
        let mirrored = self.negative.iter().rev().map(move |(index, count)| {
            let (lower, upper) = self.bounds_of(index);
            Bucket { lower: -upper, upper: -lower, count }
        });
        let zero = Bucket { lower: -threshold, upper: threshold, count: self.zero_count };
        let positive = self.positive.iter().map(move |(index, count)| {
            let (lower, upper) = self.bounds_of(index);
            Bucket { lower, upper, count }
        });
        mirrored.chain((self.zero_count != 0.0).then_some(zero)).chain(positive)
    }

    /// Zero threshold; 0 for custom bounds.
    pub fn zero_threshold(&self) -> f64 {
        match self.bounds {
            Bounds::Exponential { zero_threshold, .. } => zero_threshold,
            Bounds::Custom(_) => 0.0,
        }
    }

    /// Lower and upper bound of a positive bucket. What the zero bucket covers is no part of it.
    fn bounds_of(&self, index: i32) -> (f64, f64) {
        match &self.bounds {
            Bounds::Exponential { schema, zero_threshold } => {
                let upper = schema.upper_bound(index);
                (schema.lower_bound(index).max(*zero_threshold).min(upper), upper)
            }
            Bounds::Custom(bounds) => {
                let bound = |index: i32| usize::try_from(index).ok().and_then(|index| bounds.get(index));
                let lower = bound(index.saturating_sub(1)).copied().unwrap_or(f64::NEG_INFINITY);
                (lower, bound(index).copied().unwrap_or(f64::INFINITY))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zero_thresholds_and_bounds_are_checked() {
        for found in [-1.0, f64::NAN, f64::INFINITY] {
            let error = Histogram::exponential(Flavor::Gauge, Schema::MAX, found).unwrap_err();
            assert!(matches!(error, InvalidHistogram::ZeroThreshold { .. }), "{found}");
        }
        let many: Vec<f64> = (0..=MAX_CUSTOM_BOUNDS).map(|bound| bound as f64).collect();
        for bounds in [&[1.0, 1.0][..], &[2.0, 1.0], &[f64::NAN], &[f64::NEG_INFINITY, 1.0], &many] {
            assert_eq!(Histogram::custom(Flavor::Gauge, bounds), Err(InvalidHistogram::CustomBounds));
        }
        let implied = Histogram::custom(Flavor::Gauge, &[1.0, f64::INFINITY]).unwrap();
        assert_eq!(implied.bounds(), &Bounds::Custom([1.0].into()));
    }

    #[test]
    fn stale_markers_equal_only_stale_markers() {
        let stale = Histogram::stale(Flavor::Counter);
        let nan = Histogram { sum: f64::NAN, ..stale.clone() };
        assert!(stale.is_stale() && !nan.is_stale());
        assert_eq!(stale, stale.clone());
        assert_eq!(nan, nan.clone());
        assert_ne!(stale, nan);
    }
}
