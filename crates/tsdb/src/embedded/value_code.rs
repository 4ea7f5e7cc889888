//! Value encoding of the WAL: the difference to the previous value of the series.
//!
//! | code | bytes behind it | the value is |
//! |---|---|---|
//! | 0 | – | the previous one |
//! | 1 | index, 1 | the value at that index of the hash table of recent values |
//! | 2 to 5 | 1 to 4 | an integer: the previous one, also an integer, plus a zigzag difference |
//! | 6 to 13 | 1 to 8 | the previous one, XOR its lowest 1 to 8 bytes |
//!
//! The index of a value is a hash of its bits; a newer value replaces an older one. Encoder and decoder keep the same table.

use super::bytes::{CorruptData, Cursor, unzigzag, zigzag};

const SAME: u8 = 0;
const MET: u8 = 1;
const WHOLE: u8 = 2;
const CHANGED: u8 = 6;
/// Integers up to this are exact as f64, and so are their differences.
const MAX_EXACT_INTEGER: f64 = 9e15;

/// State of a series, kept equal by encoder and decoder.
#[derive(Debug, Default)]
pub(crate) struct ValueState {
    before: u64,
    /// Recent values, 2 KB. Allocated only for series with non-integer values.
    met: Option<Box<[u64; 256]>>,
}

/// Fibonacci hashing: spreads the bits over 256 places.
fn place_of(bits: u64) -> u8 {
    (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

fn whole(bits: u64) -> Option<i64> {
    let value = f64::from_bits(bits);
    let whole = value as i64;
    (value.abs() < MAX_EXACT_INTEGER && (whole as f64).to_bits() == bits).then_some(whole)
}

impl ValueState {
    fn difference(&self, bits: u64) -> Option<u64> {
        Some(zigzag(whole(bits)? - whole(self.before)?)).filter(|&difference| difference < 1 << 32)
    }

    /// Encodes a value and returns its code. `has_table` is whether there is a table of recent values: the same for all values
    /// of a series.
    pub(crate) fn encode(&mut self, value: f64, has_table: bool, out: &mut Vec<u8>) -> u8 {
        let bits = value.to_bits();
        let place = place_of(bits);
        let code = if bits == self.before {
            SAME
        } else if let Some(difference) = self.difference(bits) {
            let length = bytes_of(difference);
            out.extend(difference.to_le_bytes().into_iter().take(length));
            WHOLE + length as u8 - 1
        } else if self.met.as_ref().and_then(|met| met.get(usize::from(place))) == Some(&bits) {
            out.push(place);
            MET
        } else {
            let changed = bits ^ self.before;
            let length = bytes_of(changed);
            out.extend(changed.to_le_bytes().into_iter().take(length));
            CHANGED + length as u8 - 1
        };
        self.remember(bits, code, has_table);
        code
    }

    /// Decodes the value of a code and its bytes. `has_table` is as for [`encode`](Self::encode).
    pub(crate) fn decode(
        &mut self,
        code: u8,
        has_table: bool,
        bytes: &mut Cursor<'_>,
    ) -> Result<f64, CorruptData> {
        let mut number = |length: u8| {
            let mut number = [0; 8];
            let read = bytes.slice(usize::from(length))?;
            number.iter_mut().zip(read).for_each(|(to, from)| *to = *from);
            Ok::<u64, CorruptData>(u64::from_le_bytes(number))
        };
        let bits = match code {
            SAME => self.before,
            MET => {
                let place = number(1)? as usize;
                *self
                    .met
                    .as_ref()
                    .and_then(|met| met.get(place))
                    .ok_or(CorruptData("unknown recent value"))?
            }
            WHOLE..CHANGED => {
                let before = whole(self.before).ok_or(CorruptData("previous value is not an integer"))?;
                ((before + unzigzag(number(code - WHOLE + 1)?)) as f64).to_bits()
            }
            CHANGED..14 => self.before ^ number(code - CHANGED + 1)?,
            _ => return Err(CorruptData("unknown value code")),
        };
        self.remember(bits, code, has_table);
        Ok(f64::from_bits(bits))
    }

    fn remember(&mut self, bits: u64, code: u8, has_table: bool) {
        self.before = bits;
        if has_table && code >= CHANGED {
            let met = self.met.get_or_insert_with(|| Box::new([0; 256]));
            if let Some(slot) = met.get_mut(usize::from(place_of(bits))) {
                *slot = bits;
            }
        }
    }
}

/// Number of bytes of a number, at least one.
fn bytes_of(number: u64) -> usize {
    (64 - number.leading_zeros() as usize).div_ceil(8).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes() {
        let mut memory = ValueState::default();
        let mut out = Vec::new();
        let codes: Vec<u8> = [0.0, 5.0, 4.0, 300.0, 1e12, 0.1, 0.2, 0.1, 0.1, -0.0]
            .map(|value| memory.encode(value, true, &mut out))
            .to_vec();
        assert_eq!(codes, [0, 2, 2, 3, 13, 13, 12, 1, 0, 13]);
    }

    proptest! {
        #[test]
        fn values_round_trip(
            values: Vec<u64>, has_table: bool, small in proptest::collection::vec((-300_i32..300, 1_i32..4), 0..100),
        ) {
            let (mut to, mut from) = (ValueState::default(), ValueState::default());
            let small = small.into_iter().map(|(a, b)| f64::from(a) / f64::from(b));
            for value in values.into_iter().map(f64::from_bits).chain(small) {
                let mut out = Vec::new();
                let code = to.encode(value, has_table, &mut out);
                let mut cursor = Cursor(&out);
                prop_assert_eq!(from.decode(code, has_table, &mut cursor).unwrap().to_bits(), value.to_bits());
                prop_assert!(cursor.is_empty());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(codes: Vec<u8>, bytes: Vec<u8>) {
            let (mut memory, mut cursor) = (ValueState::default(), Cursor(&bytes));
            for code in codes {
                let _ = memory.decode(code % 15, true, &mut cursor);
            }
        }
    }
}
