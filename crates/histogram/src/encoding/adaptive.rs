//! Codes of whole numbers that adapt to their size.

use super::bits::{BitReader, BitSink};
use super::bytes::{unzigzag, zigzag};
use crate::DecodeError;

/// [Exponential Golomb code](https://en.wikipedia.org/wiki/Exponential-Golomb_coding) whose order follows the mean of the
/// numbers before: a bit for 0 after zeros, at most 129 bits.
///
/// Order k: the number is split into its lowest k bits and the rest q; q + 1 is written as the number of its bits but the
/// first in unary, then these bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Adaptive {
    /// Mean of the numbers times 16, where each weighs three quarters of the next.
    mean: u64,
}

/// Numbers above count as this one in the mean, so that it cannot overflow.
const LARGEST_IN_MEAN: u64 = 1 << 58;

const TOO_LARGE: DecodeError = DecodeError::Damaged("integer too large");

impl Adaptive {
    fn order(self) -> u32 {
        // log2 of the mean times ln 2, which is best for a geometric distribution; 11 / 16 is about ln 2.
        ((self.mean / 16 * 11) / 16).checked_ilog2().unwrap_or_default()
    }

    fn learn(&mut self, value: u64) {
        self.mean = self.mean - self.mean / 4 + 4 * value.min(LARGEST_IN_MEAN);
    }

    pub(super) fn put(&mut self, out: &mut impl BitSink, value: u64) {
        let order = self.order();
        let rest = u128::from(value >> order) + 1;
        let digits = rest.ilog2();
        out.put(u64::MAX, digits);
        out.put(0, 1);
        // The first digit is implied, so that 64 bits are enough.
        out.put(rest as u64, digits);
        out.put(value, order);
        self.learn(value);
    }

    pub(super) fn get(&mut self, bits: &mut BitReader<'_>) -> Result<u64, DecodeError> {
        let order = self.order();
        let mut digits = 0;
        while bits.bit()? {
            digits += 1;
            if digits > 64 {
                return Err(TOO_LARGE);
            }
        }
        let rest = (1_u128 << digits | u128::from(bits.get(digits)?)) - 1;
        // Below 2^65 times 2^order, whose order is below 59.
        let value = rest << order | u128::from(bits.get(order)?);
        let value = u64::try_from(value).map_err(|_| TOO_LARGE)?;
        self.learn(value);
        Ok(value)
    }

    pub(super) fn put_signed(&mut self, out: &mut impl BitSink, value: i64) {
        self.put(out, zigzag(value));
    }

    pub(super) fn get_signed(&mut self, bits: &mut BitReader<'_>) -> Result<i64, DecodeError> {
        Ok(unzigzag(self.get(bits)?))
    }
}

#[cfg(test)]
mod tests {
    use super::super::bits::{BitCount, BitWriter};
    use super::*;
    use proptest::prelude::*;

    fn cost(mut code: Adaptive, value: u64) -> u64 {
        let mut count = BitCount::default();
        code.put(&mut count, value);
        count.0
    }

    #[test]
    fn code_adapts_to_the_numbers() {
        let mut code = Adaptive::default();
        assert_eq!([0, 1, u64::MAX].map(|value| cost(code, value)), [1, 3, 129]);
        (0..50).for_each(|_| code.put(&mut BitCount::default(), 1000));
        assert!((10..=13).contains(&cost(code, 1000)), "{}", cost(code, 1000));
        (0..50).for_each(|_| code.put(&mut BitCount::default(), 0));
        assert_eq!(cost(code, 0), 1);
    }

    proptest! {
        #[test]
        fn numbers_round_trip(all in proptest::collection::vec((any::<u64>(), 0_u32..64), 0..50)) {
            let (mut writer, mut code) = (BitWriter::default(), Adaptive::default());
            for (value, shift) in &all {
                code.put(&mut writer, value >> shift);
                code.put_signed(&mut writer, (*value as i64) >> shift);
            }
            let (mut reader, mut code) = (BitReader::new(writer.bytes()), Adaptive::default());
            for (value, shift) in all {
                prop_assert_eq!(code.get(&mut reader), Ok(value >> shift));
                prop_assert_eq!(code.get_signed(&mut reader), Ok((value as i64) >> shift));
            }
            prop_assert!(reader.is_at_end());
        }
    }
}
