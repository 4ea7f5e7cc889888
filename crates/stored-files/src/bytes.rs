//! Binary encoding of numbers: little-endian, and variable-length integers as in
//! [LEB128](https://en.wikipedia.org/wiki/LEB128).

use thiserror::Error;

/// Corrupt stored bytes.
#[derive(Debug, Error, PartialEq, Eq)]
#[error("{0}")]
pub struct CorruptData(
    /// What is wrong.
    pub &'static str,
);

/// Whether bytes have that CRC-32. Always true when fuzzing, so that arbitrary bytes reach the parsers.
pub fn is_intact(bytes: &[u8], sum: u32) -> bool {
    cfg!(fuzzing) || crc32fast::hash(bytes) == sum
}

/// Writes a variable-length integer: seven bits per byte, the lowest first.
#[inline]
pub fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Writes a signed variable-length integer; small absolute values take few bytes.
#[inline]
pub fn put_signed(out: &mut Vec<u8>, value: i64) {
    put_varint(out, zigzag(value));
}

/// 0, -1, 1, -2, … as 0, 1, 2, 3, …
#[inline]
pub fn zigzag(value: i64) -> u64 {
    ((value << 1) ^ (value >> 63)) as u64
}

/// The inverse of [`zigzag`].
#[inline]
pub fn unzigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}

/// Writes bytes with a length prefix.
#[inline]
pub fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Reader of bytes from the front. A failed read may have taken some of the bytes.
#[derive(Clone, Debug)]
pub struct Cursor<'a>(
    /// The bytes that are left.
    pub &'a [u8],
);

impl<'a> Cursor<'a> {
    /// Whether no bytes are left.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The next `length` bytes.
    ///
    /// # Errors
    /// There are fewer.
    #[inline]
    pub fn slice(&mut self, length: usize) -> Result<&'a [u8], CorruptData> {
        let (slice, rest) = self.0.split_at_checked(length).ok_or(CorruptData("unexpected end"))?;
        self.0 = rest;
        Ok(slice)
    }

    /// The next `N` bytes.
    ///
    /// # Errors
    /// There are fewer.
    #[inline]
    pub fn array<const N: usize>(&mut self) -> Result<[u8; N], CorruptData> {
        let (array, rest) = self.0.split_first_chunk().ok_or(CorruptData("unexpected end"))?;
        self.0 = rest;
        Ok(*array)
    }

    /// The next byte.
    ///
    /// # Errors
    /// There is none.
    #[inline]
    pub fn byte(&mut self) -> Result<u8, CorruptData> {
        Ok(u8::from_le_bytes(self.array()?))
    }

    /// A number of 4 bytes.
    ///
    /// # Errors
    /// There are fewer.
    #[inline]
    pub fn u32(&mut self) -> Result<u32, CorruptData> {
        Ok(u32::from_le_bytes(self.array()?))
    }

    /// A number of 8 bytes. Any bit pattern is one, with all kinds of NaN.
    ///
    /// # Errors
    /// There are fewer.
    #[inline]
    pub fn f64(&mut self) -> Result<f64, CorruptData> {
        Ok(f64::from_le_bytes(self.array()?))
    }

    /// A variable-length integer of at most 10 bytes. Bits above the 64th are ignored.
    ///
    /// # Errors
    /// It is longer, or there are fewer bytes.
    #[inline]
    pub fn varint(&mut self) -> Result<u64, CorruptData> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(CorruptData("integer too long"))
    }

    /// A signed variable-length integer.
    ///
    /// # Errors
    /// See [`Cursor::varint`].
    #[inline]
    pub fn signed(&mut self) -> Result<i64, CorruptData> {
        Ok(unzigzag(self.varint()?))
    }

    /// A count of at most `max`.
    ///
    /// # Errors
    /// It is larger, or no integer.
    #[inline]
    pub fn count(&mut self, max: usize) -> Result<usize, CorruptData> {
        usize::try_from(self.varint()?)
            .ok()
            .filter(|&count| count <= max)
            .ok_or(CorruptData("count too large"))
    }

    /// Bytes with a length prefix.
    ///
    /// # Errors
    /// There are fewer.
    #[inline]
    pub fn bytes(&mut self) -> Result<&'a [u8], CorruptData> {
        let length = self.count(self.0.len())?;
        self.slice(length)
    }

    /// UTF-8 text with a length prefix.
    ///
    /// # Errors
    /// There are fewer bytes, or it is not UTF-8.
    pub fn text(&mut self) -> Result<&'a str, CorruptData> {
        std::str::from_utf8(self.bytes()?).map_err(|_| CorruptData("text is not UTF-8"))
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
            prop_assert_eq!(cursor.text(), Ok("abc"));
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
