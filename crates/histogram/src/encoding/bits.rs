//! Bits, the highest of a byte first.

use crate::DecodeError;

/// Writer of bits.
#[derive(Clone, Debug, Default)]
pub(super) struct BitWriter {
    bytes: Vec<u8>,
    /// Bits that are free in the last byte.
    free: u32,
}

impl BitWriter {
    /// Writes the lowest `number` bits of a value, at most 64.
    pub(super) fn put(&mut self, value: u64, number: u32) {
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

    /// Fills the last byte with zeros, and writes bytes.
    pub(super) fn put_bytes(&mut self, bytes: &[u8]) {
        self.free = 0;
        self.bytes.extend_from_slice(bytes);
    }

    /// The bytes; the last one is filled with zeros.
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
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

    /// Skips the rest of a byte, and reads bytes.
    pub(super) fn bytes(&mut self, length: usize) -> Result<&'a [u8], DecodeError> {
        self.align();
        let (found, rest) = self.bytes.split_at_checked(length).ok_or(END)?;
        self.bytes = rest;
        Ok(found)
    }

    /// Skips the rest of a byte, and returns all that follows.
    pub(super) fn rest(&mut self) -> &'a [u8] {
        self.align();
        self.bytes
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
            let mut writer = BitWriter::default();
            all.iter().for_each(|(value, number)| writer.put(*value, *number));
            writer.put_bytes(b"abc");
            let mut reader = BitReader::new(writer.bytes());
            for (value, number) in all {
                let mask = 1_u64.checked_shl(number).map_or(u64::MAX, |bit| bit - 1);
                prop_assert_eq!(reader.get(number), Ok(value & mask));
            }
            prop_assert_eq!(reader.clone().bytes(3), Ok(b"abc".as_slice()));
            prop_assert!(reader.bytes(4).is_err());
            prop_assert_eq!(reader.rest(), b"abc");
        }
    }
}
