//! Checksummed envelope of values in Redis: u8 version 1, payload, u32 CRC-32 of both.

use crate::embedded::bytes::{CorruptData, Cursor, is_intact};

const VERSION: u8 = 1;

/// Starts an envelope; the payload is appended to it.
pub(crate) fn begin() -> Vec<u8> {
    vec![VERSION]
}

/// Completes an envelope.
pub(crate) fn end(mut out: Vec<u8>) -> Vec<u8> {
    out.extend(crc32fast::hash(&out).to_le_bytes());
    out
}

/// Verifies an envelope and passes the payload to `read`, which must consume all of it.
///
/// # Errors
/// Corrupt bytes, or `read` fails.
pub(crate) fn read<'a, T>(
    bytes: &'a [u8],
    read: impl FnOnce(&mut Cursor<'a>) -> Result<T, CorruptData>,
) -> Result<T, CorruptData> {
    let (bytes, sum) = bytes.split_last_chunk().ok_or(CorruptData("unexpected end"))?;
    if !is_intact(bytes, u32::from_le_bytes(*sum)) {
        return Err(CorruptData("checksum mismatch"));
    }
    let mut cursor = Cursor(bytes);
    if cursor.byte()? != VERSION {
        return Err(CorruptData("unsupported version"));
    }
    let found = read(&mut cursor)?;
    if cursor.is_empty() { Ok(found) } else { Err(CorruptData("trailing bytes")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn corrupt_envelopes_are_errors() {
        let framed = |inside: &[u8]| end([&begin(), inside].concat());
        for (bytes, expected) in [
            (framed(&[7]), Ok(7)),
            (vec![1, 2, 3], Err(CorruptData("unexpected end"))),
            (framed(&[]), Err(CorruptData("unexpected end"))),
            (framed(&[7, 8]), Err(CorruptData("trailing bytes"))),
            (vec![1, 7, 0, 0, 0, 0], Err(CorruptData("checksum mismatch"))),
            (end(vec![2, 7]), Err(CorruptData("unsupported version"))),
        ] {
            assert_eq!(read(&bytes, Cursor::byte), expected, "{bytes:?}");
        }
    }
}
