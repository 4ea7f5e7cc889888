//! Estimated exponential buckets of custom ones.

use crate::buckets::finite;
use crate::{Bounds, Bucket, Histogram, MAX_BUCKETS, Schema};

/// The part of the first bucket of positive observations that is in exponential buckets: the zero bucket ends at this
/// fraction of its upper bound.
const SMALLEST_PART: f64 = 1.0 / 256.0;

impl Histogram {
    /// The same observations in exponential buckets of a schema up to `schema`, with at most `limit` or [`MAX_BUCKETS`]
    /// buckets. Exponential histograms are only lowered and limited.
    ///
    /// Custom buckets do not say where within them observations were. As the quantiles of custom buckets, this assumes that
    /// they are spread evenly, so that counts have fractions and the error of a quantile is up to the width of the custom
    /// bucket. A first bucket with a positive bound begins at 0, and ends in a zero bucket; one with another bound is at that
    /// bound. Observations above the last bound are just above it. Count and sum are exact. The bounds of the result depend
    /// on the custom bounds only, so increases of converted counters are converted increases.
    pub fn to_exponential(&self, schema: Schema, limit: usize) -> Self {
        let limit = limit.min(MAX_BUCKETS);
        let Bounds::Custom(bounds) = &self.bounds else {
            let mut lowered = self.clone();
            lowered.lower_schema(schema);
            lowered.limit_buckets(limit);
            return lowered;
        };
        let smallest = smallest_bound(bounds).map(|bound| bound * SMALLEST_PART);
        let schema = fitting_schema(bounds, smallest, schema, limit);
        let zero_threshold = smallest.and_then(|bound| Some(schema.lower_bound(schema.index(bound)?)));
        let exponential = Bounds::Exponential {
            schema,
            zero_threshold: zero_threshold.filter(|bound| bound.is_finite()).unwrap_or(0.0),
        };
        let mut found = Self::empty(self.flavor, exponential);
        (found.count, found.sum) = (self.count, self.sum);
        for bucket in self.buckets() {
            found.spread(bucket, schema);
        }
        found
    }

    /// Adds a custom bucket.
    fn spread(&mut self, bucket: Bucket, schema: Schema) {
        let Bucket { lower, upper, count } = bucket;
        match (lower == f64::NEG_INFINITY, upper == f64::INFINITY) {
            (true, true) => self.zero_count = finite(self.zero_count + count),
            (true, false) if upper <= 0.0 => self.place(upper, count),
            (true, false) => self.spread_between(0.0, upper, count, schema),
            (false, true) => self.place(lower.next_up(), count),
            (false, false) => self.spread_between(lower, upper, count, schema),
        }
    }

    fn spread_between(&mut self, lower: f64, upper: f64, count: f64, schema: Schema) {
        // The difference of the largest numbers is infinite, that of their halves is not.
        let scale = if (upper - lower).is_finite() { 1.0 } else { 0.5 };
        let fraction = |from: f64, to: f64| {
            let part = to.min(upper) * scale - from.max(lower) * scale;
            (part / (upper * scale - lower * scale)).max(0.0)
        };
        let threshold = self.zero_threshold();
        self.zero_count = finite(self.zero_count + count * fraction(-threshold, threshold));
        for is_negative in [false, true] {
            let (near, far) = if is_negative { (-upper, -lower) } else { (lower, upper) };
            let near = near.max(threshold).max(0.0);
            let (Some(last), true) = (schema.index(far), far > near) else { continue };
            let first = schema.index(near.next_up()).unwrap_or(last).min(last);
            for index in first..=last {
                let (from, to) = (schema.lower_bound(index).max(near), schema.upper_bound(index));
                let share = if is_negative { fraction(-to, -from) } else { fraction(from, to) };
                let side = if is_negative { &mut self.negative } else { &mut self.positive };
                side.add_at(index, count * share);
            }
        }
    }
}

/// Smallest absolute value of a bound of a bucket that begins, ends or contains 0.
fn smallest_bound(bounds: &[f64]) -> Option<f64> {
    let positive = bounds.iter().copied().find(|bound| *bound > 0.0);
    let negative = bounds.iter().rev().find(|bound| **bound < 0.0).map(|bound| -bound);
    match (positive, negative) {
        (Some(positive), Some(negative)) => Some(positive.min(negative)),
        (one, None) | (None, one) => one,
    }
}

/// The highest schema up to `schema` whose buckets between the bounds are at most `limit`.
fn fitting_schema(bounds: &[f64], smallest: Option<f64>, schema: Schema, limit: usize) -> Schema {
    let largest = |sign: f64| bounds.iter().map(|bound| bound * sign).fold(0.0, f64::max);
    let buckets = |schema: Schema| -> usize {
        let first = smallest.and_then(|bound| schema.index(bound)).unwrap_or_default();
        // One more for observations above the last bound.
        let side = |largest: f64| {
            schema.index(largest).map_or(0, |last| usize::try_from(last - first + 2).unwrap_or(0))
        };
        side(largest(1.0)) + side(largest(-1.0))
    };
    let steps = schema.steps_to(Schema::MIN);
    (0..steps)
        .map(|steps| schema.lowered(steps))
        .find(|schema| buckets(*schema) <= limit)
        .unwrap_or(Schema::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Flavor;

    const SCHEMA: i32 = 4;
    /// The default bounds of the client libraries of Prometheus, in seconds.
    const USUAL: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

    fn converted(bounds: &[f64], values: &[f64], limit: usize) -> (Histogram, Histogram) {
        let mut custom = Histogram::custom(Flavor::Counter, bounds).unwrap();
        values.iter().for_each(|value| custom.observe(*value));
        let exponential = custom.to_exponential(Schema::new(SCHEMA).unwrap(), limit);
        (custom, exponential)
    }

    #[test]
    fn quantiles_are_those_of_the_custom_buckets() {
        let values: Vec<f64> = (1..=2000).map(|value| f64::from(value * value) / 1e6).collect();
        let (custom, exponential) = converted(&USUAL, &values, 640);
        assert_eq!(exponential.schema(), Schema::new(SCHEMA));
        assert_eq!((exponential.count(), exponential.sum()), (custom.count(), custom.sum()));
        for quantile in [0.01, 0.05, 0.1, 0.5, 0.9, 0.99] {
            let [found, expected] = [&exponential, &custom].map(|one| one.quantile(quantile).unwrap());
            assert!((found / expected - 1.0).abs() < 0.044, "{quantile}: {found} for {expected}");
        }
    }

    #[test]
    fn any_bounds_are_converted_and_observations_are_kept() {
        let values = [-1e300, -5.0, -0.5, 0.0, 0.3, 7.0, 1e300, f64::INFINITY, f64::NEG_INFINITY];
        for bounds in [
            &[][..],
            &[0.0],
            &[1.0],
            &[-1.0],
            &[-2.0, -1.0, 0.0, 1.0],
            &[-2.0, 3.0],
            &[0.0, 5e-324, 1e-300, f64::MAX],
            &[f64::MIN, f64::MAX],
            &[f64::MIN, -1.0, 5.0],
            &[5e-324],
        ] {
            for limit in [0, 10, 160, 10_000] {
                let (custom, exponential) = converted(bounds, &values, limit);
                let total = exponential.zero_count()
                    + exponential.positive().total()
                    + exponential.negative().total();
                assert!((total - 9.0).abs() < 1e-9, "{bounds:?}: {total}");
                assert_eq!(exponential.count(), custom.count());
                assert!(exponential.len() <= limit.max(267), "{bounds:?}: {}", exponential.len());
                assert!(crate::native::check_buckets(&exponential).is_ok());
            }
        }
    }

    #[test]
    fn converted_increase_is_the_increase_of_the_converted() {
        let (earlier, earlier_converted) = converted(&USUAL, &[0.001, 0.03, 0.7], 160);
        let (now, now_converted) = converted(&USUAL, &[0.001, 0.03, 0.7, 0.004, 0.2, 60.0], 160);
        let expected =
            now.increase_since(&earlier).unwrap().to_exponential(Schema::new(SCHEMA).unwrap(), 160);
        let found = now_converted.increase_since(&earlier_converted).expect("no reset");
        assert_eq!((found.bounds(), found.count()), (expected.bounds(), expected.count()));
        for (index, count) in expected.positive().iter() {
            assert!((found.positive().get(index) - count).abs() < 1e-9, "{index}");
        }
    }
}
