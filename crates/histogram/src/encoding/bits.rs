//! Bits, the highest of a byte first.

use crate::DecodeError;

/// Receiver of bits: writes them, or counts them.
pub(super) trait BitSink {
    /// Takes the lowest `number` bits of a value, at most 64.
    fn put(&mut self, value: u64, number: u32);
}

/// Counter of bits, to compare codes.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct BitCount(pub(super) u64);

impl BitSink for BitCount {
    fn put(&mut self, _: u64, number: u32) {
        self.0 += u64::from(number);
    }
}

/// Writer of bits.
#[derive(Clone, Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that are free in the last byte.
    free: u32,
}

impl BitSink for BitWriter {
    fn put(&mut self, value: u64, number: u32) {
        let mut left = number;
        while left > 0 {
            if self.free == 0 {
                self.bytes.push(0);
                self.free = 8;
            }
            let taken = left.min(self.free);
            left -= taken;
            self.free -= taken;
            let bits = (value >> left) & ((1 << taken) - 1);
            if let Some(last) = self.bytes.last_mut() {
                *last |= (bits << self.free) as u8;
            }
        }
    }
}

impl BitWriter {
    /// Fills the last byte with zeros, and writes bytes.
    pub(super) fn put_bytes(&mut self, bytes: &[u8]) {
        self.free = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The bytes; the last one is filled with zeros.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The first `N` bytes, to be replaced; `None` if there are fewer.
    pub(super) fn first_bytes_mut<const N: usize>(&mut self) -> Option<&mut [u8; N]> {
        self.bytes.first_chunk_mut()
    }
}

/// Reader of bits.
#[derive(Clone, Debug)]
pub(super) struct BitReader<'a> {
    bytes: &'a [u8],
    /// Bits that were read of the first byte, below 8.
    used: u32,
}

const END: DecodeError = DecodeError::Damaged("unexpected end");

impl<'a> BitReader<'a> {
    pub(super) fn new(bytes: &'a [u8]) -> Self {
        Self { bytes, used: 0 }
    }

    /// Reads bits, at most 64.
    pub(super) fn get(&mut self, number: u32) -> Result<u64, DecodeError> {
        let mut value = 0;
        let mut left = number;
        while left > 0 {
            let first = *self.bytes.first().ok_or(END)?;
            let taken = left.min(8 - self.used);
            let bits = (u64::from(first) >> (8 - self.used - taken)) & ((1 << taken) - 1);
            value = value << taken | bits;
            left -= taken;
            self.used += taken;
            if self.used == 8 {
                self.used = 0;
                self.bytes = self.bytes.get(1..).unwrap_or_default();
            }
        }
        Ok(value)
    }

    pub(super) fn bit(&mut self) -> Result<bool, DecodeError> {
        Ok(self.get(1)? == 1)
    }

    /// Skips the rest of a byte, and reads bytes.
    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        self.align();
        let (found, rest) = self.bytes.split_at_checked(length).ok_or(END)?;
        self.bytes = rest;
        Ok(found)
    }

    /// Whether only the rest of a byte is left.
    pub(super) fn is_at_end(&self) -> bool {
        self.bytes.len() <= usize::from(self.used > 0)
    }

    fn align(&mut self) {
        if self.used > 0 {
            self.used = 0;
            self.bytes = self.bytes.get(1..).unwrap_or_default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn bits_round_trip(all in proptest::collection::vec((any::<u64>(), 0_u32..=64), 0..50)) {
            let (mut writer, mut count) = (BitWriter::default(), BitCount::default());
            for (value, number) in &all {
                writer.put(*value, *number);
                count.put(*value, *number);
            }
            prop_assert_eq!(writer.bytes().len() as u64, count.0.div_ceil(8));
            writer.put_bytes(b"abc");
            let mut reader = BitReader::new(writer.bytes());
            for (value, number) in all {
                let mask = 1_u64.checked_shl(number).map_or(u64::MAX, |bit| bit - 1);
                prop_assert_eq!(reader.get(number), Ok(value & mask));
            }
            prop_assert!(!reader.is_at_end());
            prop_assert!(reader.clone().bytes(4).is_err());
            prop_assert_eq!(reader.bytes(3), Ok(b"abc".as_slice()));
            prop_assert!(reader.is_at_end() && reader.bit().is_err());
        }
    }
}
