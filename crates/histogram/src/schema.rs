//! Exponential bucket bounds.

use crate::fractions::FRACTIONS;

/// Fraction bits of an f64.
const FRACTION_BITS: u32 = 52;
const FRACTION_MASK: u64 = (1 << FRACTION_BITS) - 1;
const EXPONENT_BIAS: i32 = 1023;
/// Entries of the table: buckets for each power of two at the highest resolution.
const TABLE: i32 = 1 << Schema::MAX.0;

/// Resolution of exponential buckets, from −4 to 8: there are 2^schema buckets for each power of two.
///
/// The bucket with index i has values above b^(i − 1) and up to b^i, with b = 2^(2^−schema). Each step down merges two
/// neighbouring buckets into one. This is the `schema` of
/// [Prometheus](https://prometheus.io/docs/specs/native_histograms/#schema) and the `scale` of
/// [OpenTelemetry](https://opentelemetry.io/docs/specs/otel/metrics/data-model/#exponentialhistogram), whose indexes are
/// lower by one.
///
/// | schema | factor b | maximum error of a quantile |
/// |---|---|---|
/// | 3 | 1.0905 | 9.05 % |
/// | 4 | 1.0443 | 4.43 % |
/// | 5 | 1.0219 | 2.19 % |
/// | 6 | 1.0109 | 1.09 % |
/// | 7 | 1.0054 | 0.54 % |
/// | 8 | 1.0027 | 0.27 % |
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Schema(i8);

impl Schema {
    /// Lowest resolution: bounds grow by the factor 65,536.
    pub const MIN: Self = Self(-4);
    /// Highest resolution: bounds grow by 0.27 %.
    pub const MAX: Self = Self(8);

    /// A schema from −4 to 8.
    pub fn new(schema: i32) -> Option<Self> {
        i8::try_from(schema).ok().map(Self).filter(|schema| (Self::MIN..=Self::MAX).contains(schema))
    }

    /// The number, from −4 to 8.
    pub fn number(self) -> i32 {
        i32::from(self.0)
    }

    /// The factor b between two bounds, above 1.
    pub fn factor(self) -> f64 {
        f64::exp2(f64::exp2(-f64::from(self.0)))
    }

    /// Steps down to a lower schema; 0 if `lower` is not lower.
    pub(crate) fn steps_to(self, lower: Self) -> u32 {
        u32::try_from(self.number() - lower.number()).unwrap_or_default()
    }

    /// The schema that is `steps` lower, at least [`MIN`](Self::MIN).
    pub(crate) fn lowered(self, steps: u32) -> Self {
        let steps = i32::try_from(steps).unwrap_or(i32::MAX);
        Self::new(self.number().saturating_sub(steps)).unwrap_or(Self::MIN)
    }

    /// Index of the bucket of a value, by its absolute value. Infinity has the bucket above that of [`f64::MAX`].
    /// `None` for zero and NaN, which are in no bucket.
    pub fn index(self, value: f64) -> Option<i32> {
        let value = value.abs();
        if value.is_nan() || value == 0.0 {
            return None;
        }
        if value.is_infinite() {
            return Some(self.overflow_index());
        }
        // Subnormal numbers are made normal.
        let (normal, shift) =
            if value < f64::MIN_POSITIVE { (value * power_of_two(54), 54) } else { (value, 0) };
        let exponent = i32::try_from(normal.to_bits() >> FRACTION_BITS).unwrap_or_default();
        let fraction = normal.to_bits() & FRACTION_MASK;
        let place = FRACTIONS.partition_point(|bound| *bound < fraction);
        let finest = (exponent - EXPONENT_BIAS - shift) * TABLE + i32::try_from(place).unwrap_or(TABLE);
        Some(lower_index(finest, Self::MAX.steps_to(self)))
    }

    /// Index of the bucket of infinity, the highest one.
    pub(crate) fn overflow_index(self) -> i32 {
        lower_index(1024 * TABLE + 1, Self::MAX.steps_to(self))
    }

    /// Index of the bucket of the smallest positive f64, the lowest one.
    pub(crate) fn lowest_index(self) -> i32 {
        lower_index(-1074 * TABLE, Self::MAX.steps_to(self))
    }

    /// Whether a bucket with this index has values of f64.
    pub(crate) fn has_index(self, index: i32) -> bool {
        (self.lowest_index()..=self.overflow_index()).contains(&index)
    }

    /// Inclusive upper bound of a positive bucket: [`f64::MAX`] for its bucket, infinity for those above, 0 for those
    /// that have no f64.
    pub fn upper_bound(self, index: i32) -> f64 {
        let finest = i64::from(index) << Self::MAX.steps_to(self);
        let exponent = finest.div_euclid(i64::from(TABLE)).clamp(-4096, 4096);
        let exponent = i32::try_from(exponent).unwrap_or_default();
        if exponent > EXPONENT_BIAS {
            return if index < self.overflow_index() { f64::MAX } else { f64::INFINITY };
        }
        let place = usize::try_from(finest.rem_euclid(i64::from(TABLE))).unwrap_or_default();
        let fraction = FRACTIONS.get(place).copied().unwrap_or_default();
        if exponent > -EXPONENT_BIAS {
            return f64::from_bits(power_of_two(exponent).to_bits() | fraction);
        }
        // Subnormal: rounded down, so that a value is up to the bound only if it is in the bucket.
        let lost = u32::try_from(1 - EXPONENT_BIAS - exponent).unwrap_or(u32::MAX);
        f64::from_bits((1 << FRACTION_BITS | fraction).checked_shr(lost).unwrap_or_default())
    }

    /// Exclusive lower bound of a positive bucket.
    pub fn lower_bound(self, index: i32) -> f64 {
        self.upper_bound(index.saturating_sub(1))
    }
}

/// Index of the bucket of a lower schema that has all values of a bucket.
pub(crate) fn lower_index(index: i32, steps: u32) -> i32 {
    (index.saturating_sub(1) >> steps.min(31)) + 1
}

/// 2^exponent, for exponents from −1022 to 1023.
pub(crate) fn power_of_two(exponent: i32) -> f64 {
    let biased = u64::try_from(exponent + EXPONENT_BIAS).unwrap_or_default();
    f64::from_bits(biased << FRACTION_BITS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn schemas() -> impl Iterator<Item = Schema> {
        (-4..=8).filter_map(Schema::new)
    }

    #[test]
    fn schemas_outside_the_range_are_invalid() {
        assert_eq!([-5, 9, i32::MIN, i32::MAX].map(Schema::new), [None; 4]);
        assert_eq!(schemas().count(), 13);
    }

    #[test]
    fn powers_of_two_are_upper_bounds() {
        let schema = Schema::new(3).unwrap();
        assert_eq!([0.5, 1.0, 2.0, 4.0].map(|value| schema.index(value)), [-8, 0, 8, 16].map(Some));
        assert_eq!([-8, 0, 8, 16].map(|index| schema.upper_bound(index)), [0.5, 1.0, 2.0, 4.0]);
        assert_eq!(schema.index(1.0_f64.next_up()), Some(1));
        assert_eq!(Schema::MIN.index(65_536.0), Some(1));
        assert_eq!(Schema::MIN.index(65_537.0), Some(2));
    }

    /// The examples of the specification of Prometheus.
    #[test]
    fn largest_numbers_have_buckets_of_their_own() {
        assert_eq!(Schema::MAX.index(f64::MAX), Some(262_144));
        assert_eq!(Schema::MAX.index(f64::INFINITY), Some(262_145));
        for schema in schemas() {
            let last = schema.index(f64::MAX).unwrap();
            assert_eq!(schema.index(f64::INFINITY), Some(last + 1));
            assert_eq!((schema.upper_bound(last), schema.upper_bound(last + 1)), (f64::MAX, f64::INFINITY));
            assert_eq!(schema.lower_bound(last + 1), f64::MAX);
            assert!(schema.upper_bound(last - 1) < f64::MAX);
            assert!(!schema.has_index(last + 2));
        }
    }

    #[test]
    fn smallest_numbers_have_buckets() {
        for schema in schemas() {
            let smallest = f64::from_bits(1);
            let index = schema.index(smallest).unwrap();
            assert_eq!(index, schema.lowest_index());
            assert!(schema.upper_bound(index) >= smallest, "{schema:?}");
            assert!(schema.lower_bound(index) < smallest, "{schema:?}");
            assert_eq!(schema.upper_bound(i32::MIN), 0.0);
        }
    }

    #[test]
    fn bounds_are_powers_of_the_factor() {
        for schema in schemas() {
            for index in [-100, -3, -1, 0, 1, 2, 60] {
                let exponent = f64::from(index) * f64::exp2(-f64::from(schema.number()));
                let (bound, expected) = (schema.upper_bound(index), f64::exp2(exponent));
                let is_close = bound == expected || (bound / expected - 1.0).abs() < 1e-13;
                assert!(is_close, "{schema:?} {index}: {bound} for {expected}");
            }
        }
    }

    proptest! {
        #[test]
        fn values_are_within_the_bounds_of_their_bucket(
            bits in prop_oneof![1..f64::INFINITY.to_bits(), 1_u64..1000, 1..f64::MIN_POSITIVE.to_bits()], schema in -4..=8,
        ) {
            let (value, schema) = (f64::from_bits(bits), Schema::new(schema).unwrap());
            let index = schema.index(value).unwrap();
            prop_assert!(schema.has_index(index));
            prop_assert!(schema.lower_bound(index) < value && value <= schema.upper_bound(index));
            prop_assert_eq!(schema.index(-value), Some(index));
        }

        #[test]
        fn bounds_are_in_the_bucket_that_they_end(index in -1000..1000, schema in -4..=8) {
            let schema = Schema::new(schema).unwrap();
            let bound = schema.upper_bound(index);
            if bound > 0.0 && bound < f64::MAX {
                prop_assert_eq!(schema.index(bound), Some(index));
                prop_assert_eq!(schema.index(bound.next_up()), Some(index + 1));
            }
        }
    }
}
