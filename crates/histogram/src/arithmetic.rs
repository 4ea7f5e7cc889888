//! Sums, differences and multiples of histograms.

use crate::buckets::finite;
use crate::{Bounds, Buckets, Flavor, Histogram, MAX_BUCKETS};
use std::borrow::Cow;
use std::sync::Arc;

impl Histogram {
    /// Adds all observations of `other`, then [limits](Self::limit_buckets) the buckets to `limit` or [`MAX_BUCKETS`].
    ///
    /// - Exponential bounds: the result has the lower schema and the larger zero threshold, which is increased to a bound if
    ///   it would divide a populated bucket.
    /// - Custom bounds: the result has the bounds that both have. Counts are exact; without common bounds, all
    ///   observations are in the bucket up to +Inf.
    /// - Both kinds: the custom bounds are [converted](Self::to_exponential), which is an estimate.
    ///
    /// The result is a counter if both are counters; stale if one of them is. It does not depend on the order, except for
    /// the last digits of the sum, the zero threshold if thresholds differ, and estimates.
    pub fn add(&mut self, other: &Self, limit: usize) {
        self.combine(other, limit, |left, right| left + right);
        if other.flavor == Flavor::Gauge {
            self.flavor = Flavor::Gauge;
        }
    }

    /// Subtracts all observations of `other`, with the same reconciliation of bounds as [`add`](Self::add). The result is a
    /// gauge. Counts below zero are possible; see [`increase_since`](Self::increase_since) for counters.
    pub fn subtract(&mut self, other: &Self, limit: usize) {
        self.combine(other, limit, |left, right| left - right);
        self.flavor = Flavor::Gauge;
    }

    /// Multiplies counts and sum, for example by 1 / seconds for a rate. The result is stale if `factor` is not finite.
    pub fn scale(&mut self, factor: f64) {
        if self.is_stale() || !factor.is_finite() {
            *self = Self::stale(self.flavor);
            return;
        }
        self.count = finite(self.count * factor);
        self.sum *= factor;
        self.zero_count = finite(self.zero_count * factor);
        self.positive = self.positive.scaled(factor);
        self.negative = self.negative.scaled(factor);
    }

    fn combine(&mut self, other: &Self, limit: usize, operation: fn(f64, f64) -> f64) {
        if self.is_stale() || other.is_stale() {
            *self = Self::stale(self.flavor);
            return;
        }
        let other = self.reconcile(other, limit);
        self.count = finite(operation(self.count, other.count));
        self.sum = operation(self.sum, other.sum);
        self.zero_count = finite(operation(self.zero_count, other.zero_count));
        self.positive = self.positive.combined(&other.positive, operation);
        self.negative = self.negative.combined(&other.negative, operation);
        self.limit_buckets(limit.min(MAX_BUCKETS));
    }

    /// Gives both the same bounds, and returns the other one with them.
    fn reconcile<'a>(&mut self, other: &'a Self, limit: usize) -> Cow<'a, Self> {
        match (&self.bounds, &other.bounds) {
            (Bounds::Custom(left), Bounds::Custom(right)) => {
                if left == right {
                    return Cow::Borrowed(other);
                }
                let is_common = |bound: &f64| {
                    let place = right.partition_point(|one| one < bound);
                    right.get(place) == Some(bound)
                };
                let common: Arc<[f64]> = left.iter().copied().filter(is_common).collect();
                let reduced = other.with_bounds(&common);
                *self = self.with_bounds(&common);
                Cow::Owned(reduced)
            }
            (Bounds::Custom(_), Bounds::Exponential { schema, .. }) => {
                *self = self.to_exponential(*schema, limit);
                self.align(other)
            }
            (Bounds::Exponential { schema, .. }, Bounds::Custom(_)) => {
                let converted = other.to_exponential(*schema, limit);
                Cow::Owned(self.align(&converted).into_owned())
            }
            (Bounds::Exponential { .. }, Bounds::Exponential { .. }) => self.align(other),
        }
    }

    /// Gives both the lower schema and the larger zero threshold.
    fn align<'a>(&mut self, other: &'a Self) -> Cow<'a, Self> {
        let (Some(left), Some(right)) = (self.schema(), other.schema()) else { return Cow::Borrowed(other) };
        let mut other = Cow::Borrowed(other);
        self.lower_schema(right);
        if left < right {
            other.to_mut().lower_schema(left);
        }
        if self.zero_threshold() != other.zero_threshold() {
            let threshold = self.zero_threshold().max(other.zero_threshold());
            // A bound is a bound of both, so there is no second step.
            let bounds = [&*self, &*other].map(|one| one.populated_bound_above(threshold));
            let threshold = bounds.into_iter().flatten().fold(threshold, f64::max);
            self.widen_zero_bucket(threshold);
            other.to_mut().widen_zero_bucket(threshold);
        }
        other
    }

    /// A histogram with custom bounds and fewer of them.
    fn with_bounds(&self, fewer: &Arc<[f64]>) -> Self {
        let moved = self.buckets().map(|bucket| {
            let index = fewer.partition_point(|bound| *bound < bucket.upper);
            (i32::try_from(index).unwrap_or(i32::MAX), bucket.count)
        });
        let positive = Buckets::from_ascending(moved);
        Self { bounds: Bounds::Custom(Arc::clone(fewer)), positive, ..self.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::of;
    use crate::{Schema, USUAL_BUCKETS};

    fn custom(bounds: &[f64], values: &[f64]) -> Histogram {
        let mut found = Histogram::custom(Flavor::Counter, bounds).unwrap();
        values.iter().for_each(|value| found.observe(*value));
        found
    }

    fn sum(left: &Histogram, right: &Histogram) -> Histogram {
        let mut sum = left.clone();
        sum.add(right, USUAL_BUCKETS);
        sum
    }

    #[test]
    fn different_schemas_are_added_at_the_lower_one() {
        let (left, right) = ([0.1, 3.0, -2.0], [7.0, 0.1]);
        let expected = of(2, 0.0, &[left.as_slice(), &right].concat());
        assert_eq!(sum(&of(8, 0.0, &left), &of(2, 0.0, &right)), expected);
        assert_eq!(sum(&of(2, 0.0, &right), &of(8, 0.0, &left)).positive(), expected.positive());
    }

    /// The rules of "Zero bucket" in the specification of Prometheus.
    #[test]
    fn larger_zero_threshold_grows_to_a_populated_bound() {
        let small = of(0, 0.0, &[0.3, 0.7, 1.5, -0.6]);
        let found = sum(&small, &of(0, 0.55, &[0.1]));
        // 0.7 and -0.6 are in the buckets from 0.5 to 1.
        assert_eq!((found.zero_threshold(), found.zero_count(), found.len()), (1.0, 4.0, 1));
        let found = sum(&of(0, 0.55, &[0.1]), &of(0, 0.0, &[0.3, 1.5]));
        assert_eq!((found.zero_threshold(), found.zero_count(), found.len()), (0.55, 2.0, 1));
        // Equal thresholds are kept within a populated bucket.
        let found = sum(&of(0, 0.55, &[0.7]), &of(0, 0.55, &[0.1]));
        assert_eq!((found.zero_threshold(), found.zero_count(), found.len()), (0.55, 1.0, 1));
    }

    #[test]
    fn different_custom_bounds_are_reduced_to_the_common_ones() {
        let left = custom(&[1.0, 2.0, 5.0], &[0.5, 1.5, 4.0, 9.0]);
        let right = custom(&[2.0, 3.0, 5.0], &[0.5, 2.5, f64::NAN]);
        let found = sum(&left, &right);
        assert_eq!(found.bounds(), &Bounds::Custom([2.0, 5.0].into()));
        assert_eq!(found.positive().iter().collect::<Vec<_>>(), [(0, 3.0), (1, 2.0), (2, 1.0)]);
        assert_eq!(found.count(), 7.0);
        let none = sum(&left, &custom(&[3.0], &[1.0]));
        assert_eq!((none.bounds(), none.count(), none.len()), (&Bounds::Custom([].into()), 5.0, 1));
    }

    #[test]
    fn custom_and_exponential_bounds_become_exponential() {
        let classic = custom(&[0.1, 1.0], &[0.5; 10]);
        for found in [sum(&classic, &of(4, 0.0, &[0.5; 10])), sum(&of(4, 0.0, &[0.5; 10]), &classic)] {
            // From 0.1 / 256 to 1 there are 91 buckets of schema 3, and 181 of schema 4.
            assert_eq!((found.count(), found.sum(), found.schema()), (20.0, 10.0, Schema::new(3)));
            let total = found.zero_count() + found.positive().total();
            assert!((total - 20.0).abs() < 1e-9, "{total}");
        }
    }

    #[test]
    fn gauges_and_stale_markers_prevail() {
        let counter = of(3, 0.0, &[1.0]);
        let mut gauge = counter.clone();
        gauge.set_flavor(Flavor::Gauge);
        assert_eq!(sum(&counter, &counter).flavor(), Flavor::Counter);
        assert_eq!(sum(&counter, &gauge).flavor(), Flavor::Gauge);
        assert_eq!(sum(&gauge, &counter).flavor(), Flavor::Gauge);
        assert!(sum(&counter, &Histogram::stale(Flavor::Counter)).is_stale());
        assert!(sum(&Histogram::stale(Flavor::Counter), &counter).is_stale());
        let mut stale = Histogram::stale(Flavor::Counter);
        stale.scale(2.0);
        assert!(stale.is_stale());
        for factor in [f64::NAN, f64::INFINITY] {
            let mut scaled = counter.clone();
            scaled.scale(factor);
            assert!(scaled.is_stale(), "{factor}");
        }
    }

    #[test]
    fn counts_remain_finite() {
        let mut large = of(3, 1.0, &[]);
        [0.5, 2.0, 2.1, -2.0].into_iter().for_each(|value| large.observe_many(value, f64::MAX));
        let mut sum = sum(&large, &large);
        assert_eq!((sum.count(), sum.positive().get(8)), (f64::MAX, f64::MAX));
        sum.scale(3.0);
        sum.limit_buckets(0);
        let buckets: Vec<f64> = sum.buckets().map(|bucket| bucket.count).collect();
        assert_eq!((sum.count(), buckets), (f64::MAX, vec![f64::MAX; 3]));
    }

    #[test]
    fn differences_and_multiples() {
        let mut found = of(3, 0.0, &[1.0, 1.0, 8.0]);
        found.subtract(&of(3, 0.0, &[1.0, 2.0]), USUAL_BUCKETS);
        assert_eq!((found.count(), found.sum(), found.flavor()), (1.0, 7.0, Flavor::Gauge));
        assert_eq!(found.positive().iter().collect::<Vec<_>>(), [(0, 1.0), (8, -1.0), (24, 1.0)]);
        found.scale(0.5);
        assert_eq!((found.count(), found.sum(), found.positive().get(24)), (0.5, 3.5, 0.5));
        found.scale(0.0);
        assert!(found.is_empty());
    }
}
