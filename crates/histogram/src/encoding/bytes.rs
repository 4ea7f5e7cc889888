//! Binary encoding.

pub(super) use watchglass_stored_files::bytes::{Cursor, put_signed, put_varint, unzigzag, zigzag};

pub(super) fn put_f64(out: &mut Vec<u8>, value: f64) {
    out.extend_from_slice(&value.to_le_bytes());
}
