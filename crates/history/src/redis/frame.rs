//! What bytes in Redis stand in: u8 version, 1, before them and u32 CRC-32 of everything before behind them.

use crate::embedded::bytes::{Cursor, Damage, is_intact};

const VERSION: u8 = 1;

/// The beginning, behind which the bytes are written.
pub(crate) fn begin() -> Vec<u8> {
    vec![VERSION]
}

/// Everything, once the bytes are written.
pub(crate) fn end(mut out: Vec<u8>) -> Vec<u8> {
    out.extend(crc32fast::hash(&out).to_le_bytes());
    out
}

/// Has `read` read what stands between [`begin`] and [`end`], all of it.
///
/// # Errors
/// Bytes that this program did not write, and what `read` finds wrong.
pub(crate) fn read<'a, T>(
    bytes: &'a [u8],
    read: impl FnOnce(&mut Cursor<'a>) -> Result<T, Damage>,
) -> Result<T, Damage> {
    let (bytes, sum) = bytes.split_last_chunk().ok_or(Damage("it ends too early"))?;
    if !is_intact(bytes, u32::from_le_bytes(*sum)) {
        return Err(Damage("its checksum is wrong"));
    }
    let mut cursor = Cursor(bytes);
    if cursor.byte()? != VERSION {
        return Err(Damage("it has a version that this program does not know"));
    }
    let found = read(&mut cursor)?;
    if cursor.is_empty() { Ok(found) } else { Err(Damage("it is too long")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_written_is_named() {
        let framed = |inside: &[u8]| end([&begin(), inside].concat());
        for (bytes, expected) in [
            (framed(&[7]), Ok(7)),
            (vec![1, 2, 3], Err(Damage("it ends too early"))),
            (framed(&[]), Err(Damage("it ends too early"))),
            (framed(&[7, 8]), Err(Damage("it is too long"))),
            (vec![1, 7, 0, 0, 0, 0], Err(Damage("its checksum is wrong"))),
            (end(vec![2, 7]), Err(Damage("it has a version that this program does not know"))),
        ] {
            assert_eq!(read(&bytes, Cursor::byte), expected, "{bytes:?}");
        }
    }
}
