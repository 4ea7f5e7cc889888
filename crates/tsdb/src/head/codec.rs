//! Codec of the pages of the head: fast, and for any number of values. All bits of a value are kept, also those of NaN.
//!
//! The first byte is the encoding:
//!
//! | first byte | rest |
//! |---|---|
//! | 0 | the f64 that all values equal |
//! | 1 | the values as f64 |
//! | 2 | u8 d, then the integers value × 10^d (`integers.rs`), varint n, then n exceptions: varint distance from the one before, f64 |
//! | 3 | the bits of the values as integers with the order of the values |
//! | 4 | dictionary: varint n, then n distinct values as a length-prefixed column, then the packed index of each value |
//!
//! The number of values is not stored. The bytes are in memory only: they may change with each version.

mod bits;
mod decimals;
mod integers;

use crate::embedded::bytes::{CorruptData, Cursor, put_bytes, put_varint};
use bits::{bits_of, pack, packed_bytes, unpack};
use decimals::{Decimals, MAX_DIGITS, scale};

const SAME: u8 = 0;
const PLAIN: u8 = 1;
const DECIMALS: u8 = 2;
const BITS: u8 = 3;
const DICTIONARY: u8 = 4;

/// Maximum number of values.
const MAX_VALUES: usize = 1 << 16;
/// Number of slots of the hash table of a dictionary: its maximum size is a half of it.
const SLOTS: usize = 512;
/// Number of bytes per value from which a dictionary is tried.
const MIN_DICTIONARY_BYTES: usize = 1;

/// Encodes up to 65,536 values.
pub(super) fn encode(values: &[f64]) -> Vec<u8> {
    let numbers = encode_numbers(values);
    if numbers.len() <= values.len() * MIN_DICTIONARY_BYTES {
        return numbers;
    }
    match encode_dictionary(values) {
        Some(dictionary) if dictionary.len() < numbers.len() => dictionary,
        _ => numbers,
    }
}

fn encode_numbers(values: &[f64]) -> Vec<u8> {
    let first = values.first().copied().unwrap_or_default();
    if values.iter().all(|value| value.to_bits() == first.to_bits()) {
        return std::iter::once(SAME).chain(first.to_le_bytes()).collect();
    }
    let mut out = Vec::with_capacity(values.len() * 2);
    match Decimals::new(values) {
        Some(decimals) => {
            out.extend([DECIMALS, decimals.digits]);
            integers::encode(&decimals.numbers, &mut out);
            put_varint(&mut out, decimals.exceptions.len() as u64);
            let mut before = 0;
            for place in decimals.exceptions {
                put_varint(&mut out, (place - before) as u64);
                out.extend(values.get(place).copied().unwrap_or_default().to_le_bytes());
                before = place;
            }
        }
        None => {
            out.push(BITS);
            let numbers: Vec<i64> = values.iter().map(|value| ordered(value.to_bits()) as i64).collect();
            integers::encode(&numbers, &mut out);
        }
    }
    if out.len() > values.len() * 8 {
        out.clear();
        out.push(PLAIN);
        out.extend(values.iter().flat_map(|value| value.to_le_bytes()));
    }
    out
}

/// Bits of an f64 as those of an i64 with the same order, and the inverse.
fn ordered(bits: u64) -> u64 {
    bits ^ (((bits as i64) >> 63) as u64 >> 1)
}

/// Values with few distinct ones, such as ratios of small numbers, which have many decimals.
fn encode_dictionary(values: &[f64]) -> Option<Vec<u8>> {
    let most = (SLOTS / 2).min(values.len() / 2);
    // Indices in `distinct` plus one.
    let mut slots = [0_u16; SLOTS];
    let mut distinct: Vec<f64> = Vec::new();
    let mut places = Vec::with_capacity(values.len());
    for &value in values {
        let hash = value.to_bits().wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut slot = (hash >> 55) as usize % SLOTS;
        loop {
            let found = slots.get_mut(slot)?;
            let place = usize::from(*found).checked_sub(1);
            match place.and_then(|place| Some((place, distinct.get(place)?))) {
                Some((place, known)) if known.to_bits() == value.to_bits() => {
                    places.push(place as u64);
                    break;
                }
                Some(_) => slot = (slot + 1) % SLOTS,
                None if distinct.len() == most => return None,
                None => {
                    places.push(distinct.len() as u64);
                    distinct.push(value);
                    *found = distinct.len() as u16;
                    break;
                }
            }
        }
    }
    let mut out = vec![DICTIONARY];
    put_varint(&mut out, distinct.len() as u64);
    put_bytes(&mut out, &encode_numbers(&distinct));
    pack(&places, index_width(distinct.len()), &mut out);
    Some(out)
}

fn index_width(distinct: usize) -> u32 {
    bits_of(distinct.saturating_sub(1) as u64)
}

/// Buffer of [`decode`], kept between calls.
pub(super) type Buffer = Vec<u64>;

/// Inverse of [`encode`] for `count` values, which are added to `found`.
///
/// # Errors
/// Corrupt bytes. `found` is as before then.
pub(super) fn decode(
    bytes: &[u8],
    count: usize,
    buffer: &mut Buffer,
    found: &mut Vec<f64>,
) -> Result<(), CorruptData> {
    let before = found.len();
    let result = decode_values(bytes, count, buffer, found);
    if result.is_err() {
        found.truncate(before);
    }
    result
}

fn decode_values(
    bytes: &[u8],
    count: usize,
    buffer: &mut Buffer,
    found: &mut Vec<f64>,
) -> Result<(), CorruptData> {
    if count > MAX_VALUES {
        return Err(CorruptData("a page is too long"));
    }
    let mut cursor = Cursor(bytes);
    match cursor.byte()? {
        DICTIONARY => {
            let distinct = cursor.count(SLOTS)?;
            let list = cursor.bytes()?;
            if list.first() == Some(&DICTIONARY) {
                return Err(CorruptData("nested dictionary"));
            }
            let mut values = Vec::with_capacity(distinct);
            decode_values(list, distinct, buffer, &mut values)?;
            let width = index_width(distinct);
            unpack(cursor.slice(packed_bytes(count, width))?, width, count, buffer)?;
            let wrong = CorruptData("dictionary index out of range");
            if buffer.iter().any(|&place| place >= values.len() as u64) {
                return Err(wrong);
            }
            found.extend(buffer.iter().filter_map(|&place| values.get(place as usize)));
        }
        encoding => decode_numbers(encoding, &mut cursor, count, buffer, found)?,
    }
    if cursor.is_empty() { Ok(()) } else { Err(CorruptData("bytes behind a page")) }
}

fn decode_numbers(
    encoding: u8,
    cursor: &mut Cursor<'_>,
    count: usize,
    buffer: &mut Buffer,
    found: &mut Vec<f64>,
) -> Result<(), CorruptData> {
    match encoding {
        SAME => found.resize(found.len() + count, cursor.f64()?),
        PLAIN => {
            let bytes = cursor.slice(count * 8)?;
            found.extend(bytes.as_chunks().0.iter().map(|value| f64::from_le_bytes(*value)));
        }
        DECIMALS => {
            let digits = cursor.byte()?;
            if digits > MAX_DIGITS {
                return Err(CorruptData("too many decimals"));
            }
            integers::decode(cursor, count, buffer)?;
            let start = found.len();
            if digits == 0 {
                found.extend(buffer.iter().map(|&number| number as i64 as f64));
            } else {
                let scale = scale(digits);
                found.extend(buffer.iter().map(|&number| decimals::value(number as i64, scale)));
            }
            let mut place = start;
            for _ in 0..cursor.count(count)? {
                place += cursor.count(count)?;
                let value = cursor.f64()?;
                *found.get_mut(place).ok_or(CorruptData("index out of range"))? = value;
            }
        }
        BITS => {
            integers::decode(cursor, count, buffer)?;
            found.extend(buffer.iter().map(|&bits| f64::from_bits(ordered(bits))));
        }
        _ => return Err(CorruptData("unknown encoding of a page")),
    }
    Ok(())
}

#[cfg(test)]
#[path = "codec_tests.rs"]
mod tests;
