//! How a log writes the next value of a series: as little as tells it from the one before.
//!
//! | code | bytes behind it | the value is |
//! |---|---|---|
//! | 0 | – | the one before |
//! | 1 | place, 1 | the one that stands at that place of the values met so far |
//! | 2 to 5 | 1 to 4 | a whole number: the one before, also whole, and a zigzag difference |
//! | 6 to 13 | 1 to 8 | the one before, with its lowest 1 to 8 bytes changed by exclusive or |
//!
//! A value stands at the place that its bits give, until another one takes it. Both sides keep the same memory.

use super::bytes::{Cursor, Damage, unzigzag, zigzag};

const SAME: u8 = 0;
const MET: u8 = 1;
const WHOLE: u8 = 2;
const CHANGED: u8 = 6;
/// Whole numbers up to here are exact as f64, and so are their differences.
const MOST_WHOLE: f64 = 9e15;

/// What both sides know of the values of a series.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    before: u64,
    /// Only series whose values are not whole need it.
    met: Option<Box<[u64; 256]>>,
}

/// Fibonacci hashing: spreads the bits over 256 places.
fn place_of(bits: u64) -> u8 {
    (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 56) as u8
}

fn whole(bits: u64) -> Option<i64> {
    let value = f64::from_bits(bits);
    let whole = value as i64;
    (value.abs() < MOST_WHOLE && (whole as f64).to_bits() == bits).then_some(whole)
}

impl Memory {
    fn difference(&self, bits: u64) -> Option<u64> {
        Some(zigzag(whole(bits)? - whole(self.before)?)).filter(|&difference| difference < 1 << 32)
    }

    /// Writes the bytes of a value, and returns its code.
    pub(crate) fn encode(&mut self, value: f64, out: &mut Vec<u8>) -> u8 {
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
        self.remember(bits, code);
        code
    }

    /// Reads the value that a code and the bytes behind it stand for.
    pub(crate) fn decode(&mut self, code: u8, bytes: &mut Cursor<'_>) -> Result<f64, Damage> {
        let mut number = |length: u8| {
            let mut number = [0; 8];
            let read = bytes.slice(usize::from(length))?;
            number.iter_mut().zip(read).for_each(|(to, from)| *to = *from);
            Ok::<u64, Damage>(u64::from_le_bytes(number))
        };
        let bits = match code {
            SAME => self.before,
            MET => {
                let place = number(1)? as usize;
                *self
                    .met
                    .as_ref()
                    .and_then(|met| met.get(place))
                    .ok_or(Damage("a value was not met before"))?
            }
            WHOLE..CHANGED => {
                let before = whole(self.before).ok_or(Damage("a value follows one that is not whole"))?;
                ((before + unzigzag(number(code - WHOLE + 1)?)) as f64).to_bits()
            }
            CHANGED..14 => self.before ^ number(code - CHANGED + 1)?,
            _ => return Err(Damage("a value has an unknown code")),
        };
        self.remember(bits, code);
        Ok(f64::from_bits(bits))
    }

    fn remember(&mut self, bits: u64, code: u8) {
        self.before = bits;
        if code >= CHANGED {
            let met = self.met.get_or_insert_with(|| Box::new([0; 256]));
            if let Some(slot) = met.get_mut(usize::from(place_of(bits))) {
                *slot = bits;
            }
        }
    }
}

/// How many bytes a number needs, at least one.
fn bytes_of(number: u64) -> usize {
    (64 - number.leading_zeros() as usize).div_ceil(8).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn codes() {
        let mut memory = Memory::default();
        let mut out = Vec::new();
        let codes: Vec<u8> = [0.0, 5.0, 4.0, 300.0, 1e12, 0.1, 0.2, 0.1, 0.1, -0.0]
            .map(|value| memory.encode(value, &mut out))
            .to_vec();
        assert_eq!(codes, [0, 2, 2, 3, 13, 13, 12, 1, 0, 13]);
    }

    proptest! {
        #[test]
        fn values_come_back(
            values: Vec<f64>, small in proptest::collection::vec((-300_i32..300, 1_i32..4), 0..100),
        ) {
            let (mut to, mut from) = (Memory::default(), Memory::default());
            let small = small.into_iter().map(|(a, b)| f64::from(a) / f64::from(b));
            for value in values.into_iter().chain(small) {
                let mut out = Vec::new();
                let code = to.encode(value, &mut out);
                let mut cursor = Cursor(&out);
                prop_assert_eq!(from.decode(code, &mut cursor).unwrap().to_bits(), value.to_bits());
                prop_assert!(cursor.is_empty());
            }
        }

        #[test]
        fn rubbish_is_an_error_at_most(codes: Vec<u8>, bytes: Vec<u8>) {
            let (mut memory, mut cursor) = (Memory::default(), Cursor(&bytes));
            for code in codes {
                let _ = memory.decode(code % 15, &mut cursor);
            }
        }
    }
}
