//! Quantiles, fractions, mean, minimum and maximum.
//!
//! As [`histogram_quantile` and `histogram_fraction`](https://prometheus.io/docs/specs/native_histograms/#interpolation-within-a-bucket)
//! of Prometheus 3: exponential buckets are interpolated exponentially, the zero bucket and custom bounds linearly.

use crate::{Bounds, Bucket, Histogram};

/// Distribution of the observations within a bucket.
enum Interpolation {
    /// All observations are estimated by one value: a bound of an outermost bucket.
    Constant(f64),
    /// Evenly between two bounds.
    Linear(f64, f64),
    /// Evenly between the logarithms of two positive bounds.
    Exponential(f64, f64),
    /// The mirror image, by absolute values: from the larger to the smaller one.
    Mirrored(f64, f64),
}

impl Interpolation {
    /// The value below which a fraction of the bucket is.
    fn value(&self, fraction: f64) -> f64 {
        let between = |from: f64, to: f64| {
            let logarithm = from.log2() + (to.log2() - from.log2()) * fraction;
            // Rounding must not leave the bucket.
            logarithm.exp2().clamp(from.min(to), from.max(to))
        };
        match *self {
            Self::Constant(value) => value,
            Self::Linear(lower, upper) => lower + (upper - lower) * fraction,
            Self::Exponential(lower, upper) => between(lower, upper),
            Self::Mirrored(far, near) => -between(far, near),
        }
    }

    /// The fraction of the bucket that is below a value.
    fn fraction_below(&self, value: f64) -> f64 {
        let between = |from: f64, to: f64, value: f64| {
            let fraction = (value.log2() - from.log2()) / (to.log2() - from.log2());
            if fraction.is_nan() { 0.0 } else { fraction }
        };
        let fraction = match *self {
            Self::Constant(constant) => f64::from(u8::from(constant <= value)),
            Self::Linear(lower, upper) if lower < upper => (value - lower) / (upper - lower),
            Self::Linear(lower, _) => f64::from(u8::from(lower <= value)),
            Self::Exponential(lower, _) if value <= lower => 0.0,
            Self::Exponential(_, upper) if value >= upper => 1.0,
            Self::Exponential(lower, upper) => between(lower, upper, value),
            Self::Mirrored(far, _) if value <= -far => 0.0,
            Self::Mirrored(_, near) if value >= -near => 1.0,
            Self::Mirrored(far, near) => between(far, near, -value),
        };
        fraction.clamp(0.0, 1.0)
    }
}

impl Histogram {
    /// The quantile from 0 to 1: 0.5 is the median. `None` without observations, or outside 0 to 1.
    ///
    /// Of n sorted observations it estimates the one with the number ⌈quantile · n⌉. The estimate is in the same bucket: the
    /// relative error is at most [`factor`](crate::Schema::factor) − 1. With custom bounds, observations above the last bound
    /// are estimated by it, and those of the first bucket begin at 0, or are its bound if that is not positive. NaN if the
    /// quantile is among NaN observations, which are counted as the largest.
    pub fn quantile(&self, quantile: f64) -> Option<f64> {
        if !(0.0..=1.0).contains(&quantile) || self.count.is_nan() || self.count <= 0.0 {
            return None;
        }
        // From the nearer end, where the sum of counts with fractions is more exact. NaN is at the upper end.
        let is_forward = self.sum.is_nan() || quantile < 0.5;
        let below = self.count * quantile;
        let rank = if is_forward { below } else { self.count - below };
        let (mut seen, mut last) = (0.0, None);
        let is_reached = |bucket: Bucket| {
            seen += bucket.count;
            last = Some(bucket);
            // The same bucket from both ends, if the rank is the end of a bucket.
            if is_forward { seen >= rank } else { seen > rank }
        };
        let is_found =
            if is_forward { self.buckets().any(is_reached) } else { self.buckets().rev().any(is_reached) };
        let Some(bucket) = last else { return Some(f64::NAN) };
        if self.sum.is_nan() && !is_found {
            return Some(f64::NAN);
        }
        let within = (rank - (seen - bucket.count)) / bucket.count;
        let fraction = (if is_forward { within } else { 1.0 - within }).clamp(0.0, 1.0);
        Some(self.interpolation(&bucket).value(fraction))
    }

    /// Estimated number of observations up to a value, with fractions. NaN observations are above all values.
    pub fn count_below(&self, value: f64) -> f64 {
        if value.is_nan() {
            return f64::NAN;
        }
        let below = |bucket: Bucket| bucket.count * self.interpolation(&bucket).fraction_below(value);
        self.buckets().map(below).sum()
    }

    /// Estimated fraction of the observations up to a value, from 0 to 1. `None` without observations or for NaN.
    ///
    /// The error is at most the fraction of observations in the bucket of the value.
    pub fn fraction_below(&self, value: f64) -> Option<f64> {
        (self.count > 0.0 && !value.is_nan()).then(|| (self.count_below(value) / self.count).clamp(0.0, 1.0))
    }

    /// Mean of the observations. `None` without observations. Exact up to the rounding of the sum.
    pub fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }

    /// Lower bound of the smallest observation: that of the lowest populated bucket, so it is too low by at most a
    /// factor of [`factor`](crate::Schema::factor). `None` without observations in buckets.
    pub fn min(&self) -> Option<f64> {
        self.buckets().next().map(|bucket| self.interpolation(&bucket).value(0.0))
    }

    /// Upper bound of the largest observation: that of the highest populated bucket. With custom bounds, the last bound
    /// is returned for observations above it. `None` without observations in buckets.
    pub fn max(&self) -> Option<f64> {
        self.buckets().next_back().map(|bucket| self.interpolation(&bucket).value(1.0))
    }

    fn interpolation(&self, bucket: &Bucket) -> Interpolation {
        let Bucket { lower, upper, .. } = *bucket;
        if let Bounds::Custom(_) = self.bounds {
            return match (lower == f64::NEG_INFINITY, upper == f64::INFINITY) {
                // Without bounds, nothing is known.
                (true, true) => Interpolation::Constant(f64::NAN),
                (true, false) if upper <= 0.0 => Interpolation::Constant(upper),
                (true, false) => Interpolation::Linear(0.0, upper),
                (false, true) => Interpolation::Constant(lower),
                (false, false) => Interpolation::Linear(lower, upper),
            };
        }
        if lower <= 0.0 && upper >= 0.0 && self.zero_count != 0.0 && -lower == upper {
            // Observations are assumed to have the sign of all others.
            return match (self.negative.is_empty(), self.positive.is_empty()) {
                (true, false) => Interpolation::Linear(0.0, upper),
                (false, true) => Interpolation::Linear(lower, 0.0),
                _ => Interpolation::Linear(lower, upper),
            };
        }
        match () {
            // Infinite observations.
            () if upper == f64::INFINITY => Interpolation::Constant(upper),
            () if lower == f64::NEG_INFINITY => Interpolation::Constant(lower),
            () if lower > 0.0 => Interpolation::Exponential(lower, upper),
            () if upper < 0.0 => Interpolation::Mirrored(-lower, -upper),
            // The bucket of the smallest numbers: its lower bound is rounded to 0.
            () => Interpolation::Linear(lower, upper),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Flavor, Schema};

    fn of(schema: i32, zero_threshold: f64, values: &[f64]) -> Histogram {
        let schema = Schema::new(schema).unwrap();
        let mut found = Histogram::exponential(Flavor::Gauge, schema, zero_threshold).unwrap();
        values.iter().for_each(|value| found.observe(*value));
        found
    }

    fn assert_close(found: Option<f64>, expected: f64) {
        let found = found.unwrap();
        assert!((found - expected).abs() <= expected.abs() * 1e-12, "{found} for {expected}");
    }

    #[test]
    fn empty_histograms_have_no_estimates() {
        let empty = of(0, 0.0, &[]);
        let found = [empty.quantile(0.5), empty.mean(), empty.min(), empty.max(), empty.fraction_below(1.0)];
        assert_eq!(found, [None; 5]);
        let one = of(0, 0.0, &[1.0]);
        assert_eq!([-0.1, 1.1, f64::NAN].map(|quantile| one.quantile(quantile)), [None; 3]);
        assert_eq!(one.fraction_below(f64::NAN), None);
    }

    /// From both ends of the buckets.
    #[test]
    fn quantile_is_the_observation_with_its_rank() {
        let values: Vec<f64> = (1..=10).map(|power| f64::exp2(f64::from(2 * power))).collect();
        let found = of(0, 0.0, &values);
        for (quantile, rank) in
            [(0.1, 1), (0.15, 2), (0.3, 3), (0.5, 5), (0.51, 6), (0.8, 8), (0.9, 9), (0.91, 10), (1.0, 10)]
        {
            let (lower, upper) = (f64::exp2(f64::from(2 * rank - 1)), f64::exp2(f64::from(2 * rank)));
            let value = found.quantile(quantile).unwrap();
            assert!(
                lower < value && value <= upper,
                "{quantile}: {value} is not in the bucket up to {upper}"
            );
        }
    }

    /// The geometric mean of the bounds is the middle of a bucket.
    #[test]
    fn exponential_buckets_are_interpolated_exponentially() {
        let found = of(0, 0.0, &[1.5, 1.5, 1.5, 1.5]);
        for (quantile, expected) in [(0.0, 1.0), (0.25, 2_f64.powf(0.25)), (0.5, 2_f64.sqrt()), (1.0, 2.0)] {
            assert_close(found.quantile(quantile), expected);
            assert_close(found.fraction_below(expected), quantile);
        }
        let mirrored = of(0, 0.0, &[-1.5, -1.5, -1.5, -1.5]);
        for (quantile, expected) in
            [(0.0, -2.0), (0.5, -(2_f64.sqrt())), (0.75, -(2_f64.powf(0.25))), (1.0, -1.0)]
        {
            assert_close(mirrored.quantile(quantile), expected);
            assert_close(mirrored.fraction_below(expected), quantile);
        }
        assert_eq!((mirrored.min(), mirrored.max()), (Some(-2.0), Some(-1.0)));
    }

    #[test]
    fn zero_bucket_is_interpolated_linearly_on_the_side_of_the_others() {
        for (values, quantile, expected) in [
            (&[0.0, 0.0, 3.0, 3.0][..], 0.25, 0.25),
            (&[0.0, 0.0, -3.0, -3.0], 0.75, -0.25),
            (&[0.0, 0.0, -3.0, 3.0], 0.5, 0.0),
            (&[0.0, 0.0], 0.25, -0.25),
        ] {
            let found = of(0, 0.5, values);
            assert_eq!(found.quantile(quantile), Some(expected), "{values:?}");
        }
        assert_eq!(of(0, 0.0, &[0.0, 0.0, 1.0]).quantile(0.5), Some(0.0));
        assert_eq!(of(0, 0.0, &[0.0, 0.0, 1.0]).fraction_below(0.0), Some(2.0 / 3.0));
    }

    #[test]
    fn custom_bounds_are_interpolated_linearly() {
        let classic = [(1.0, 4.0), (2.0, 8.0), (f64::INFINITY, 10.0)];
        let found = Histogram::from_classic(Flavor::Gauge, &classic, 12.0).unwrap();
        for (quantile, expected) in [(0.0, 0.0), (0.2, 0.5), (0.4, 1.0), (0.6, 1.5), (0.8, 2.0), (1.0, 2.0)] {
            assert_close(found.quantile(quantile), expected);
        }
        assert_eq!(found.count_below(1.5), 6.0);
        assert_eq!((found.min(), found.max(), found.mean()), (Some(0.0), Some(2.0), Some(1.2)));
        let negative =
            Histogram::from_classic(Flavor::Gauge, &[(-1.0, 2.0), (f64::INFINITY, 2.0)], -4.0).unwrap();
        assert_eq!((negative.quantile(0.5), negative.fraction_below(-1.5)), (Some(-1.0), Some(0.0)));
    }

    #[test]
    fn nan_observations_are_the_largest_and_infinities_are_infinite() {
        let mut found = of(0, 0.0, &[2.0, 2.0, f64::NAN, f64::NAN]);
        assert_eq!(found.quantile(0.5), Some(2.0));
        assert!(found.quantile(0.51).is_some_and(f64::is_nan));
        assert_eq!(found.fraction_below(f64::INFINITY), Some(0.5));
        assert!(of(0, 0.0, &[f64::NAN]).quantile(0.5).is_some_and(f64::is_nan));
        found = of(0, 0.0, &[f64::NEG_INFINITY, 1.0, f64::INFINITY]);
        assert_eq!(
            (found.quantile(0.0), found.quantile(1.0)),
            (Some(f64::NEG_INFINITY), Some(f64::INFINITY))
        );
        assert_eq!(found.fraction_below(f64::MAX), Some(2.0 / 3.0));
    }

    #[test]
    fn smallest_numbers_have_quantiles() {
        let found = of(-4, 0.0, &[5e-324, -5e-324]);
        assert!(found.quantile(0.9).is_some_and(|value| (0.0..1e-300).contains(&value)));
        assert!(found.quantile(0.1).is_some_and(|value| (-1e-300..=0.0).contains(&value)));
    }
}
