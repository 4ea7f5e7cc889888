//! Lower resolutions: fewer buckets, larger zero bucket.

use crate::buckets::finite;
use crate::{Bounds, Histogram, Schema};

/// Usual limit of buckets: 160, the default of OpenTelemetry.
pub const USUAL_BUCKETS: usize = 160;

/// Limit of buckets for quantiles within 2 %: 640 are 20 powers of two of schema 5.
pub const PRECISE_BUCKETS: usize = 640;

impl Histogram {
    /// Lowers the schema. Without effect if it is not above `schema`, and for custom bounds. Counts remain exact.
    pub fn lower_schema(&mut self, schema: Schema) {
        let Bounds::Exponential { schema: current, .. } = &mut self.bounds else { return };
        let steps = current.steps_to(schema);
        if steps > 0 {
            *current = schema;
            self.positive = self.positive.lowered(steps);
            self.negative = self.negative.lowered(steps);
        }
    }

    /// Lowers the schema until there are at most `limit` populated buckets, the zero bucket not counted.
    ///
    /// The lowest schema has up to 133 buckets for positive and for negative values: more may remain if the limit is below.
    /// Custom bounds are kept.
    pub fn limit_buckets(&mut self, limit: usize) {
        let Some(schema) = self.schema() else { return };
        let len = |steps| self.positive.len_lowered(steps) + self.negative.len_lowered(steps);
        let most = schema.steps_to(Schema::MIN);
        let steps = (0..most).find(|steps| len(*steps) <= limit).unwrap_or(most);
        self.lower_schema(schema.lowered(steps));
    }

    /// Increases the zero threshold to `threshold`, finite: buckets that end there or below are added to the zero bucket.
    /// Without effect if the zero threshold is not below, and for custom bounds.
    pub fn widen_zero_bucket(&mut self, threshold: f64) {
        let Bounds::Exponential { schema, zero_threshold } = &mut self.bounds else { return };
        if threshold.is_nan() || threshold <= *zero_threshold || threshold.is_infinite() {
            return;
        }
        *zero_threshold = threshold;
        let Some(index) = schema.index(threshold) else { return };
        let last = if schema.upper_bound(index) == threshold { index } else { index - 1 };
        let moved = self.positive.remove_up_to(last) + self.negative.remove_up_to(last);
        self.zero_count = finite(self.zero_count + moved);
    }

    /// Upper bound of the populated bucket that has `threshold` in its middle.
    pub(crate) fn populated_bound_above(&self, threshold: f64) -> Option<f64> {
        let schema = self.schema()?;
        let index = schema.index(threshold)?;
        let is_populated = self.positive.get(index) != 0.0 || self.negative.get(index) != 0.0;
        let bound = schema.upper_bound(index);
        (is_populated && threshold < bound).then_some(bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Flavor;

    fn of(values: &[f64], zero_threshold: f64) -> Histogram {
        let mut found = Histogram::exponential(Flavor::Counter, Schema::MAX, zero_threshold).unwrap();
        values.iter().for_each(|value| found.observe(*value));
        found
    }

    #[test]
    fn lower_schema_equals_recording_with_it() {
        let values = [1e-300, 0.1, 0.2, 5.0, 5.01, -3.0, 1e300, f64::INFINITY, f64::NEG_INFINITY, 0.0];
        let finest = of(&values, 0.0);
        for number in -4..=8 {
            let schema = Schema::new(number).unwrap();
            let mut lowered = finest.clone();
            lowered.lower_schema(schema);
            let mut expected = Histogram::exponential(Flavor::Counter, schema, 0.0).unwrap();
            values.iter().for_each(|value| expected.observe(*value));
            assert_eq!(lowered, expected);
            lowered.lower_schema(Schema::MAX);
            assert_eq!(lowered, expected, "never raised");
        }
    }

    #[test]
    fn number_of_buckets_is_limited() {
        let mut found = of(&(1..=1000).map(f64::from).collect::<Vec<_>>(), 0.0);
        assert!(found.len() > 600, "{}", found.len());
        found.limit_buckets(160);
        assert_eq!((found.schema(), found.count()), (Schema::new(4), 1000.0));
        assert!(found.len() <= 160 && found.positive().total() == 1000.0);
        found.limit_buckets(0);
        assert_eq!((found.schema(), found.len()), (Some(Schema::MIN), 2));
    }

    #[test]
    fn widest_range_has_few_buckets_of_the_lowest_schema() {
        let values = (-1074..1024).map(|exponent| f64::exp2(f64::from(exponent)));
        let mut found = of(&values.chain([f64::INFINITY, f64::MAX]).collect::<Vec<_>>(), 0.0);
        found.limit_buckets(1);
        assert_eq!(found.len(), 133);
    }

    #[test]
    fn zero_bucket_takes_the_buckets_within() {
        let mut found = of(&[0.1, 1.0, 1.5, -1.0, 3.0], 0.0);
        found.lower_schema(Schema::new(0).unwrap());
        found.widen_zero_bucket(1.0);
        assert_eq!((found.zero_count(), found.zero_threshold(), found.len()), (3.0, 1.0, 2));
        // A part of the bucket up to 2.
        found.widen_zero_bucket(1.9);
        assert_eq!((found.zero_count(), found.len()), (3.0, 2));
        assert_eq!(found.populated_bound_above(1.9), Some(2.0));
        found.widen_zero_bucket(0.5);
        found.widen_zero_bucket(f64::NAN);
        assert_eq!(found.zero_threshold(), 1.9);
    }
}
