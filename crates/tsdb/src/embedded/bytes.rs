//! Binary encoding.

pub(crate) use watchglass_stored_files::bytes::{
    CorruptData, Cursor, is_intact, put_bytes, put_signed, put_varint, unzigzag, zigzag,
};
