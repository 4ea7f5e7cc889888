//! Codes of whole numbers that adapt to their size.

use super::bits::{BitReader, BitWriter};
use crate::DecodeError;

/// Exponential Golomb code whose order follows the mean of the numbers before: as short as a fixed code for numbers of that
/// size, one bit for 0 after zeros, at most 129 bits.
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

impl Adaptive {
    fn order(self) -> u32 {
        // log2 of the mean times ln 2, which is best for a geometric distribution; 11 / 16 is about ln 2.
        ((self.mean / 16 * 11) / 16).checked_ilog2().unwrap_or_default()
    }

    fn learn(&mut self, value: u64) {
        self.mean = self.mean - self.mean / 4 + 4 * value.min(LARGEST_IN_MEAN);
    }

    /// Bits that [`put`](Self::put) would write.
    pub(super) fn cost(self, value: u64) -> u32 {
        let order = self.order();
        2 * (u128::from(value >> order) + 1).ilog2() + 1 + order
    }

    /// The state after a number that was not written, because it is known.
    pub(super) fn skip(&mut self, value: u64) {
        self.learn(value);
    }

    pub(super) fn put(&mut self, out: &mut BitWriter, value: u64) {
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
        while bits.get(1)? == 1 {
            digits += 1;
            if digits > 64 {
                return Err(DecodeError::Damaged("integer too long"));
            }
        }
        let rest = (1_u128 << digits | u128::from(bits.get(digits)?)) - 1;
        let value = rest << order | u128::from(bits.get(order)?);
        let value = u64::try_from(value).map_err(|_| DecodeError::Damaged("integer too large"))?;
        self.learn(value);
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn code_adapts_to_the_numbers() {
        let mut code = Adaptive::default();
        assert_eq!((code.cost(0), code.cost(1), code.cost(u64::MAX)), (1, 3, 129));
        (0..50).for_each(|_| code.skip(1000));
        assert!(code.cost(1000) <= 13 && code.cost(1000) >= 10, "{}", code.cost(1000));
        (0..50).for_each(|_| code.skip(0));
        assert_eq!(code.cost(0), 1);
    }

    proptest! {
        #[test]
        fn numbers_round_trip_at_their_cost(all in proptest::collection::vec((any::<u64>(), 0_u32..64), 0..50)) {
            let (mut writer, mut code, mut cost) = (BitWriter::default(), Adaptive::default(), 0);
            for (value, shift) in &all {
                cost += code.cost(value >> shift);
                code.put(&mut writer, value >> shift);
            }
            prop_assert_eq!(writer.bytes().len(), usize::try_from(cost).unwrap().div_ceil(8));
            let (mut reader, mut code) = (BitReader::new(writer.bytes()), Adaptive::default());
            for (value, shift) in all {
                prop_assert_eq!(code.get(&mut reader), Ok(value >> shift));
            }
        }
    }
}
