//! Observations of a histogram.

use crate::buckets::finite;
use crate::{Bounds, Histogram, MAX_BUCKETS};

impl Histogram {
    /// Adds an observation. Takes time in proportion to the number of buckets.
    ///
    /// NaN is counted, but in no bucket; infinities are in the outermost buckets, and −∞ of custom bounds in the first. The
    /// sum follows floating-point arithmetic.
    pub fn observe(&mut self, value: f64) {
        self.observe_many(value, 1.0);
    }

    /// Adds a number of equal observations. Without effect if the number is negative, infinite or NaN.
    pub fn observe_many(&mut self, value: f64, number: f64) {
        if !(0.0..=f64::MAX).contains(&number) {
            return;
        }
        self.count = finite(self.count + number);
        if number != 0.0 {
            self.sum += value * number;
        }
        self.place(value, number);
        if self.len() > MAX_BUCKETS {
            self.limit_buckets(MAX_BUCKETS);
        }
    }

    /// Adds to the bucket of a value, but not to count and sum.
    pub(crate) fn place(&mut self, value: f64, number: f64) {
        if value.is_nan() {
            return;
        }
        match &self.bounds {
            Bounds::Exponential { schema, zero_threshold } => match schema.index(value) {
                Some(index) if value > *zero_threshold => self.positive.add_at(index, number),
                Some(index) if value < -zero_threshold => self.negative.add_at(index, number),
                _ => self.zero_count = finite(self.zero_count + number),
            },
            Bounds::Custom(bounds) => {
                let index = bounds.partition_point(|bound| *bound < value);
                self.positive.add_at(i32::try_from(index).unwrap_or(i32::MAX), number);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flavor, Schema};

    /// "Special cases of observed values" in the specification of Prometheus.
    #[test]
    fn nan_is_counted_only_and_infinities_have_buckets() {
        let mut found = Histogram::exponential(Flavor::Counter, Schema::MAX, 0.0).unwrap();
        [f64::INFINITY, f64::NEG_INFINITY, 0.0, -0.0].into_iter().for_each(|value| found.observe(value));
        assert_eq!(found.positive().iter().collect::<Vec<_>>(), [(262_145, 1.0)]);
        assert_eq!(found.negative().iter().collect::<Vec<_>>(), [(262_145, 1.0)]);
        assert_eq!((found.zero_count(), found.count()), (2.0, 4.0));
        let buckets = found.clone();
        found.observe(f64::NAN);
        assert!(found.sum().is_nan() && !found.is_stale());
        assert_eq!(found.count(), 5.0);
        assert_eq!((found.positive(), found.negative()), (buckets.positive(), buckets.negative()));

        let mut custom = Histogram::custom(Flavor::Counter, &[0.0, 1.0]).unwrap();
        for value in [f64::NEG_INFINITY, 0.0, 1.0, f64::INFINITY, f64::NAN] {
            custom.observe(value);
        }
        assert_eq!(custom.positive().iter().collect::<Vec<_>>(), [(0, 2.0), (1, 1.0), (2, 1.0)]);
        assert_eq!((custom.zero_count(), custom.count()), (0.0, 5.0));
    }

    #[test]
    fn values_within_the_zero_threshold_are_in_the_zero_bucket() {
        let mut found = Histogram::exponential(Flavor::Counter, Schema::MIN, 0.5).unwrap();
        [-0.5, 0.5, 0.1, -0.6, 0.6].into_iter().for_each(|value| found.observe(value));
        assert_eq!((found.zero_count(), found.count()), (3.0, 5.0));
        // The rest of the bucket from 2^-16 to 1.
        let found: Vec<_> =
            found.buckets().map(|bucket| (bucket.lower, bucket.upper, bucket.count)).collect();
        assert_eq!(found, [(-1.0, -0.5, 1.0), (-0.5, 0.5, 3.0), (0.5, 1.0, 1.0)]);
    }

    #[test]
    fn invalid_numbers_of_observations_are_ignored() {
        let mut found = Histogram::exponential(Flavor::Counter, Schema::MAX, 0.0).unwrap();
        [-1.0, f64::NAN, f64::INFINITY].into_iter().for_each(|number| found.observe_many(1.0, number));
        assert!(found.is_empty() && found.sum() == 0.0);
        found.observe_many(2.0, 1.5);
        assert_eq!((found.count(), found.sum()), (1.5, 3.0));
    }
}
