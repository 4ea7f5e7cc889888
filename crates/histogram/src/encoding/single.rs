//! Encoding of one histogram.

use super::bytes::{Bytes, put_f64, put_signed, put_varint};
use super::whole::{self, WholeCounts};
use crate::native::check_buckets;
use crate::schema::power_of_two;
use crate::{
    Bounds, Buckets, DecodeError, Flavor, Histogram, MAX_BUCKETS, MAX_CUSTOM_BOUNDS, STALE_NAN, Schema,
};

const VERSION: u8 = 1;

const GAUGE: u8 = 1;
const CUSTOM: u8 = 2;
const FLOATS: u8 = 4;
const STALE: u8 = 8;

/// Zero thresholds of one byte: 2^(byte − 202).
const POWERS: std::ops::RangeInclusive<u8> = 2..=255;
const POWER_BIAS: i32 = 202;

const DAMAGED_BOUNDS: DecodeError = DecodeError::Damaged("invalid bounds");
const DAMAGED_BUCKETS: DecodeError = DecodeError::Damaged("invalid buckets");
const DAMAGED_COUNT: DecodeError = DecodeError::Damaged("count out of range");

impl Histogram {
    /// The stored form of one histogram, which begins with its version. Lossless, except that a stale marker has no other
    /// fields.
    ///
    /// For the samples of one series, [`SequenceWriter`](crate::SequenceWriter) takes less.
    pub fn encode(&self) -> Vec<u8> {
        let mut out = vec![VERSION];
        let flags = if self.flavor == Flavor::Gauge { GAUGE } else { 0 };
        if self.is_stale() {
            out.push(flags | STALE);
            return out;
        }
        let counts = WholeCounts::of(self);
        let flags = flags | if counts.is_some() { 0 } else { FLOATS };
        match &self.bounds {
            Bounds::Exponential { schema, zero_threshold } => {
                out.push(flags);
                out.extend((schema.number() as i8).to_le_bytes());
                put_threshold(&mut out, *zero_threshold);
            }
            Bounds::Custom(bounds) => {
                out.push(flags | CUSTOM);
                put_varint(&mut out, bounds.len() as u64);
                bounds.iter().for_each(|bound| put_f64(&mut out, *bound));
            }
        }
        put_f64(&mut out, self.sum);
        put_spans(&mut out, &self.positive);
        put_spans(&mut out, &self.negative);
        match counts {
            Some(counts) => {
                put_signed(&mut out, counts.outside);
                put_signed(&mut out, counts.zero);
                let mut before = 0;
                for (_, count) in counts.buckets {
                    put_signed(&mut out, count - before);
                    before = count;
                }
            }
            None => {
                let buckets = self.positive.iter().chain(self.negative.iter());
                let counts = buckets.map(|(_, count)| count);
                [self.count, self.zero_count]
                    .into_iter()
                    .chain(counts)
                    .for_each(|count| put_f64(&mut out, count));
            }
        }
        out
    }

    /// Reads what [`encode`](Self::encode) wrote. Uses memory in proportion to the length of `bytes`.
    ///
    /// # Errors
    /// Unknown version, or damaged bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut bytes = Bytes(bytes);
        let found = bytes.byte()?;
        if found != VERSION {
            return Err(DecodeError::Version { found });
        }
        let histogram = read(&mut bytes)?;
        if !bytes.0.is_empty() {
            return Err(DecodeError::Damaged("bytes after the end"));
        }
        Ok(histogram)
    }
}

/// Reads a histogram after its version.
fn read(bytes: &mut Bytes<'_>) -> Result<Histogram, DecodeError> {
    let flags = bytes.byte()?;
    if flags & !(GAUGE | CUSTOM | FLOATS | STALE) != 0 {
        return Err(DecodeError::Damaged("unknown flags"));
    }
    let flavor = if flags & GAUGE != 0 { Flavor::Gauge } else { Flavor::Counter };
    if flags & STALE != 0 {
        return Ok(Histogram::stale(flavor));
    }
    let mut found = if flags & CUSTOM == 0 {
        let schema = Schema::new(i32::from(i8::from_le_bytes(bytes.array()?))).ok_or(DAMAGED_BOUNDS)?;
        Histogram::exponential(flavor, schema, read_threshold(bytes)?)
    } else {
        let length = bytes.count(MAX_CUSTOM_BOUNDS)?;
        let bounds: Vec<f64> = (0..length).map(|_| bytes.f64()).collect::<Result<_, _>>()?;
        Histogram::custom(flavor, &bounds)
    }
    .map_err(|_| DAMAGED_BOUNDS)?;
    found.sum = bytes.f64()?;
    if found.sum.to_bits() == STALE_NAN.to_bits() {
        return Err(DecodeError::Damaged("stale marker with counts"));
    }
    let positive = read_spans(bytes)?;
    let negative = read_spans(bytes)?;
    if positive.len() + negative.len() > MAX_BUCKETS {
        return Err(DAMAGED_BUCKETS);
    }
    let read_counts = if flags & FLOATS == 0 { read_whole } else { read_floats };
    let (count, zero_count, mut counts) = read_counts(bytes, positive.len() + negative.len())?;
    let negative_counts = counts.split_off(positive.len());
    (found.count, found.zero_count) = (count, zero_count);
    found.positive = Buckets::from_ascending(positive.into_iter().zip(counts));
    found.negative = Buckets::from_ascending(negative.into_iter().zip(negative_counts));
    check_buckets(&found).map_err(|_| DAMAGED_BUCKETS)?;
    Ok(found)
}

fn read_whole(bytes: &mut Bytes<'_>, buckets: usize) -> Result<(f64, f64, Vec<f64>), DecodeError> {
    let (outside, zero) = (bytes.signed()?, bytes.signed()?);
    let (mut before, mut total) = (0_i64, zero);
    let mut counts = Vec::with_capacity(buckets.min(bytes.0.len()));
    for _ in 0..buckets {
        before = before.checked_add(bytes.signed()?).ok_or(DAMAGED_COUNT)?;
        total = total.checked_add(before).ok_or(DAMAGED_COUNT)?;
        counts.push(whole::count(before).ok_or(DAMAGED_COUNT)?);
    }
    let count = total.checked_add(outside).and_then(whole::count).ok_or(DAMAGED_COUNT)?;
    Ok((count, whole::count(zero).ok_or(DAMAGED_COUNT)?, counts))
}

fn read_floats(bytes: &mut Bytes<'_>, buckets: usize) -> Result<(f64, f64, Vec<f64>), DecodeError> {
    let mut read =
        || bytes.f64().and_then(|count| if count.is_finite() { Ok(count) } else { Err(DAMAGED_COUNT) });
    let (count, zero) = (read()?, read()?);
    let counts = (0..buckets).map(|_| read()).collect::<Result<_, _>>()?;
    Ok((count, zero, counts))
}

fn put_threshold(out: &mut Vec<u8>, threshold: f64) {
    let power = POWERS.into_iter().find(|power| power_threshold(*power) == threshold);
    match power {
        Some(power) => out.push(power),
        None if threshold == 0.0 => out.push(0),
        None => {
            out.push(1);
            put_f64(out, threshold);
        }
    }
}

fn power_threshold(power: u8) -> f64 {
    power_of_two(i32::from(power) - POWER_BIAS)
}

fn read_threshold(bytes: &mut Bytes<'_>) -> Result<f64, DecodeError> {
    Ok(match bytes.byte()? {
        0 => 0.0,
        1 => bytes.f64()?,
        power => power_threshold(power),
    })
}

fn put_spans(out: &mut Vec<u8>, buckets: &Buckets) {
    let spans = buckets.spans();
    put_varint(out, spans.len() as u64);
    for span in spans {
        put_signed(out, i64::from(span.offset));
        put_varint(out, u64::from(span.length));
    }
}

/// Indexes of the buckets of spans. Each takes a byte at least of what follows, so there are no more.
fn read_spans(bytes: &mut Bytes<'_>) -> Result<Vec<i32>, DecodeError> {
    let spans = bytes.count(MAX_BUCKETS)?;
    let mut indexes: Vec<i32> = Vec::new();
    let mut next = 0_i64;
    for place in 0..spans {
        let offset = bytes.signed()?;
        // Neighbouring spans would be one, so an offset of 0 is damage, as is an empty span.
        if place > 0 && offset < 1 {
            return Err(DAMAGED_BUCKETS);
        }
        let length = bytes.count(bytes.0.len().min(MAX_BUCKETS - indexes.len()))?;
        next = next.checked_add(offset).ok_or(DAMAGED_BUCKETS)?;
        let end = i64::try_from(length).ok().and_then(|length| next.checked_add(length));
        let end = end.filter(|end| *end > next).ok_or(DAMAGED_BUCKETS)?;
        for index in next..end {
            indexes.push(i32::try_from(index).map_err(|_| DAMAGED_BUCKETS)?);
        }
        next = end;
    }
    Ok(indexes)
}
