//! Binary encoding: little-endian numbers, variable-length integers as in
//! [LEB128](https://en.wikipedia.org/wiki/LEB128), and frames with a checksum.
//!
//! A frame is: 4 bytes mark `93 F7 D2 0B`, u32 length of the payload, u32 CRC-32 of the length and the payload, payload.

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
    put_varint(out, ((value << 1) ^ (value >> 63)) as u64);
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
        let value = self.varint()?;
        Ok((value >> 1) as i64 ^ -((value & 1) as i64))
    }

    /// A count of at most `max`.
    pub(crate) fn count(&mut self, max: usize) -> Result<usize, CorruptData> {
        usize::try_from(self.varint()?)
            .ok()
            .filter(|&count| count <= max)
            .ok_or(CorruptData("count too large"))
    }

    /// Bytes with a length prefix.
    pub(crate) fn bytes(&mut self) -> Result<&'a [u8], CorruptData> {
        let length = self.count(self.0.len())?;
        self.slice(length)
    }

    /// UTF-8 text with a length prefix.
    pub(crate) fn text(&mut self) -> Result<&'a str, CorruptData> {
        std::str::from_utf8(self.bytes()?).map_err(|_| CorruptData("text is not UTF-8"))
    }
}

/// First bytes of a frame. Four of them, so that compressed data has few that are no frame.
const MARK: [u8; 4] = [0x93, 0xf7, 0xd2, 0x0b];

/// Writes a frame.
pub(crate) fn put_frame(out: &mut Vec<u8>, payload: &[u8]) {
    let length = (payload.len() as u32).to_le_bytes();
    out.extend(MARK);
    out.extend(length);
    out.extend(frame_sum(length, payload).to_le_bytes());
    out.extend_from_slice(payload);
}

fn frame_sum(length: [u8; 4], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&length);
    hasher.update(payload);
    hasher.finalize()
}

/// The payload of the frame at the front.
pub(crate) fn frame<'a>(rest: &mut Cursor<'a>) -> Result<&'a [u8], CorruptData> {
    if rest.array()? != MARK {
        return Err(CorruptData("invalid start of a frame"));
    }
    let length = rest.array()?;
    let sum = rest.u32()?;
    let payload = rest.slice(u32::from_le_bytes(length) as usize)?;
    if cfg!(fuzzing) || frame_sum(length, payload) == sum {
        Ok(payload)
    } else {
        Err(CorruptData("checksum mismatch"))
    }
}

/// Moves to the next intact frame behind the first byte, and returns whether there is one. Then the bytes before it are
/// corrupt, and not just an incomplete last frame.
pub(crate) fn skip_damage(rest: &mut Cursor<'_>) -> bool {
    let bytes = rest.0;
    let behind = bytes.get(1..).unwrap_or_default();
    let next = memchr::memmem::find_iter(behind, &MARK)
        .filter_map(|at| behind.get(at..))
        .find(|bytes| frame(&mut Cursor(bytes)).is_ok());
    rest.0 = next.unwrap_or_default();
    next.is_some()
}

/// Size of a file header.
pub(crate) const HEADER: usize = 16;

/// File header: 8 bytes magic number, u16 version, u16 0, u32 CRC-32 of these.
pub(crate) fn header(magic: &[u8; 8], version: u16) -> Vec<u8> {
    let mut header = magic.to_vec();
    header.extend(version.to_le_bytes());
    header.extend([0, 0]);
    header.extend(crc32fast::hash(&header).to_le_bytes());
    header
}

/// The version in a file header.
pub(crate) fn header_version(bytes: &[u8], magic: &[u8; 8]) -> Result<u16, CorruptData> {
    let mut cursor = Cursor(bytes);
    let head = cursor.slice(HEADER - 4)?;
    if !head.starts_with(magic) || !is_intact(head, cursor.u32()?) {
        return Err(CorruptData("invalid file header"));
    }
    let mut rest = Cursor(head.get(magic.len()..).unwrap_or_default());
    Ok(u16::from_le_bytes(rest.array()?))
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
        fn damaged_frame_is_skipped(first: Vec<u8>, second: Vec<u8>, at: prop::sample::Index, change in 1_u8..) {
            let mut out = Vec::new();
            put_frame(&mut out, &first);
            let length = out.len();
            put_frame(&mut out, &second);
            out[at.index(length)] ^= change;
            let mut cursor = Cursor(&out);
            prop_assert!(frame(&mut cursor).is_err());
            cursor.0 = &out;
            prop_assert!(skip_damage(&mut cursor));
            prop_assert_eq!(frame(&mut cursor), Ok(second.as_slice()));
            prop_assert!(!skip_damage(&mut cursor));
        }
    }

    #[test]
    fn changed_header_has_no_version() {
        let header = header(b"MAGIC678", 3);
        assert_eq!((header.len(), header_version(&header, b"MAGIC678")), (HEADER, Ok(3)));
        for at in 0..HEADER {
            let mut changed = header.clone();
            changed[at] ^= 1;
            assert!(header_version(&changed, b"MAGIC678").is_err(), "byte {at}");
        }
    }
}
