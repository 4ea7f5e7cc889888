//! Integers of similar size, or with similar differences, in few bits.
//!
//! | bytes | what |
//! |---|---|
//! | u8 | form: bit 0 is set for differences to the number before, bit 1 for numbers on both sides of the base |
//! | signed varint | first number, for differences |
//! | signed varint | base |
//! | varint | unit |
//! | u8 | width |
//! | varint | number of outliers |
//! | packed | the lowest `width` bits of each (number - base) / unit, as zigzag in form 2 |
//! | varint, varint | for each outlier: its distance from the one before, and its other bits |

use super::bits::{bits_of, pack, packed_bytes, unpack};
use crate::embedded::bytes::{CorruptData, Cursor, put_signed, put_varint, unzigzag, zigzag};

const DIFFERENCES: u8 = 1;
const BOTH_SIDES: u8 = 2;
/// Approximate bits of an outlier, besides those that do not fit.
const OUTLIER_BITS: usize = 14;
/// Ranges up to this have signed distances from each of their numbers.
const MAX_RANGE: u64 = 1 << 62;

/// Frame of reference of some numbers.
#[derive(Clone, Copy)]
struct Frame {
    base: i64,
    /// All distances are multiples of it.
    unit: u64,
    width: u32,
    has_both_sides: bool,
    /// Approximate size of the numbers.
    cost: usize,
}

impl Frame {
    fn new(base: i64, unit: u64, has_both_sides: bool, numbers: &[i64]) -> Self {
        let mut frame = Self { base, unit, width: 0, has_both_sides, cost: usize::MAX };
        let mut lengths = [0_usize; 65];
        for &number in numbers {
            if let Some(length) = lengths.get_mut(bits_of(frame.distance(number)) as usize) {
                *length += 1;
            }
        }
        // From the widest on: those that do not fit, and their bits that do not.
        let (mut outliers, mut excess) = (0, 0);
        for (width, count) in (0_u32..65).zip(lengths).rev() {
            let cost = numbers.len() * width as usize + outliers * OUTLIER_BITS + excess;
            if cost <= frame.cost {
                (frame.width, frame.cost) = (width, cost);
            }
            outliers += count;
            excess += outliers;
        }
        frame
    }

    fn best(numbers: &[i64]) -> Self {
        let least = numbers.iter().copied().min().unwrap_or_default();
        let range = numbers.iter().copied().max().unwrap_or_default().wrapping_sub(least) as u64;
        let mut unit = 0;
        for number in numbers {
            unit = divisor(number.wrapping_sub(least) as u64, unit);
            if unit == 1 {
                break;
            }
        }
        let unit = unit.max(1);
        let least = Self::new(least, unit, false, numbers);
        if range == 0 || range > MAX_RANGE {
            return least;
        }
        let mut sorted = numbers.to_vec();
        let middle = sorted.len() / 2;
        let median = *sorted.select_nth_unstable(middle).1;
        let both = Self::new(median, unit, true, numbers);
        if both.cost < least.cost { both } else { least }
    }

    fn distance(&self, number: i64) -> u64 {
        let distance = number.wrapping_sub(self.base);
        match (self.has_both_sides, self.unit) {
            (false, 1) => distance as u64,
            (false, unit) => distance as u64 / unit,
            (true, 1) => zigzag(distance),
            (true, unit) => zigzag(distance / unit as i64),
        }
    }
}

/// Greatest common divisor.
fn divisor(mut one: u64, mut other: u64) -> u64 {
    while other != 0 {
        (one, other) = (other, one % other);
    }
    one
}

/// Writes integers, at least one.
pub(super) fn encode(numbers: &[i64], out: &mut Vec<u8>) {
    let first = numbers.first().copied().unwrap_or_default();
    let steps: Vec<i64> =
        numbers.iter().zip(numbers.iter().skip(1)).map(|(one, next)| next.wrapping_sub(*one)).collect();
    let (by_number, by_step) = (Frame::best(numbers), Frame::best(&steps));
    // A number of 64 bits costs up to ten bytes.
    let first_cost = bits_of(zigzag(first)) as usize + 8;
    let (frame, numbers, form) = if by_step.cost + first_cost < by_number.cost {
        (by_step, &*steps, DIFFERENCES)
    } else {
        (by_number, numbers, 0)
    };
    out.push(form | if frame.has_both_sides { BOTH_SIDES } else { 0 });
    if form & DIFFERENCES != 0 {
        put_signed(out, first);
    }
    put_signed(out, frame.base);
    put_varint(out, frame.unit);
    out.push(frame.width as u8);
    let distances: Vec<u64> = numbers.iter().map(|&number| frame.distance(number)).collect();
    let excess = |distance: u64| distance.checked_shr(frame.width).unwrap_or(0);
    let outliers = || (0_usize..).zip(&distances).filter(|(_, distance)| excess(**distance) > 0);
    put_varint(out, outliers().count() as u64);
    pack(&distances, frame.width, out);
    let mut before = 0;
    for (place, distance) in outliers() {
        put_varint(out, (place - before) as u64);
        put_varint(out, excess(*distance));
        before = place;
    }
}

/// Inverse of [`encode`] for `count` integers. Replaces the contents of `found`.
///
/// # Errors
/// Corrupt bytes.
pub(super) fn decode(cursor: &mut Cursor<'_>, count: usize, found: &mut Vec<u64>) -> Result<(), CorruptData> {
    let form = cursor.byte()?;
    if form > DIFFERENCES | BOTH_SIDES {
        return Err(CorruptData("unknown form of integers"));
    }
    let has_steps = form & DIFFERENCES != 0;
    let packed = count.checked_sub(usize::from(has_steps)).ok_or(CorruptData("no integers"))?;
    let first = if has_steps { cursor.signed()? } else { 0 };
    let (base, unit, width) = (cursor.signed()? as u64, cursor.varint()?, u32::from(cursor.byte()?));
    if width > u64::BITS {
        return Err(CorruptData("invalid packed numbers"));
    }
    let outliers = cursor.count(packed)?;
    unpack(cursor.slice(packed_bytes(packed, width))?, width, packed, found)?;
    let mut place = 0_usize;
    for _ in 0..outliers {
        place = place.checked_add(cursor.count(packed)?).ok_or(CorruptData("index out of range"))?;
        let excess = cursor.varint()?.checked_shl(width).unwrap_or(0);
        *found.get_mut(place).ok_or(CorruptData("index out of range"))? |= excess;
    }
    if form & BOTH_SIDES != 0 {
        found.iter_mut().for_each(|number| *number = unzigzag(*number) as u64);
    }
    if unit != 1 {
        found.iter_mut().for_each(|number| *number = number.wrapping_mul(unit));
    }
    if has_steps {
        let mut last = first as u64;
        for number in found.iter_mut() {
            last = std::mem::replace(number, last).wrapping_add(base).wrapping_add(last);
        }
        found.push(last);
    } else {
        found.iter_mut().for_each(|number| *number = number.wrapping_add(base));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    fn bytes(numbers: &[i64]) -> Vec<u8> {
        let mut out = Vec::new();
        encode(numbers, &mut out);
        let (mut cursor, mut found) = (Cursor(&out), Vec::new());
        decode(&mut cursor, numbers.len(), &mut found).unwrap();
        assert!(cursor.is_empty());
        assert_eq!(found.iter().map(|&number| number as i64).collect::<Vec<_>>(), numbers);
        out
    }

    #[test]
    fn regular_integers_are_short() {
        let count = |range: std::ops::Range<i64>, number: &dyn Fn(i64) -> i64| {
            bytes(&range.map(number).collect::<Vec<_>>()).len()
        };
        assert!(count(0..1000, &|_| 123_456) < 10, "constant");
        assert!(count(0..1000, &|n| 1_000_000 + 7 * n) < 15, "line");
        assert!(count(0..1000, &|n| (n * 37 % 4) * 4096) < 260, "two bits, and a unit");
        assert!(count(0..1000, &|n| n % 4 + if n == 500 { 1 << 60 } else { 0 }) < 270, "an outlier");
    }

    proptest! {
        #[test]
        fn integers_round_trip(
            any in vec(any::<i64>(), 1..300),
            small in vec(-9_i64..9, 1..300),
            unit in 1_i64..9999,
            outliers in vec((0_usize..300, any::<i64>()), 0..5),
        ) {
            bytes(&any);
            let mut line: Vec<i64> = (0..).zip(&small).map(|(n, small)| n * 1000 + small * unit).collect();
            bytes(&line);
            let mut level: Vec<i64> = small.iter().map(|small| small * unit).collect();
            bytes(&level);
            for (place, number) in outliers {
                if place < line.len() {
                    (line[place], level[place]) = (number, number);
                }
            }
            bytes(&line);
            bytes(&level);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>, count in 0_usize..300) {
            let mut found = Vec::new();
            if decode(&mut Cursor(&bytes), count, &mut found).is_ok() {
                prop_assert_eq!(found.len(), count);
            }
        }
    }
}
