//! Format of the downsampled rows of one series in an hour or a day.
//!
//! Little-endian, varints and columns as in the embedded store's files, in an envelope (`frame.rs`): varint number of rows;
//! length-prefixed row indices from the start of the hour or day; then minimum, maximum, sum, count and increase as
//! length-prefixed columns.

use super::envelope;
use crate::embedded::bytes::{CorruptData, Cursor, put_bytes, put_varint};
use crate::embedded::column;
use crate::row::Row;
use std::collections::BTreeMap;

/// Maximum number of rows: the minutes of a day.
const MAX_ROWS: usize = 1440;

/// Rows by index.
pub(crate) type Rows = BTreeMap<u32, Row>;

/// Rows with ascending indices.
pub(crate) type Placed = Vec<(u32, Row)>;

/// Encodes rows.
pub(crate) fn encode(rows: &Rows) -> Vec<u8> {
    let mut out = envelope::begin();
    put_varint(&mut out, rows.len() as u64);
    let places: Vec<u32> = rows.keys().copied().collect();
    put_bytes(&mut out, &column::encode_places(&places));
    for values in Row::columns(rows.values()) {
        put_bytes(&mut out, &column::encode(&values));
    }
    envelope::end(out)
}

/// Row indices of the previous series: other series of the same range usually have the same ones.
#[derive(Debug, Default)]
pub(crate) struct IndexCache {
    bytes: Vec<u8>,
    places: Vec<u32>,
}

/// Inverse of [`encode`].
///
/// # Errors
/// Corrupt bytes.
pub(crate) fn decode(bytes: &[u8], before: &mut IndexCache) -> Result<Placed, CorruptData> {
    envelope::read(bytes, |cursor| read(cursor, before))
}

fn read(cursor: &mut Cursor<'_>, before: &mut IndexCache) -> Result<Placed, CorruptData> {
    let count = cursor.count(MAX_ROWS)?;
    let bytes = cursor.bytes()?;
    if before.bytes != bytes || before.places.len() != count {
        let places = column::decode_places(bytes, count)?;
        if !places.is_sorted_by(|a, b| a < b) {
            return Err(CorruptData("row indices out of order"));
        }
        *before = IndexCache { bytes: bytes.to_vec(), places };
    }
    let mut field = || column::decode_finite(cursor.bytes()?, count);
    let columns = [field()?, field()?, field()?, field()?, field()?];
    Ok(before.places.iter().copied().zip(Row::of_columns(&columns)).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;

    fn rows() -> impl Strategy<Value = Rows> {
        let row = (-9.0..9.0_f64, 0.0..9.0_f64, 1_u32..100, 0.0..9.0_f64).prop_map(
            |(low, more, count, increase)| Row {
                low,
                high: low + more,
                sum: low * f64::from(count),
                count,
                increase,
            },
        );
        btree_map(0_u32..1440, row, 0..70)
    }

    proptest! {
        #[test]
        fn rows_round_trip(series in vec((rows(), 1_usize..3), 0..4)) {
            let mut before = IndexCache::default();
            for (rows, times) in series {
                for _ in 0..times {
                    prop_assert_eq!(decode(&encode(&rows), &mut before), Ok(rows.clone().into_iter().collect()));
                }
            }
        }

        #[test]
        fn changed_bytes_are_detected(rows in rows(), at: usize, xor in 1_u8..) {
            let mut bytes = encode(&rows);
            let at = at % bytes.len();
            bytes[at] ^= xor;
            prop_assert!(decode(&bytes, &mut IndexCache::default()).is_err());
        }

        #[test]
        fn arbitrary_bytes_never_panic(mut bytes in vec(any::<u8>(), 0..80)) {
            bytes.splice(0..0, envelope::begin());
            let _ = decode(&envelope::end(bytes), &mut IndexCache::default());
        }
    }
}
