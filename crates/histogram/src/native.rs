//! Histograms as the formats of Prometheus and OpenTelemetry have them.

use crate::schema::lower_index;
use crate::{Bounds, Buckets, Flavor, Histogram, InvalidHistogram, MAX_BUCKETS, Schema, Span};

/// Schema of histograms with custom bounds.
pub const CUSTOM_SCHEMA: i32 = -53;

/// Highest schema that is accepted; those above 8 are lowered.
const MAX_ACCEPTED_SCHEMA: i32 = 52;

/// The fields of a native histogram, as in remote write and the protobuf exposition of Prometheus.
///
/// Counts are those of each bucket: deltas of integer histograms must be summed up first. A data point of OpenTelemetry has
/// one span on each side, whose offset is the offset of OpenTelemetry plus one; its scale is the schema, and scales below −4
/// are invalid here.
#[derive(Clone, Debug, PartialEq)]
pub struct NativeHistogram {
    /// Whether counts are cumulative.
    pub flavor: Flavor,
    /// −4 to 8, or [`CUSTOM_SCHEMA`]; read up to 52.
    pub schema: i32,
    /// Number of observations, including NaN.
    pub count: f64,
    /// Sum of the observations; [`STALE_NAN`](crate::STALE_NAN) for a stale marker, whose other fields are ignored.
    pub sum: f64,
    /// Observations from −`zero_threshold` to `zero_threshold` are in the zero bucket.
    pub zero_threshold: f64,
    /// Number of observations in the zero bucket.
    pub zero_count: f64,
    /// Positions of `positive_counts`.
    pub positive_spans: Vec<Span>,
    /// Counts of the buckets of positive observations, or of all buckets if bounds are custom.
    pub positive_counts: Vec<f64>,
    /// Positions of `negative_counts`.
    pub negative_spans: Vec<Span>,
    /// Counts of the buckets of negative observations.
    pub negative_counts: Vec<f64>,
    /// Upper bounds of custom buckets.
    pub custom_bounds: Vec<f64>,
}

impl NativeHistogram {
    /// Checks the fields and converts them. Schemas above 8 are lowered to 8, and more than [`MAX_BUCKETS`] buckets are
    /// merged.
    ///
    /// # Errors
    /// The first invalid field.
    pub fn into_histogram(self) -> Result<Histogram, InvalidHistogram> {
        if self.sum.to_bits() == crate::STALE_NAN.to_bits() {
            return Ok(Histogram::stale(self.flavor));
        }
        let mut found = if self.schema == CUSTOM_SCHEMA {
            Histogram::custom(self.flavor, &self.custom_bounds)?
        } else {
            let is_known = (Schema::MIN.number()..=MAX_ACCEPTED_SCHEMA).contains(&self.schema);
            let schema = Schema::new(self.schema.min(Schema::MAX.number())).filter(|_| is_known);
            let schema = schema.ok_or(InvalidHistogram::Schema { found: self.schema })?;
            Histogram::exponential(self.flavor, schema, self.zero_threshold)?
        };
        let steps = match found.bounds {
            Bounds::Exponential { schema, .. } => u32::try_from(self.schema - schema.number()).unwrap_or(0),
            Bounds::Custom(_) => 0,
        };
        (found.count, found.sum) = (checked(self.count)?, self.sum);
        found.positive = buckets(&self.positive_spans, &self.positive_counts, steps)?;
        if found.schema().is_some() {
            found.zero_count = checked(self.zero_count)?;
            found.negative = buckets(&self.negative_spans, &self.negative_counts, steps)?;
        }
        check_buckets(&found)?;
        found.limit_buckets(MAX_BUCKETS);
        Ok(found)
    }
}

impl From<&Histogram> for NativeHistogram {
    fn from(histogram: &Histogram) -> Self {
        let custom_bounds = match &histogram.bounds {
            Bounds::Custom(bounds) => bounds.to_vec(),
            Bounds::Exponential { .. } => Vec::new(),
        };
        let counts = |buckets: &Buckets| buckets.iter().map(|(_, count)| count).collect();
        Self {
            flavor: histogram.flavor,
            schema: histogram.schema().map_or(CUSTOM_SCHEMA, Schema::number),
            count: histogram.count,
            sum: histogram.sum,
            zero_threshold: histogram.zero_threshold(),
            zero_count: histogram.zero_count,
            positive_spans: histogram.positive.spans(),
            positive_counts: counts(&histogram.positive),
            negative_spans: histogram.negative.spans(),
            negative_counts: counts(&histogram.negative),
            custom_bounds,
        }
    }
}

fn checked(count: f64) -> Result<f64, InvalidHistogram> {
    if !(0.0..=f64::MAX).contains(&count) {
        return Err(InvalidHistogram::Count { found: count });
    }
    Ok(count)
}

/// The buckets of spans, whose indexes are those of a schema higher by `steps`.
fn buckets(spans: &[Span], counts: &[f64], steps: u32) -> Result<Buckets, InvalidHistogram> {
    // Checked before anything is made of the lengths.
    let length: u64 = spans.iter().map(|span| u64::from(span.length)).sum();
    if usize::try_from(length).ok() != Some(counts.len()) {
        return Err(InvalidHistogram::Spans);
    }
    let mut found = Vec::with_capacity(counts.len());
    let mut counts = counts.iter();
    let mut next = 0_i32;
    for (place, span) in spans.iter().enumerate() {
        if place > 0 && span.offset < 0 {
            return Err(InvalidHistogram::Spans);
        }
        next = next.checked_add(span.offset).ok_or(InvalidHistogram::Spans)?;
        for count in counts.by_ref().take(usize::try_from(span.length).unwrap_or(usize::MAX)) {
            found.push((lower_index(next, steps), checked(*count)?));
            next = next.checked_add(1).ok_or(InvalidHistogram::Spans)?;
        }
    }
    Ok(Buckets::from_ascending(found))
}

/// Checks that all buckets are in the range of the bounds.
pub(crate) fn check_buckets(histogram: &Histogram) -> Result<(), InvalidHistogram> {
    let is_valid = |is_negative: bool, index: i32| match &histogram.bounds {
        Bounds::Exponential { schema, .. } => schema.has_index(index),
        Bounds::Custom(bounds) => {
            !is_negative && usize::try_from(index).is_ok_and(|index| index <= bounds.len())
        }
    };
    if histogram.schema().is_none() && histogram.zero_count != 0.0 {
        return Err(InvalidHistogram::Count { found: histogram.zero_count });
    }
    let positive = histogram.positive.iter().map(|(index, _)| (false, index));
    let negative = histogram.negative.iter().map(|(index, _)| (true, index));
    let invalid = positive.chain(negative).find(|(is_negative, index)| !is_valid(*is_negative, *index));
    invalid.map_or(Ok(()), |(_, index)| Err(InvalidHistogram::BucketIndex { index }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn native(schema: i32, spans: &[(i32, u32)], counts: &[f64]) -> NativeHistogram {
        NativeHistogram {
            flavor: Flavor::Counter,
            schema,
            count: counts.iter().sum(),
            sum: 5.0,
            zero_threshold: 0.0,
            zero_count: 0.0,
            positive_spans: spans.iter().map(|&(offset, length)| Span { offset, length }).collect(),
            positive_counts: counts.to_vec(),
            negative_spans: Vec::new(),
            negative_counts: Vec::new(),
            custom_bounds: Vec::new(),
        }
    }

    #[test]
    fn spans_with_empty_buckets_are_the_same_histogram() {
        let compact = native(0, &[(-2, 2), (2, 1), (1, 2)], &[3.0, 5.0, 1.0, 3.0, 2.0]);
        let expected = compact.clone().into_histogram().unwrap();
        assert_eq!(NativeHistogram::from(&expected), compact);
        for (spans, counts) in [
            (&[(-2, 2), (2, 4)][..], &[3.0, 5.0, 1.0, 0.0, 3.0, 2.0][..]),
            (&[(-2, 8)], &[3.0, 5.0, 0.0, 0.0, 1.0, 0.0, 3.0, 2.0]),
            (&[(-3, 0), (1, 2), (0, 0), (2, 1), (1, 1), (0, 1)], &[3.0, 5.0, 1.0, 3.0, 2.0]),
        ] {
            assert_eq!(native(0, spans, counts).into_histogram(), Ok(expected.clone()));
        }
    }

    #[test]
    fn invalid_fields_are_errors() {
        use InvalidHistogram::{BucketIndex, Count, CustomBounds, Schema, Spans, ZeroThreshold};
        let error = |native: NativeHistogram| native.into_histogram().unwrap_err();
        for found in [-5, -9, 53, i32::MIN, i32::MAX] {
            assert_eq!(error(native(found, &[], &[])), Schema { found });
        }
        for (spans, counts) in [
            (&[(0, 2)][..], &[1.0][..]),
            (&[(0, 1)], &[1.0, 1.0]),
            (&[(0, 1), (-1, 1)], &[1.0, 1.0]),
            (&[(i32::MAX, 1)], &[1.0]),
            (&[(1, 0), (i32::MAX, 1)], &[1.0]),
            (&[(0, u32::MAX), (0, u32::MAX)], &[]),
        ] {
            assert_eq!(error(native(3, spans, counts)), Spans, "{spans:?}");
        }
        for index in [1 << 20, -(1 << 20), 8194] {
            assert_eq!(error(native(3, &[(index, 1)], &[1.0])), BucketIndex { index });
        }
        assert!(native(3, &[(8193, 1)], &[1.0]).into_histogram().is_ok(), "the bucket of infinity");
        for found in [-1.0, f64::INFINITY] {
            assert_eq!(error(native(3, &[(0, 1)], &[found])), Count { found });
            assert_eq!(error(NativeHistogram { count: found, ..native(3, &[], &[]) }), Count { found });
            assert_eq!(error(NativeHistogram { zero_count: found, ..native(3, &[], &[]) }), Count { found });
            let threshold = NativeHistogram { zero_threshold: found, ..native(3, &[], &[]) };
            assert_eq!(error(threshold), ZeroThreshold { found });
        }
        let custom = NativeHistogram { custom_bounds: vec![2.0, 1.0], ..native(CUSTOM_SCHEMA, &[], &[]) };
        assert_eq!(error(custom), CustomBounds);
        let custom = NativeHistogram { custom_bounds: vec![1.0], ..native(CUSTOM_SCHEMA, &[(2, 1)], &[1.0]) };
        assert_eq!(error(custom), BucketIndex { index: 2 });
    }

    #[test]
    fn higher_schemas_are_lowered() {
        // Buckets 512 and 513 of schema 9 are 256 and 257 of schema 8; 1 << 24 of schema 20 is 1 << 12 of schema 8.
        let found = native(9, &[(512, 2)], &[1.0, 2.0]).into_histogram().unwrap();
        assert_eq!(found.positive().iter().collect::<Vec<_>>(), [(256, 1.0), (257, 2.0)]);
        let found = native(20, &[(1 << 24, 1)], &[1.0]).into_histogram().unwrap();
        assert_eq!(found.positive().iter().collect::<Vec<_>>(), [(1 << 12, 1.0)]);
    }

    #[test]
    fn stale_marker_is_read_whatever_its_other_fields_are() {
        let stale = NativeHistogram { sum: crate::STALE_NAN, ..native(99, &[(0, 7)], &[]) };
        let found = stale.into_histogram().unwrap();
        assert!(found.is_stale());
        assert!(NativeHistogram::from(&found).into_histogram().unwrap().is_stale());
    }

    #[test]
    fn custom_bounds_are_read_and_written() {
        let custom = NativeHistogram {
            custom_bounds: vec![0.0, 1.0, 2.0],
            ..native(CUSTOM_SCHEMA, &[(1, 1), (1, 1)], &[1.0, 2.0])
        };
        let found = custom.clone().into_histogram().unwrap();
        assert_eq!(NativeHistogram::from(&found), custom);
        let bounds: Vec<_> = found.buckets().map(|bucket| (bucket.lower, bucket.upper)).collect();
        assert_eq!(bounds, [(0.0, 1.0), (2.0, f64::INFINITY)]);
    }
}
