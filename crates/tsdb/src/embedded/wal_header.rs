//! File header of a WAL, and the first bytes of its records; see `wal_format.rs`.

use super::bytes::Cursor;

const MAGIC: &[u8; 8] = b"WGLASLOG";
/// The version that is written.
pub(crate) const VERSION: u16 = 4;
/// The oldest version that is read.
pub(crate) const OLDEST_VERSION: u16 = 1;
pub(crate) const HEADER: usize = 16;
/// Bytes of the header with a checksum.
const HEADER_SUMMED: usize = 10;

/// File header.
pub(crate) fn header() -> Vec<u8> {
    header_of(VERSION)
}

/// Header with the checksum that version 3 and later ones have.
pub(crate) fn header_of(version: u16) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(version.to_le_bytes());
    header.extend(crc32fast::hash(&header).to_le_bytes());
    header.resize(HEADER, 0);
    header
}

/// Version of a file; `None` if its header is damaged.
pub(crate) fn version(header: &[u8]) -> Option<u16> {
    let mut cursor = Cursor(header);
    let summed = Cursor(header).slice(HEADER_SUMMED).ok()?;
    let is_wal = cursor.slice(MAGIC.len()).ok()? == MAGIC;
    let (version, sum, zeros) = (u16::from_le_bytes(cursor.array().ok()?), cursor.u32().ok()?, cursor.0);
    let expected = if version < 3 { 0 } else { crc32fast::hash(summed) };
    (is_wal && sum == expected && zeros == [0, 0]).then_some(version)
}

/// First bytes of each record.
pub(crate) fn mark(version: u16) -> [u8; 2] {
    let second = match version {
        ..3 => 0x57,
        3 => 0x58,
        _ => 0x59,
    };
    [0xa7, second]
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn changed_headers_are_detected(at in 0..HEADER, xor in 1_u8..) {
            let mut changed = header();
            changed[at] ^= xor;
            prop_assert_eq!((version(&header()), version(&changed)), (Some(VERSION), None));
        }
    }
}
