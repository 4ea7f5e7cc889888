//! Cumulative histograms: resets and increases.

use crate::{Bounds, Flavor, Histogram, MAX_BUCKETS};

impl Histogram {
    /// Whether this counter was reset after `earlier`, the sample before, by the procedure of
    /// [Prometheus](https://prometheus.io/docs/specs/native_histograms/#counter-reset-considerations).
    ///
    /// It was reset if the number of observations or of those in any bucket fell. A lower schema and a larger zero threshold
    /// are no reset if they result from merging buckets; other changes of the bounds are. A smaller sum is no reset, since
    /// observations may be negative. A gauge is never reset; a counter after a gauge or a stale marker always is.
    pub fn is_reset_since(&self, earlier: &Self) -> bool {
        if self.flavor == Flavor::Gauge || self.is_stale() {
            return false;
        }
        if earlier.flavor == Flavor::Gauge || earlier.is_stale() || self.count < earlier.count {
            return true;
        }
        match (&self.bounds, &earlier.bounds) {
            (Bounds::Custom(now), Bounds::Custom(before)) => now != before || self.has_fallen_since(earlier),
            (
                Bounds::Exponential { schema, zero_threshold },
                Bounds::Exponential { schema: schema_before, zero_threshold: threshold_before },
            ) => {
                if schema > schema_before || zero_threshold < threshold_before {
                    return true;
                }
                if schema == schema_before && zero_threshold == threshold_before {
                    return self.has_fallen_since(earlier);
                }
                // A bucket that the new threshold divides cannot have been merged.
                let is_divided = zero_threshold > threshold_before
                    && earlier.populated_bound_above(*zero_threshold).is_some();
                let mut lowered = earlier.clone();
                lowered.widen_zero_bucket(*zero_threshold);
                lowered.lower_schema(*schema);
                is_divided || self.has_fallen_since(&lowered)
            }
            _ => true,
        }
    }

    /// Whether any count is below that of an earlier histogram with the same bounds.
    fn has_fallen_since(&self, earlier: &Self) -> bool {
        let sides = [(&self.positive, &earlier.positive), (&self.negative, &earlier.negative)];
        self.zero_count < earlier.zero_count
            || sides
                .into_iter()
                .any(|(now, before)| before.iter().any(|(index, count)| now.get(index) < count))
    }

    /// The observations since `earlier`, an earlier sample of the same counter, as a gauge. `None` after a reset, since an
    /// unknown number of observations is missing, and for stale markers.
    ///
    /// `earlier` plus the increase is this histogram. Divided by the seconds between the samples
    /// ([`scale`](Self::scale)), it is a rate.
    pub fn increase_since(&self, earlier: &Self) -> Option<Self> {
        if self.is_stale() || earlier.is_stale() || self.is_reset_since(earlier) {
            return None;
        }
        let mut increase = self.clone();
        increase.subtract(earlier, MAX_BUCKETS);
        Some(increase)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_support::of;

    #[test]
    fn fallen_counts_are_resets() {
        let before = of(3, 0.0, &[1.0, 1.0, 0.0, -4.0]);
        for (values, is_reset) in [
            (&[1.0, 1.0, 0.0, -4.0][..], false),
            (&[1.0, 1.0, 0.0, -4.0, 9.0], false),
            // The sum falls.
            (&[1.0, 1.0, 0.0, -4.0, -9.0], false),
            (&[1.0, 1.0, 0.0], true),
            // The same number in other buckets.
            (&[1.0, 2.0, 0.0, -4.0], true),
            (&[1.0, 1.0, 2.0, -4.0], true),
            (&[1.0, 1.0, 0.0, 4.0], true),
        ] {
            let now = of(3, 0.0, values);
            assert_eq!(now.is_reset_since(&before), is_reset, "{values:?}");
            assert_eq!(now.increase_since(&before).is_none(), is_reset, "{values:?}");
        }
    }

    #[test]
    fn lower_resolution_is_no_reset() {
        let values = [0.3, 1.0, 5.0];
        let before = of(3, 0.0, &values);
        let more = [values.as_slice(), &[2.0, 0.31]].concat();
        for (schema, zero_threshold, is_reset) in [
            (2, 0.0, false),
            (-4, 0.0, false),
            (4, 0.0, true),
            (3, 0.5, false),
            (0, 1.0, false),
            // Within the populated bucket of 0.3 and 0.31.
            (3, 0.301, true),
        ] {
            let now = of(schema, zero_threshold, &more);
            assert_eq!(now.is_reset_since(&before), is_reset, "{schema} {zero_threshold}");
            if let Some(increase) = now.increase_since(&before) {
                assert_eq!(increase, {
                    let mut expected = of(schema, zero_threshold, &[2.0, 0.31]);
                    expected.sum = now.sum - before.sum;
                    expected.set_flavor(Flavor::Gauge);
                    expected
                });
            }
        }
        assert!(before.is_reset_since(&of(3, 0.5, &[])), "a smaller zero threshold");
    }

    #[test]
    fn other_bounds_and_flavors_are_resets() {
        let mut before = Histogram::custom(Flavor::Counter, &[1.0, 2.0]).unwrap();
        before.observe(1.5);
        let mut now = before.clone();
        now.observe(0.5);
        assert!(!now.is_reset_since(&before));
        assert_eq!(
            now.increase_since(&before).map(|increase| (increase.count, increase.sum)),
            Some((1.0, 0.5))
        );
        let other = Histogram::custom(Flavor::Counter, &[1.0, 3.0]).unwrap();
        let exponential = of(3, 0.0, &[]);
        let mut gauge = before.clone();
        gauge.set_flavor(Flavor::Gauge);
        for earlier in [&other, &exponential, &gauge, &Histogram::stale(Flavor::Counter)] {
            assert!(now.is_reset_since(earlier), "{earlier:?}");
            assert_eq!(now.increase_since(earlier), None);
        }
        assert!(!gauge.is_reset_since(&now), "a gauge has no resets");
        assert_eq!(Histogram::stale(Flavor::Counter).increase_since(&now), None);
    }
}
