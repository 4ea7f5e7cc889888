//! Bit packing: the lowest `width` bits of numbers, one behind the other, without gaps.

use crate::embedded::bytes::CorruptData;

/// Widths up to this are within the eight bytes from the byte where a number begins.
const MAX_SHORT: u32 = 56;

/// Number of bytes of `count` packed numbers.
pub(super) fn packed_bytes(count: usize, width: u32) -> usize {
    (count * width as usize).div_ceil(8)
}

/// Number of bits of a number.
pub(super) fn bits_of(number: u64) -> u32 {
    u64::BITS - number.leading_zeros()
}

fn mask(width: u32) -> u64 {
    u64::MAX.checked_shr(u64::BITS - width).unwrap_or(0)
}

/// Packs the lowest `width` bits of numbers, at most 64.
pub(super) fn pack(numbers: &[u64], width: u32, out: &mut Vec<u8>) {
    let (mut waiting, mut bits) = (0_u128, 0);
    for number in numbers {
        waiting |= u128::from(number & mask(width)) << bits;
        bits += width;
        if bits >= u64::BITS {
            out.extend_from_slice(&(waiting as u64).to_le_bytes());
            waiting >>= u64::BITS;
            bits -= u64::BITS;
        }
    }
    out.extend(waiting.to_le_bytes().into_iter().take(bits.div_ceil(8) as usize));
}

/// Inverse of [`pack`] for `count` numbers. Replaces the contents of `out`.
///
/// # Errors
/// A wrong number of bytes, or a width over 64.
pub(super) fn unpack(bytes: &[u8], width: u32, count: usize, out: &mut Vec<u64>) -> Result<(), CorruptData> {
    if width > u64::BITS || bytes.len() != packed_bytes(count, width) {
        return Err(CorruptData("invalid packed numbers"));
    }
    out.clear();
    let place = |index: usize| (index * width as usize / 8, index * width as usize % 8);
    // Those that have the eight or sixteen bytes that are read.
    let read = if width <= MAX_SHORT { 8 } else { 16 };
    let inner = match (bytes.len().checked_sub(read), width) {
        (_, 0) => {
            out.resize(count, 0);
            return Ok(());
        }
        (Some(last), _) => count.min(last * 8 / width as usize + 1),
        (None, _) => 0,
    };
    let mask = mask(width);
    if width <= MAX_SHORT {
        out.extend((0..inner).map(|index| {
            let (byte, shift) = place(index);
            let word = bytes.get(byte..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
            u64::from_le_bytes(word) >> shift & mask
        }));
    } else {
        out.extend((0..inner).map(|index| {
            let (byte, shift) = place(index);
            let word = bytes.get(byte..).and_then(|rest| rest.first_chunk()).copied().unwrap_or_default();
            (u128::from_le_bytes(word) >> shift) as u64 & mask
        }));
    }
    out.extend((inner..count).map(|index| {
        let (byte, shift) = place(index);
        let mut word = [0; 16];
        word.iter_mut().zip(bytes.get(byte..).unwrap_or_default()).for_each(|(to, from)| *to = *from);
        (u128::from_le_bytes(word) >> shift) as u64 & mask
    }));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_round_trip(numbers in vec(any::<u64>(), 0..200), width in 0_u32..=64, begin in vec(any::<u8>(), 0..9)) {
            let mut bytes = begin.clone();
            pack(&numbers, width, &mut bytes);
            prop_assert_eq!(bytes.len() - begin.len(), packed_bytes(numbers.len(), width));
            let mut found = vec![7];
            unpack(&bytes[begin.len()..], width, numbers.len(), &mut found).unwrap();
            let expected: Vec<u64> = numbers.iter().map(|number| number & mask(width)).collect();
            prop_assert_eq!(found, expected);
            prop_assert!(unpack(&bytes[begin.len()..], width, numbers.len() + 64, &mut Vec::new()).is_err() || width == 0);
        }
    }
}
