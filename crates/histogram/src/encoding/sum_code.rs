//! Code of the sums of a sequence.

use super::adaptive::Adaptive;
use super::bits::{BitReader, BitSink};
use super::bytes::{unzigzag, zigzag};
use crate::{DecodeError, STALE_NAN};

/// Bits of a shift.
const SHIFT_BITS: u32 = 6;

/// Code of sums: the difference of the 64 bits of an f64 to those of the sum before, as integers. It is small if the sum
/// grew little, and ends in zeros if both sums have few digits.
///
/// A bit 0: no difference. 10: the difference, without as many zeros at its end as the one before. 11: their number (6 bits)
/// is new, then the difference without them.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SumCode {
    before: u64,
    shift: u32,
    size: Adaptive,
}

impl SumCode {
    /// The state after a sum that was stored otherwise.
    pub(super) fn restart(&mut self, sum: f64) {
        self.before = sum.to_bits();
    }

    pub(super) fn is_last(&self, sum: f64) -> bool {
        self.before == sum.to_bits()
    }

    pub(super) fn put(&mut self, out: &mut impl BitSink, sum: f64) {
        let difference = sum.to_bits().wrapping_sub(self.before);
        self.before = sum.to_bits();
        if difference == 0 {
            return out.put(0, 1);
        }
        let zeros = difference.trailing_zeros();
        // Sums with more zeros by chance do not change the shift.
        if zeros >= self.shift && zeros < self.shift + 4 {
            out.put(0b10, 2);
        } else {
            out.put(0b11, 2);
            out.put(u64::from(zeros), SHIFT_BITS);
            self.shift = zeros;
        }
        self.size.put(out, zigzag(difference as i64 >> self.shift));
    }

    pub(super) fn get(&mut self, bits: &mut BitReader<'_>) -> Result<f64, DecodeError> {
        if bits.bit()? {
            if bits.bit()? {
                self.shift = u32::try_from(bits.get(SHIFT_BITS)?).unwrap_or_default();
            }
            let difference = unzigzag(self.size.get(bits)?);
            self.before = self.before.wrapping_add((difference << self.shift) as u64);
        }
        if self.before == STALE_NAN.to_bits() {
            return Err(DecodeError::Damaged("stale marker with counts"));
        }
        Ok(f64::from_bits(self.before))
    }
}

#[cfg(test)]
mod tests {
    use super::super::bits::BitWriter;
    use super::*;
    use proptest::prelude::*;

    fn written(sums: &[f64]) -> BitWriter {
        let (mut writer, mut code) = (BitWriter::default(), SumCode::default());
        sums.iter().for_each(|sum| code.put(&mut writer, *sum));
        writer
    }

    #[test]
    fn sums_with_few_digits_and_equal_sums_are_short() {
        let integers: Vec<f64> = (0..800).map(|number| f64::from(10_000 + number * 7)).collect();
        assert!(written(&integers).bytes().len() < 1200, "{}", written(&integers).bytes().len());
        assert!(written(&[0.1; 800]).bytes().len() < 120);
    }

    proptest! {
        #[test]
        fn sums_round_trip(sums in proptest::collection::vec(proptest::num::f64::ANY, 0..30)) {
            let sums: Vec<f64> = sums.into_iter().filter(|sum| sum.to_bits() != STALE_NAN.to_bits()).collect();
            let writer = written(&sums);
            let (mut reader, mut code) = (BitReader::new(writer.bytes()), SumCode::default());
            for sum in sums {
                prop_assert_eq!(code.get(&mut reader).map(f64::to_bits), Ok(sum.to_bits()));
            }
        }
    }
}
