//! Binary encoding of numbers: little-endian, and variable-length integers as in
//! [LEB128](https://en.wikipedia.org/wiki/LEB128).

use thiserror::Error;

/// Corrupt stored bytes.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub(crate) struct CorruptData(pub(crate) &'static str);

/// Whether bytes have that CRC-32. Always true when fuzzing, so that arbitrary bytes reach the parsers.
pub(crate) fn is_intact(bytes: &[u8], sum: u32) -> bool {
    cfg!(fuzzing) || crc32fast::hash(bytes) == sum
}

/// Writes a variable-length integer.
pub(crate) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes a signed variable-length integer; small absolute values take few bytes.
pub(crate) fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, zigzag(value));
}

/// 0, -1, 1, -2, … as 0, 1, 2, 3, …
pub(crate) fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The inverse of [`zigzag`].
pub(crate) fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Writes bytes with a length prefix.
pub(crate) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reader of bytes from the front.
#[derive(Clone, Debug)]
pub(crate) struct Cursor<'a>(pub(crate) &'a [u8]);

impl<'a> Cursor<'a> {
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(crate) fn slice(&mut self, length: usize) -> Result<&'a [u8], CorruptData> {
        let (slice, rest) = self.0.split_at_checked(length).ok_or(CorruptData("unexpected end"))?;
        self.0 = rest;
        Ok(slice)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], CorruptData> {
        let (array, rest) = self.0.split_first_chunk().ok_or(CorruptData("unexpected end"))?;
        self.0 = rest;
        Ok(*array)
    }

    pub(crate) fn byte(&mut self) -> Result<u8, CorruptData> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, CorruptData> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    pub(crate) fn f64(&mut self) -> Result<f64, CorruptData> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    pub(crate) fn varint(&mut self) -> Result<u64, CorruptData> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or(0);
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(CorruptData("integer too long"))
    }

    pub(crate) fn signed(&mut self) -> Result<i64, CorruptData> {
        Ok(unzigzag(self.varint()?))
    }

    /// A count of at most `most`.
    pub(crate) fn count(&mut self, most: usize) -> Result<usize, CorruptData> {
        usize::try_from(self.varint()?)
            .ok()
            .filter(|&count| count <= most)
            .ok_or(CorruptData("count too large"))
    }

    /// Bytes with a length prefix.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], CorruptData> {
        let length = self.count(self.0.len())?;
        self.slice(length)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn numbers_round_trip(value: u64, signed: i64) {
            let mut out = Vec::new();
            put_varint(&mut out, value);
            put_signed(&mut out, signed);
            put_bytes(&mut out, b"abc");
            let mut cursor = Cursor(&out);
            prop_assert_eq!(cursor.varint(), Ok(value));
            prop_assert_eq!(cursor.signed(), Ok(signed));
            prop_assert_eq!(cursor.bytes(), Ok(b"abc".as_slice()));
            prop_assert!(cursor.is_empty());
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let mut cursor = Cursor(&bytes);
            while cursor.bytes().is_ok() && !cursor.is_empty() {}
            let mut cursor = Cursor(&bytes);
            while cursor.varint().is_ok() {}
        }
    }
}
