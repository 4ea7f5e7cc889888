//! The samples of a minute as bytes: what a one-minute bucket holds.
//!
//! Little-endian, varints and columns as in the embedded store's files, within a frame (`frame.rs`):
//!
//! - the moments: varint how many; then runs until there are so many: varint milliseconds from the moment before (the
//!   first: from the beginning of the minute), varint how many moments follow each other at that distance.
//! - varint how many series; for each: varint its number less the one before and less one; u8 0 if it has a value at each
//!   moment, else 1 and a bit for each moment, the first in the lowest bit; the values as a column behind its length.

use super::frame;
use crate::embedded::bytes::{Cursor, Damage, put_bytes, put_varint};
use crate::embedded::column;
use crate::samples::Samples;
use std::collections::{BTreeMap, BTreeSet};

pub(crate) const MINUTE: i64 = 60_000;
/// More series than a source ever has.
const MOST_SERIES: usize = 1 << 22;

/// Samples by the numbers of their series.
pub(crate) type BySeries = BTreeMap<u32, Samples>;

/// The minute that a moment lies in: minutes since the Unix epoch.
pub(crate) fn minute_of(millis: i64) -> i64 {
    millis.div_euclid(MINUTE)
}

/// The samples of `minute` as bytes. Those of other minutes are left out.
pub(crate) fn encode(minute: i64, samples: &BySeries) -> Vec<u8> {
    let start = minute.saturating_mul(MINUTE);
    let is_inside = |time: i64| minute_of(time) == minute;
    let times: BTreeSet<i64> =
        samples.values().flatten().map(|&(time, _)| time).filter(|&time| is_inside(time)).collect();
    let times: Vec<i64> = times.into_iter().collect();
    let mut out = frame::begin();
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
    frame::end(out)
}

/// Adds to `found`, which has samples of earlier minutes, those that [`encode`] was given, of the series that `wanted`
/// says yes to.
///
/// # Errors
/// Bytes that it did not write; nothing is added then.
pub(crate) fn decode(
    bytes: &[u8],
    minute: i64,
    wanted: impl Fn(u32) -> bool,
    found: &mut BySeries,
) -> Result<(), Damage> {
    let start = minute.saturating_mul(MINUTE);
    frame::read(bytes, |cursor| read(cursor, start, wanted, found)).inspect_err(|_| {
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
) -> Result<(), Damage> {
    let times = times(cursor, start)?;
    let mut next: u32 = 0;
    for _ in 0..cursor.count(MOST_SERIES)? {
        let number = u32::try_from(cursor.varint()?).ok().and_then(|gap| next.checked_add(gap));
        let number = number.ok_or(Damage("a number of a series is too large"))?;
        next = number.saturating_add(1);
        let bits = match cursor.byte()? {
            0 => None,
            1 => Some(cursor.slice(times.len().div_ceil(8))?),
            _ => return Err(Damage("a series is written in an unknown way")),
        };
        let values = cursor.bytes()?;
        if wanted(number) {
            let is_set = |place: usize| {
                bits.is_none_or(|bits| bits.get(place / 8).is_some_and(|byte| byte >> (place % 8) & 1 == 1))
            };
            let present = times.iter().enumerate().filter(|(place, _)| is_set(*place));
            let values = column::decode(values, present.clone().count())?;
            found.entry(number).or_default().extend(present.map(|(_, &time)| time).zip(values));
        }
    }
    Ok(())
}

fn times(cursor: &mut Cursor<'_>, start: i64) -> Result<Vec<i64>, Damage> {
    let count = cursor.count(MINUTE as usize)?;
    let mut times = Vec::with_capacity(count);
    let mut offset: i64 = 0;
    while times.len() < count {
        let distance = cursor.count(MINUTE as usize)? as i64;
        let length = cursor.count(count - times.len())?;
        if length == 0 {
            return Err(Damage("a run of moments is empty"));
        }
        for _ in 0..length {
            offset = offset.saturating_add(distance);
            times.push(start.saturating_add(offset));
        }
    }
    if offset < MINUTE { Ok(times) } else { Err(Damage("a moment is not in the minute")) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    fn decode(bytes: &[u8], minute: i64, wanted: impl Fn(u32) -> bool) -> Result<BySeries, Damage> {
        let mut found = BySeries::new();
        super::decode(bytes, minute, wanted, &mut found).map(|()| found)
    }

    #[test]
    fn minutes_follow_each_other_and_a_damaged_one_adds_nothing() {
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
        // Whole, but with a byte too many.
        let bytes = encode(4, &minute(4, &[3.0]));
        let bytes = frame::end([&bytes[..bytes.len() - 4], &[0]].concat());
        assert_eq!(super::decode(&bytes, 4, |_| true, &mut found), Err(Damage("it is too long")));
        assert_eq!(found, before);
        assert_eq!(
            super::decode(&encode(5, &minute(5, &[4.0])), 5, |number| number == 1, &mut found),
            Ok(())
        );
        assert_eq!(found[&1], [(180_000, 1.0), (181_000, 2.0), (300_000, 4.0)]);
        assert_eq!(found[&2], [(180_000, 0.5)]);
    }

    #[test]
    fn a_minute_of_quiet_series_is_small() {
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
        fn minutes_come_back(samples in minutes()) {
            prop_assert_eq!(decode(&encode(5, &samples), 5, |_| true), Ok(samples));
        }

        #[test]
        fn a_changed_byte_is_noticed(samples in minutes(), at: usize, xor in 1_u8..) {
            let mut bytes = encode(5, &samples);
            let at = at % bytes.len();
            bytes[at] ^= xor;
            prop_assert!(decode(&bytes, 5, |_| true).is_err());
        }

        #[test]
        fn rubbish_is_an_error_at_most(mut bytes in vec(any::<u8>(), 0..80)) {
            bytes.splice(0..0, frame::begin());
            let _ = decode(&frame::end(bytes), 5, |_| true);
        }
    }
}
