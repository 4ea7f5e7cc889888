//! Column encoding: the shortest of several encodings.
//!
//! The first byte is the encoding:
//!
//! | first byte | rest |
//! |---|---|
//! | 0 | the f64 that all numbers equal |
//! | 1 | the numbers as f64 |
//! | 2 | the numbers as f64, compressed by [pco](https://github.com/pcodec/pcodec) |
//! | 3 | u8 d, then the integers number × 10^d as i64, compressed by pco |
//! | 4 | dictionary: varint n, then n distinct numbers in ascending order as a length-prefixed column, then the index of each number as u32, compressed by pco |
//! | 5 | varint n, then the indices of n values that are not finite, length-prefixed, these values as a length-prefixed column, then a column of the others |
//!
//! The number of values is not stored. All bits of a value are kept, also those of NaN.

use super::bytes::{CorruptData, Cursor, put_bytes, put_varint};
use super::compressed::{compress, decompress};

const SAME: u8 = 0;
const PLAIN: u8 = 1;
const FLOATS: u8 = 2;
const WHOLE: u8 = 3;
const CHOICE: u8 = 4;
const SPECIAL: u8 = 5;

/// Maximum number of values in a column.
const MAX_VALUES: usize = 1 << 22;
/// Maximum number of decimals of encoding 3.
const MAX_DECIMALS: u8 = 6;
/// Maximum dictionary size.
const MAX_DICTIONARY: usize = 2048;
/// Minimum number of values for pco, because of its header.
const MIN_PCO_VALUES: usize = 8;

/// Encodes any values.
pub(crate) fn encode(values: &[f64]) -> Vec<u8> {
    let mut best = encode_plain(values);
    if values.len() < MIN_PCO_VALUES || best.first() == Some(&SAME) {
        return best;
    }
    let mut offer = |bytes: Option<Vec<u8>>| {
        if let Some(bytes) = bytes.filter(|bytes| bytes.len() < best.len()) {
            best = bytes;
        }
    };
    match whole(values) {
        Some((digits, whole)) => {
            offer(compress(&whole).map(|bytes| tagged(WHOLE, [&[digits], &*bytes].concat())));
        }
        None => {
            offer(compress(values).map(|bytes| tagged(FLOATS, bytes)));
        }
    }
    offer(choices(values));
    offer(special(values));
    best
}

/// Encodes values without compressing them, unless all are the same.
fn encode_plain(values: &[f64]) -> Vec<u8> {
    let Some(&first) = values.first() else { return vec![SAME; 9] };
    if values.iter().all(|value| value.to_bits() == first.to_bits()) {
        return tagged(SAME, first.to_le_bytes());
    }
    tagged(PLAIN, values.iter().flat_map(|value| value.to_le_bytes()))
}

/// Numbers with some values between them that are not finite, such as stale markers.
fn special(values: &[f64]) -> Option<Vec<u8>> {
    let (finite, other): (Vec<(u32, f64)>, Vec<_>) =
        (0..).zip(values.iter().copied()).partition(|(_, value)| value.is_finite());
    if finite.is_empty() || other.is_empty() {
        return None;
    }
    let (places, other): (Vec<u32>, Vec<f64>) = other.into_iter().unzip();
    let mut bytes = vec![SPECIAL];
    put_varint(&mut bytes, places.len() as u64);
    put_bytes(&mut bytes, &encode_places(&places));
    put_bytes(&mut bytes, &encode_plain(&other));
    let finite: Vec<f64> = finite.into_iter().map(|(_, value)| value).collect();
    bytes.extend(encode(&finite));
    Some(bytes)
}

fn tagged(tag: u8, rest: impl IntoIterator<Item = u8>) -> Vec<u8> {
    std::iter::once(tag).chain(rest).collect()
}

/// The numbers × 10^digits, if all results are exact integers.
fn whole(values: &[f64]) -> Option<(u8, Vec<i64>)> {
    (0..=MAX_DECIMALS).find_map(|digits| {
        let scale = 10_f64.powi(i32::from(digits));
        let scaled = values.iter().map(|&value| {
            let whole = (value * scale).round();
            let is_exact = whole.abs() < 9e15 && (whole as i64 as f64 / scale).to_bits() == value.to_bits();
            is_exact.then_some(whole as i64)
        });
        Some((digits, scaled.collect::<Option<Vec<_>>>()?))
    })
}

/// Dictionary encoding, for ratios of small numbers, which have many decimals and few distinct values.
fn choices(values: &[f64]) -> Option<Vec<u8>> {
    let mut different = values.to_vec();
    different.sort_by(f64::total_cmp);
    different.dedup_by_key(|value| value.to_bits());
    if different.len() > MAX_DICTIONARY.min(values.len() / 3) {
        return None;
    }
    let place = |value: &f64| {
        let found = different.binary_search_by(|probe| probe.total_cmp(value)).ok()?;
        u32::try_from(found).ok()
    };
    let places: Vec<u32> = values.iter().map(place).collect::<Option<_>>()?;
    let mut bytes = vec![CHOICE];
    put_varint(&mut bytes, different.len() as u64);
    // No nested dictionary: it would be the same dictionary again.
    let list = match compress(&different) {
        Some(list) if list.len() < different.len() * 8 => tagged(FLOATS, list),
        _ => tagged(PLAIN, different.iter().flat_map(|value| value.to_le_bytes())),
    };
    put_bytes(&mut bytes, &list);
    bytes.extend(compress(&places)?);
    Some(bytes)
}

/// Inverse of [`encode`] for `count` values.
///
/// # Errors
/// Corrupt bytes.
pub(crate) fn decode(bytes: &[u8], count: usize) -> Result<Vec<f64>, CorruptData> {
    if count > MAX_VALUES {
        return Err(CorruptData("a column is too long"));
    }
    if bytes.first() == Some(&SPECIAL) { decode_special(bytes, count) } else { decode_simple(bytes, count) }
}

/// As [`decode`], for numbers that are all finite.
///
/// # Errors
/// Corrupt bytes, or a value that is not finite.
pub(crate) fn decode_finite(bytes: &[u8], count: usize) -> Result<Vec<f64>, CorruptData> {
    let values = decode(bytes, count)?;
    if values.iter().all(|value| value.is_finite()) {
        Ok(values)
    } else {
        Err(CorruptData("number is not finite"))
    }
}

fn decode_special(bytes: &[u8], count: usize) -> Result<Vec<f64>, CorruptData> {
    let mut cursor = Cursor(bytes);
    cursor.byte()?;
    let others = cursor.count(count)?;
    let places = decode_places(cursor.bytes()?, others)?;
    let mut others = places.into_iter().zip(decode_simple(cursor.bytes()?, others)?).peekable();
    let mut finite = decode_simple(cursor.0, count - others.len())?.into_iter();
    let value = |place| match others.next_if(|(other, _)| *other == place) {
        Some((_, value)) => Ok(value),
        None => finite.next().ok_or(CorruptData("index out of range")),
    };
    (0..).take(count).map(value).collect()
}

/// Decodes all encodings that have no column of their own kind within.
fn decode_simple(bytes: &[u8], count: usize) -> Result<Vec<f64>, CorruptData> {
    let mut cursor = Cursor(bytes);
    Ok(match cursor.byte()? {
        SAME => vec![cursor.f64()?; count],
        PLAIN => (0..count).map(|_| cursor.f64()).collect::<Result<_, _>>()?,
        FLOATS => decompress(cursor.0, count)?,
        WHOLE => {
            let digits = cursor.byte()?;
            if digits > MAX_DECIMALS {
                return Err(CorruptData("column with too many decimals"));
            }
            let scale = 10_f64.powi(i32::from(digits));
            decompress::<i64>(cursor.0, count)?.into_iter().map(|whole| whole as f64 / scale).collect()
        }
        CHOICE => {
            let length = cursor.count(MAX_DICTIONARY)?;
            let list = cursor.bytes()?;
            if list.first() == Some(&CHOICE) {
                return Err(CorruptData("nested dictionary"));
            }
            let list = decode_simple(list, length)?;
            let value = |place: u32| {
                list.get(place as usize).copied().ok_or(CorruptData("dictionary index out of range"))
            };
            decompress(cursor.0, count)?.into_iter().map(value).collect::<Result<_, _>>()?
        }
        _ => return Err(CorruptData("unknown column encoding")),
    })
}

/// Encodes ascending indices, such as those of rows with a value.
pub(crate) fn encode_places(places: &[u32]) -> Vec<u8> {
    if places.len() < MIN_PCO_VALUES {
        let mut bytes = vec![PLAIN];
        places.iter().for_each(|&place| put_varint(&mut bytes, u64::from(place)));
        return bytes;
    }
    tagged(WHOLE, compress(places).unwrap_or_default())
}

/// Inverse of [`encode_places`].
///
/// # Errors
/// Corrupt bytes.
pub(crate) fn decode_places(bytes: &[u8], count: usize) -> Result<Vec<u32>, CorruptData> {
    if count > MAX_VALUES {
        return Err(CorruptData("a column is too long"));
    }
    let mut cursor = Cursor(bytes);
    match cursor.byte()? {
        PLAIN => {
            let place = |_| u32::try_from(cursor.varint()?).map_err(|_| CorruptData("index too large"));
            (0..count).map(place).collect()
        }
        WHOLE => decompress(cursor.0, count),
        _ => Err(CorruptData("unknown index encoding")),
    }
}

/// Encodes ascending times in milliseconds.
pub(crate) fn encode_times(times: &[i64]) -> Vec<u8> {
    compress(times).unwrap_or_default()
}

/// Inverse of [`encode_times`].
///
/// # Errors
/// Corrupt bytes.
pub(crate) fn decode_times(bytes: &[u8], count: usize) -> Result<Vec<i64>, CorruptData> {
    if count > MAX_VALUES {
        return Err(CorruptData("a column is too long"));
    }
    decompress(bytes, count)
}

#[cfg(test)]
#[path = "column_tests.rs"]
mod tests;
