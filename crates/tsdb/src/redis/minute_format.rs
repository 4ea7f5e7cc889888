//! Format of a one-minute bucket of samples.
//!
//! Little-endian, varints and columns as in the embedded store's files, in an envelope (`frame.rs`):
//!
//! - times: varint count; then runs until the count is reached: varint milliseconds since the previous time (the first:
//!   since the start of the minute), varint number of times at that distance.
//! - varint number of series; for each: varint series number minus the previous one minus one; u8 0 if it has a value at
//!   each time, else 1 and one bit per time, the first in the lowest bit; the values as a length-prefixed column.

use super::envelope;
use crate::embedded::bytes::{CorruptData, Cursor, put_bytes, put_varint};
use crate::embedded::column;
use crate::samples::Samples;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const MINUTE: i64 = 60_000;
/// Maximum number of series.
const MAX_SERIES: usize = 1 << 22;

/// Samples by series number.
pub(crate) type BySeries = BTreeMap<u32, Samples>;

/// Minutes since the Unix epoch.
pub(crate) fn minute_of(millis: i64) -> i64 {
    millis.div_euclid(MINUTE)
}

/// Encodes the samples of `minute`; other samples are ignored.
pub(crate) fn encode(minute: i64, samples: &BySeries) -> Vec<u8> {
    let start = minute.saturating_mul(MINUTE);
    let is_inside = |time: i64| minute_of(time) == minute;
    let times: BTreeSet<i64> =
        samples.values().flatten().map(|&(time, _)| time).filter(|&time| is_inside(time)).collect();
    let times: Vec<i64> = times.into_iter().collect();
    let mut out = envelope::begin();
    put_varint(&mut out, times.len() as u64);
    let before = std::iter::once(start).chain(times.iter().copied());
    let distances: Vec<i64> = times.iter().zip(before).map(|(time, before)| time - before).collect();
    for run in distances.chunk_by(|a, b| a == b) {
        put_varint(&mut out, run.first().copied().unwrap_or(0).unsigned_abs());
        put_varint(&mut out, run.len() as u64);
    }
    put_varint(&mut out, samples.len() as u64);
    let mut next = 0;
    for (&number, samples) in samples {
        put_varint(&mut out, u64::from(number).saturating_sub(next));
        next = u64::from(number) + 1;
        let mut bits = vec![0_u8; times.len().div_ceil(8)];
        let mut values = Vec::with_capacity(samples.len());
        for &(time, value) in samples {
            let Ok(place) = times.binary_search(&time) else { continue };
            if let Some(byte) = bits.get_mut(place / 8) {
                *byte |= 1 << (place % 8);
                values.push(value);
            }
        }
        if values.len() == times.len() {
            out.push(0);
        } else {
            out.push(1);
            out.extend(bits);
        }
        put_bytes(&mut out, &column::encode(&values));
    }
    envelope::end(out)
}

/// Decodes a bucket and appends the samples of the series accepted by `wanted` to `found`, which has earlier minutes.
///
/// # Errors
/// Corrupt bytes; nothing is added then.
pub(crate) fn decode(
    bytes: &[u8],
    minute: i64,
    wanted: impl Fn(u32) -> bool,
    found: &mut BySeries,
) -> Result<(), CorruptData> {
    let start = minute.saturating_mul(MINUTE);
    envelope::read(bytes, |cursor| read(cursor, start, wanted, found)).inspect_err(|_| {
        for samples in found.values_mut() {
            samples.truncate(samples.partition_point(|&(time, _)| time < start));
        }
    })
}

fn read(
    cursor: &mut Cursor<'_>,
    start: i64,
    wanted: impl Fn(u32) -> bool,
    found: &mut BySeries,
) -> Result<(), CorruptData> {
    let times = times(cursor, start)?;
    let mut next: u32 = 0;
    for _ in 0..cursor.count(MAX_SERIES)? {
        let number = u32::try_from(cursor.varint()?).ok().and_then(|gap| next.checked_add(gap));
        let number = number.ok_or(CorruptData("series number too large"))?;
        next = number.saturating_add(1);
        let bits = match cursor.byte()? {
            0 => None,
            1 => Some(cursor.slice(times.len().div_ceil(8))?),
            _ => return Err(CorruptData("unknown series encoding")),
        };
        let values = cursor.bytes()?;
        if wanted(number) {
            let is_set = |place: usize| {
                bits.is_none_or(|bits| bits.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1))
            };
            let present = times.iter().enumerate().filter(|(place, _)| is_set(*place));
            let values = column::decode_finite(values, present.clone().count())?;
            found.entry(number).or_default().extend(present.map(|(_, &time)| time).zip(values));
        }
    }
    Ok(())
}

fn times(cursor: &mut Cursor<'_>, start: i64) -> Result<Vec<i64>, CorruptData> {
    let count = cursor.count(MINUTE as usize)?;
    let mut times = Vec::with_capacity(count);
    let mut offset: i64 = 0;
    while times.len() < count {
        let distance = cursor.count(MINUTE as usize)? as i64;
        let length = cursor.count(count - times.len())?;
        if length == 0 {
            return Err(CorruptData("empty run of times"));
        }
        for _ in 0..length {
            offset = offset.saturating_add(distance);
            times.push(start.saturating_add(offset));
        }
    }
    if offset < MINUTE { Ok(times) } else { Err(CorruptData("time outside the minute")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    fn decode(bytes: &[u8], minute: i64, wanted: impl Fn(u32) -> bool) -> Result<BySeries, CorruptData> {
        let mut found = BySeries::new();
        super::decode(bytes, minute, wanted, &mut found).map(|()| found)
    }

    #[test]
    fn damaged_minutes_add_nothing() {
        let minute = |minute: i64, values: &[f64]| {
            let times = (0..).map(|second| minute * MINUTE + second * 1000);
            BySeries::from([
                (1, times.clone().zip(values.iter().copied()).collect()),
                (2, vec![(minute * MINUTE, 0.5)]),
            ])
        };
        let mut found = BySeries::new();
        assert_eq!(super::decode(&encode(3, &minute(3, &[1.0, 2.0])), 3, |_| true, &mut found), Ok(()));
        let before = found.clone();
        // Complete, but with a surplus byte.
        let bytes = encode(4, &minute(4, &[3.0]));
        let bytes = envelope::end([&bytes[..bytes.len() - 4], &[0]].concat());
        assert_eq!(super::decode(&bytes, 4, |_| true, &mut found), Err(CorruptData("trailing bytes")));
        assert_eq!(found, before);
        assert_eq!(
            super::decode(&encode(5, &minute(5, &[4.0])), 5, |number| number == 1, &mut found),
            Ok(())
        );
        assert_eq!(found[&1], [(180_000, 1.0), (181_000, 2.0), (300_000, 4.0)]);
        assert_eq!(found[&2], [(180_000, 0.5)]);
    }

    #[test]
    fn constant_series_are_small() {
        let samples = |value: f64| (0..60).map(|second| (second * 1000, value)).collect::<Samples>();
        let minute = BySeries::from([(0, samples(1.5)), (7, samples(2.0))]);
        let bytes = encode(0, &minute);
        assert_eq!(bytes.len(), 1 + 1 + 2 + 3 + 1 + 2 * (1 + 1 + 1 + 9) + 4);
        assert_eq!(decode(&bytes, 0, |_| true), Ok(minute));
        assert_eq!(decode(&bytes, 0, |number| number == 7), Ok(BySeries::from([(7, samples(2.0))])));
    }

    fn minutes() -> impl Strategy<Value = BySeries> {
        let samples = btree_map(0_i64..MINUTE, -9.0..9.0_f64, 1..20).prop_map(|samples| {
            samples.into_iter().map(|(time, value)| (5 * MINUTE + time, value)).collect()
        });
        btree_map(0_u32..50, samples, 0..6)
    }

    proptest! {
        #[test]
        fn minutes_round_trip(samples in minutes()) {
            prop_assert_eq!(decode(&encode(5, &samples), 5, |_| true), Ok(samples));
        }

        #[test]
        fn changed_bytes_are_detected(samples in minutes(), at: usize, xor in 1_u8..) {
            let mut bytes = encode(5, &samples);
            let at = at % bytes.len();
            bytes[at] ^= xor;
            prop_assert!(decode(&bytes, 5, |_| true).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in vec(any::<u8>(), 0..80)) {
            bytes.splice(0..0, envelope::begin());
            let _ = decode(&envelope::end(bytes), 5, |_| true);
        }
    }
}
