//! Classic histograms: cumulative counts of buckets with an upper bound, the label `le`.

use crate::{Flavor, Histogram, InvalidHistogram};

impl Histogram {
    /// From the buckets of a classic histogram: upper bounds with cumulative counts, in ascending order, including +Inf,
    /// whose count is the total. The result has custom bounds.
    ///
    /// NaN observations, which client libraries count in +Inf, are counted as values above the last bound.
    ///
    /// # Errors
    /// Invalid bounds, no bucket of +Inf, or counts that are invalid or descend.
    pub fn from_classic(flavor: Flavor, buckets: &[(f64, f64)], sum: f64) -> Result<Self, InvalidHistogram> {
        let bounds: Vec<f64> = buckets.iter().map(|(bound, _)| *bound).collect();
        if bounds.last() != Some(&f64::INFINITY) {
            return Err(InvalidHistogram::NoInfinity);
        }
        let mut found = Self::custom(flavor, &bounds)?;
        let mut below = 0.0;
        for (index, (bound, cumulative)) in (0..).zip(buckets) {
            if !(0.0..=f64::MAX).contains(cumulative) {
                return Err(InvalidHistogram::Count { found: *cumulative });
            }
            if *cumulative < below {
                return Err(InvalidHistogram::Descending { bound: *bound });
            }
            found.positive.add_at(index, cumulative - below);
            below = *cumulative;
        }
        (found.count, found.sum) = (below, sum);
        Ok(found)
    }

    /// Cumulative counts of `upper_bounds`, ascending, for an exposition as classic histogram. The total, for +Inf, is
    /// [`count`](Self::count).
    ///
    /// A bucket is counted at the first upper bound that is not below its own: counts remain whole and only grow, and none is
    /// too high. Observations less than one bucket width below a bound may be counted at the next bound only. Bounds that
    /// are bounds of the schema, such as powers of two for schemas from 0, are exact.
    pub fn cumulative_counts(&self, upper_bounds: &[f64]) -> Vec<f64> {
        let mut buckets = self.buckets().peekable();
        let mut sum = 0.0;
        let count = |bound: &f64| {
            while let Some(bucket) = buckets.next_if(|bucket| bucket.upper <= *bound) {
                sum += bucket.count;
            }
            sum
        };
        upper_bounds.iter().map(count).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Schema;

    const CLASSIC: [(f64, f64); 4] = [(0.1, 2.0), (0.5, 2.0), (1.0, 7.0), (f64::INFINITY, 8.0)];

    #[test]
    fn classic_buckets_are_read_and_written() {
        let found = Histogram::from_classic(Flavor::Counter, &CLASSIC, 6.5).unwrap();
        assert_eq!((found.count(), found.sum()), (8.0, 6.5));
        assert_eq!(found.positive().iter().collect::<Vec<_>>(), [(0, 2.0), (2, 5.0), (3, 1.0)]);
        assert_eq!(found.cumulative_counts(&[0.1, 0.5, 1.0, f64::INFINITY]), [2.0, 2.0, 7.0, 8.0]);
        assert_eq!(found.cumulative_counts(&[0.05, 0.7]), [0.0, 2.0]);
        let mut observed = Histogram::custom(Flavor::Counter, &[0.1, 0.5, 1.0]).unwrap();
        [0.05, 0.1, 0.9, 0.9, 0.9, 0.9, 1.0, 1.75].into_iter().for_each(|value| observed.observe(value));
        assert_eq!(found.positive(), observed.positive());
    }

    #[test]
    fn invalid_buckets_are_errors() {
        use InvalidHistogram::{Count, CustomBounds, Descending, NoInfinity};
        let read = |buckets: &[(f64, f64)]| Histogram::from_classic(Flavor::Counter, buckets, 0.0);
        assert_eq!(read(&[]), Err(NoInfinity));
        assert_eq!(read(&CLASSIC[..2]), Err(NoInfinity));
        assert_eq!(read(&[(2.0, 1.0), (1.0, 1.0), CLASSIC[3]]), Err(CustomBounds));
        assert_eq!(read(&[(2.0, 9.0), CLASSIC[3]]), Err(Descending { bound: f64::INFINITY }));
        assert_eq!(read(&[(2.0, -1.0), CLASSIC[3]]), Err(Count { found: -1.0 }));
        assert!(matches!(read(&[(2.0, f64::NAN), CLASSIC[3]]), Err(Count { .. })));
        assert!(read(&CLASSIC[3..]).is_ok(), "+Inf alone");
    }

    #[test]
    fn exponential_buckets_are_exact_at_their_bounds_and_never_too_high() {
        let mut found = Histogram::exponential(Flavor::Counter, Schema::new(3).unwrap(), 1e-9).unwrap();
        let values: Vec<f64> = (-20..200).map(|value| f64::from(value) / 100.0).collect();
        values.iter().for_each(|value| found.observe(*value));
        let exact = |bound: f64| values.iter().filter(|value| **value <= bound).count() as f64;
        for bound in [0.125, 0.25, 0.5, 1.0, 2.0] {
            assert_eq!(found.cumulative_counts(&[bound]), [exact(bound)], "{bound}");
        }
        for bound in [-0.1, 0.0, 0.3, 0.7, 1.1] {
            let counted = found.cumulative_counts(&[bound])[0];
            let lower = if bound > 0.0 { bound / 1.091 } else { bound - 0.1 * 0.091 - 1e-9 };
            assert!(exact(lower) <= counted && counted <= exact(bound), "{bound}: {counted}");
        }
        assert_eq!(found.cumulative_counts(&[f64::INFINITY]), [220.0]);
    }
}
