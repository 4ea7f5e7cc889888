//! WAL format: records that are not in a block file yet.
//!
//! Version 1. A header (`bytes.rs`) with the magic number `WGLASRLG`, then a frame for each batch that was appended. No
//! frame depends on another one. Its payload is u8 0 and the content, or u8 1, u32 size of the content, and the content
//! as a Zstandard frame. The content: records of one stream after the other, as labels (`record.rs`), varint number of
//! records; for each signed varint difference to the time before (of the first, to 0), fields (`record.rs`), body with a length prefix.

use crate::bytes::{CorruptData, Cursor, header, put_bytes, put_frame, put_signed, put_varint};
use crate::record::{NewRecord, fields, labels, put_fields, put_labels};
use std::io;
use watchglass_model::{Labels, Timestamp};

pub(crate) const MAGIC: &[u8; 8] = b"WGLASRLG";
pub(crate) const VERSION: u16 = 1;
/// Maximum size of the content of a batch.
pub(crate) const MAX_BATCH_BYTES: usize = 32 << 20;
/// Smaller batches are not compressed: the gain is small.
const MIN_COMPRESSED_BYTES: usize = 512;

/// File header.
pub(crate) fn file_header() -> Vec<u8> {
    header(MAGIC, VERSION)
}

/// Encoder of batches.
pub(crate) struct BatchEncoder {
    compressor: zstd::bulk::Compressor<'static>,
    content: Vec<u8>,
    payload: Vec<u8>,
    frame: Vec<u8>,
}

impl BatchEncoder {
    /// Fails without memory.
    pub(crate) fn new() -> io::Result<Self> {
        // Fast: the data is compressed again in its block.
        let mut compressor = zstd::bulk::Compressor::new(1)?;
        compressor.include_checksum(false)?;
        Ok(Self { compressor, content: Vec::new(), payload: Vec::new(), frame: Vec::new() })
    }

    /// The frame of a batch; `None` if it is too large.
    pub(crate) fn encode(&mut self, batch: &[NewRecord<'_>]) -> io::Result<Option<&[u8]>> {
        self.content.clear();
        for group in batch.chunk_by(|a, b| a.stream == b.stream) {
            let Some(first) = group.first() else { continue };
            put_labels(&mut self.content, first.stream);
            put_varint(&mut self.content, group.len() as u64);
            let mut time = 0_i64;
            for record in group {
                put_signed(&mut self.content, record.time.millis().wrapping_sub(time));
                time = record.time.millis();
                put_fields(&mut self.content, record.fields);
                put_bytes(&mut self.content, record.body);
            }
        }
        if self.content.len() > MAX_BATCH_BYTES {
            // Not kept for the smaller ones that follow.
            self.content = Vec::new();
            return Ok(None);
        }
        self.payload.clear();
        if self.content.len() < MIN_COMPRESSED_BYTES {
            self.payload.push(0);
            self.payload.extend_from_slice(&self.content);
        } else {
            self.payload.push(1);
            self.payload.extend((self.content.len() as u32).to_le_bytes());
            self.payload.extend(self.compressor.compress(&self.content)?);
        }
        self.frame.clear();
        put_frame(&mut self.frame, &self.payload);
        Ok(Some(&self.frame))
    }
}

impl std::fmt::Debug for BatchEncoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BatchEncoder").finish_non_exhaustive()
    }
}

/// Decodes the payload of a batch and calls `visit` for each record.
///
/// # Errors
/// Corrupt bytes, after visiting the records before them.
pub(crate) fn decode(payload: &[u8], visit: &mut dyn FnMut(&NewRecord<'_>)) -> Result<(), CorruptData> {
    let mut cursor = Cursor(payload);
    let decompressed;
    match cursor.byte()? {
        0 => {}
        1 => {
            let length = cursor.u32()? as usize;
            if length > MAX_BATCH_BYTES {
                return Err(CorruptData("batch too large"));
            }
            decompressed = zstd::bulk::decompress(cursor.0, length)
                .ok()
                .filter(|content| content.len() == length)
                .ok_or(CorruptData("batch cannot be decompressed"))?;
            cursor = Cursor(&decompressed);
        }
        _ => return Err(CorruptData("unknown compression")),
    }
    let mut found = Vec::new();
    while !cursor.is_empty() {
        let stream: Labels = labels(&mut cursor)?;
        let mut time = 0_i64;
        for _ in 0..cursor.count(MAX_BATCH_BYTES)? {
            time = time.wrapping_add(cursor.signed()?);
            fields(&mut cursor, &mut found)?;
            let body = cursor.bytes()?;
            let time = Timestamp::from_millis(time);
            visit(&NewRecord { stream: &stream, time, fields: &found, body });
        }
    }
    Ok(())
}
