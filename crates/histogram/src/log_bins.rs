//! Conversion from and to DDSketch.

use crate::{Flavor, Histogram, MAX_BUCKETS, Schema};

/// Logarithmic bins of a DDSketch: bin 0 ends at `lowest`, bin i ends at `lowest` · γ^i, and the last one has all larger
/// values.
///
/// By Charles Masson, Jee E. Rim and Homin K. Lee, "DDSketch: A Fast and Fully-Mergeable Quantile Sketch with
/// Relative-Error Guarantees", [PVLDB 12(12), 2019](https://doi.org/10.14778/3352063.3352135), with γ = (1 + α) / (1 − α),
/// where α is the relative error of a quantile.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LogBins {
    lowest: f64,
    ln_gamma: f64,
    relative_error: f64,
    bins: u32,
}

impl LogBins {
    /// The bins of the latency sketch of `watchglass-instrument`, in seconds: 1 µs to 1 h with an error of 1 %.
    pub const LATENCY: Self =
        Self { lowest: 1e-6, ln_gamma: 0.020_000_666_706_669_435, relative_error: 0.01, bins: 1102 };

    /// The schema to convert a latency sketch to. Quantiles have the error 1.01 · b − 1 with the factor b of the schema:
    /// 1.3 % for schema 8, against 1 % of the sketch. It costs no buckets, since there is one for each bin.
    ///
    /// From schema 6 on, buckets are narrow enough to keep the bins apart: a sketch that becomes a histogram and a sketch
    /// again is the same.
    pub const SCHEMA: Schema = Schema::MAX;

    /// Bins from `lowest`, positive and finite, with a relative error above 0 and below 1. `None` for other numbers.
    pub fn new(lowest: f64, relative_error: f64, bins: u32) -> Option<Self> {
        let gamma = (1.0 + relative_error) / (1.0 - relative_error);
        let is_valid =
            lowest > 0.0 && lowest.is_finite() && relative_error > 0.0 && relative_error < 1.0 && bins > 0;
        is_valid.then_some(Self { lowest, ln_gamma: gamma.ln(), relative_error, bins })
    }

    /// The bin of a value: ⌈log_γ (value / lowest)⌉, within the range.
    pub fn bin(&self, value: f64) -> u32 {
        // NaN and negative numbers become 0.
        let bin = ((value / self.lowest).ln() / self.ln_gamma).ceil() as u32;
        bin.min(self.bins - 1)
    }

    /// The value that represents a bin, within the relative error of all values in it: 2 γ^i / (γ + 1) in the paper.
    pub fn value(&self, bin: u32) -> f64 {
        self.lowest * (f64::from(bin) * self.ln_gamma).exp() * (1.0 - self.relative_error)
    }
}

impl Histogram {
    /// A histogram of the bins of a sketch, with the sum of its values.
    ///
    /// All values of a bin are counted in the bucket of the value that represents it, so a quantile has the relative error
    /// (1 + α) · b − 1, with the error α of the sketch and the factor b of the schema. Bins beyond the last are counted as
    /// the last.
    pub fn from_log_bins(
        flavor: Flavor,
        schema: Schema,
        bins: &LogBins,
        counts: impl IntoIterator<Item = (u32, u64)>,
        sum: f64,
    ) -> Self {
        let mut found = Self::empty(flavor, crate::Bounds::Exponential { schema, zero_threshold: 0.0 });
        for (bin, count) in counts {
            let count = count as f64;
            found.count += count;
            found.place(bins.value(bin.min(bins.bins - 1)), count);
        }
        found.sum = sum;
        found.limit_buckets(MAX_BUCKETS);
        found
    }

    /// The bins of a sketch of these observations, ascending, without empty ones.
    ///
    /// A bucket is counted in the bin of the geometric mean of its bounds. Values up to 0 are in the lowest bin, those above
    /// the range in the highest. NaN observations are in none.
    pub fn to_log_bins(&self, bins: &LogBins) -> Vec<(u32, f64)> {
        let mut found: Vec<(u32, f64)> = Vec::new();
        for bucket in self.buckets() {
            let middle =
                if bucket.lower > 0.0 { bucket.lower.sqrt() * bucket.upper.sqrt() } else { bucket.upper };
            let bin = bins.bin(middle);
            match found.last_mut() {
                Some((last, count)) if *last == bin => *count += bucket.count,
                _ => found.push((bin, bucket.count)),
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::time::Duration;
    use watchglass_instrument::sketch::Sketch;

    #[test]
    fn bins_are_those_of_the_latency_sketch() {
        for nanos in [1, 999, 1_000, 1_001, 1_500, 2_000_000, 3_141_592_653, 3_600_000_000_000, u64::MAX] {
            let duration = Duration::from_nanos(nanos).min(Duration::from_secs(3600));
            let mut sketch = Sketch::new();
            sketch.record(duration);
            let value = LogBins::LATENCY.value(LogBins::LATENCY.bin(duration.as_secs_f64()));
            let expected = sketch.quantile(0.5).unwrap();
            assert!((value / expected - 1.0).abs() < 1e-12, "{nanos}: {value} for {expected}");
        }
    }

    #[test]
    fn invalid_bins_are_refused() {
        for (lowest, error, bins) in [
            (0.0, 0.01, 9),
            (f64::INFINITY, 0.01, 9),
            (1.0, 0.0, 9),
            (1.0, 1.0, 9),
            (1.0, f64::NAN, 9),
            (1.0, 0.01, 0),
        ] {
            assert_eq!(LogBins::new(lowest, error, bins), None, "{lowest} {error} {bins}");
        }
        let found = LogBins::new(1e-6, 0.01, 1102).unwrap();
        assert!((found.ln_gamma - LogBins::LATENCY.ln_gamma).abs() < 1e-15);
        assert_eq!([f64::NAN, -1.0, 0.0, f64::INFINITY].map(|value| found.bin(value)), [0, 0, 0, 1101]);
    }

    proptest! {
        #[test]
        fn sketches_survive_the_conversion(
            counts in proptest::collection::btree_map(0_u32..1102, 1_u64..1000, 0..200), schema in 6..=8,
        ) {
            let schema = Schema::new(schema).unwrap();
            let histogram =
                Histogram::from_log_bins(Flavor::Counter, schema, &LogBins::LATENCY, counts.clone(), 1.0);
            let found: Vec<_> = histogram.to_log_bins(&LogBins::LATENCY);
            let expected: Vec<_> = counts.into_iter().map(|(bin, count)| (bin, count as f64)).collect();
            prop_assert_eq!(found, expected);
        }

        #[test]
        fn quantiles_of_a_converted_sketch_are_within_the_errors(
            values in proptest::collection::vec(1e-6_f64..3600.0, 1..200), quantile in 0.0_f64..=1.0,
        ) {
            let bins = values.iter().map(|value| (LogBins::LATENCY.bin(*value), 1));
            let found = Histogram::from_log_bins(
                Flavor::Counter, LogBins::SCHEMA, &LogBins::LATENCY, bins, values.iter().sum(),
            );
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            let rank = (quantile * values.len() as f64).ceil() as usize;
            let exact = sorted[rank.clamp(1, values.len()) - 1];
            let estimate = found.quantile(quantile).unwrap();
            prop_assert!((estimate / exact - 1.0).abs() < 0.0128, "{} for {}", estimate, exact);
        }
    }
}
