//! Rollups as bytes: the rows of one series in an hour or a day.
//!
//! Little-endian, varints and columns as in the embedded store's files, within a frame (`frame.rs`): varint how many rows;
//! their places, counted from the beginning of the stretch, behind their length; then smallest, largest, sum, number of
//! readings and increase as columns, each behind its length.

use super::frame;
use crate::embedded::bytes::{Cursor, Damage, put_bytes, put_varint};
use crate::embedded::column;
use crate::reading::Row;
use std::collections::BTreeMap;

/// The most rows of a stretch: those of a day in minutes.
const MOST_ROWS: usize = 1440;

/// Rows by their places in the stretch.
pub(crate) type Rows = BTreeMap<u32, Row>;

/// Rows and their places, which ascend.
pub(crate) type Placed = Vec<(u32, Row)>;

/// Rows as bytes.
pub(crate) fn encode(rows: &Rows) -> Vec<u8> {
    let mut out = frame::begin();
    put_varint(&mut out, rows.len() as u64);
    let places: Vec<u32> = rows.keys().copied().collect();
    put_bytes(&mut out, &column::encode_places(&places));
    for values in Row::columns(rows.values()) {
        put_bytes(&mut out, &column::encode(&values));
    }
    frame::end(out)
}

/// The places of the rows that were read before: mostly those of other series of the same stretch are the same.
#[derive(Debug, Default)]
pub(crate) struct Before {
    bytes: Vec<u8>,
    places: Vec<u32>,
}

/// The rows that [`encode`] was given.
///
/// # Errors
/// Bytes that it did not write.
pub(crate) fn decode(bytes: &[u8], before: &mut Before) -> Result<Placed, Damage> {
    frame::read(bytes, |cursor| read(cursor, before))
}

fn read(cursor: &mut Cursor<'_>, before: &mut Before) -> Result<Placed, Damage> {
    let count = cursor.count(MOST_ROWS)?;
    let bytes = cursor.bytes()?;
    if before.bytes != bytes || before.places.len() != count {
        let places = column::decode_places(bytes, count)?;
        if !places.is_sorted_by(|a, b| a < b) {
            return Err(Damage("its places are out of order"));
        }
        *before = Before { bytes: bytes.to_vec(), places };
    }
    let mut field = || column::decode(cursor.bytes()?, count);
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
        fn rows_come_back(series in vec((rows(), 1_usize..3), 0..4)) {
            let mut before = Before::default();
            for (rows, times) in series {
                for _ in 0..times {
                    prop_assert_eq!(decode(&encode(&rows), &mut before), Ok(rows.clone().into_iter().collect()));
                }
            }
        }

        #[test]
        fn a_changed_byte_is_noticed(rows in rows(), at: usize, xor in 1_u8..) {
            let mut bytes = encode(&rows);
            let at = at % bytes.len();
            bytes[at] ^= xor;
            prop_assert!(decode(&bytes, &mut Before::default()).is_err());
        }

        #[test]
        fn rubbish_is_an_error_at_most(mut bytes in vec(any::<u8>(), 0..80)) {
            bytes.splice(0..0, frame::begin());
            let _ = decode(&frame::end(bytes), &mut Before::default());
        }
    }
}
