//! Block format and encoder: records of one stream, compressed together.
//!
//! A block is a frame (`bytes.rs`) with the payload: labels (`record.rs`), signed varint first time, varint last − first
//! time, varint number of records, varint size of the content, the content as a
//! [Zstandard frame](https://datatracker.ietf.org/doc/html/rfc8878). Records are in the order of time; those of equal
//! times in the order of arrival. The content:
//!
//! - varint number of field names; the names with length prefixes
//! - times behind their length: varint difference to the time before, or the first time
//! - lengths behind their length: for each record varint size of its fields and varint size of its body
//! - fields behind their length: for each field varint name × 4 + kind, value; nothing for a record without fields
//! - bodies

use crate::bytes::{put_bytes, put_frame, put_signed, put_varint};
use crate::record::{Field, Value, kind, put_labels, put_value};
use crate::words::{self, WordSet};
use std::collections::HashMap;
use std::io;
use watchglass_model::Labels;

/// Maximum size of the content of a block.
pub(crate) const MAX_CONTENT_BYTES: usize = 64 << 20;

/// Encoded block.
#[derive(Debug)]
pub(crate) struct EncodedBlock {
    pub(crate) frame: Vec<u8>,
    pub(crate) filter: Vec<u8>,
    pub(crate) summary: BlockSummary,
}

/// Contents summary of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockSummary {
    /// First time.
    pub(crate) oldest: i64,
    /// Last time.
    pub(crate) newest: i64,
    pub(crate) records: u32,
    /// Size of the content.
    pub(crate) content_bytes: u32,
}

/// Encoder of blocks, one after the other.
pub(crate) struct BlockBuilder {
    compressor: zstd::bulk::Compressor<'static>,
    has_filter: bool,
    names: Vec<u8>,
    numbers: HashMap<String, u64>,
    times: Vec<u8>,
    lengths: Vec<u8>,
    fields: Vec<u8>,
    bodies: Vec<u8>,
    words: WordSet,
    records: u32,
    oldest: i64,
    newest: i64,
}

impl BlockBuilder {
    /// Encoder with a compression level from 1 to 19. Fails without memory.
    pub(crate) fn new(level: i32, has_filter: bool) -> io::Result<Self> {
        let mut compressor = zstd::bulk::Compressor::new(level)?;
        // The frame of the block has a checksum and the size of the content.
        compressor.include_checksum(false)?;
        compressor.include_contentsize(false)?;
        Ok(Self {
            compressor,
            has_filter,
            names: Vec::new(),
            numbers: HashMap::new(),
            times: Vec::new(),
            lengths: Vec::new(),
            fields: Vec::new(),
            bodies: Vec::new(),
            words: WordSet::default(),
            records: 0,
            oldest: 0,
            newest: 0,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Size of the content so far.
    pub(crate) fn content_bytes(&self) -> usize {
        self.names.len() + self.times.len() + self.lengths.len() + self.fields.len() + self.bodies.len()
    }

    /// Adds a record, not older than the one before.
    pub(crate) fn push(&mut self, time: i64, fields: &[Field<'_>], body: &[u8]) {
        if self.records == 0 {
            (self.oldest, self.newest) = (time, time);
        }
        put_varint(&mut self.times, time.wrapping_sub(self.newest) as u64);
        self.newest = time;
        let before = self.fields.len();
        for (name, value) in fields {
            let known = self.numbers.get(*name).copied();
            let number = known.unwrap_or_else(|| {
                let number = self.numbers.len() as u64;
                self.numbers.insert((*name).to_owned(), number);
                put_bytes(&mut self.names, name.as_bytes());
                number
            });
            put_varint(&mut self.fields, number << 2 | u64::from(kind(value)));
            put_value(&mut self.fields, value);
            if let Value::Text(text) = value {
                self.note_words(text.as_bytes());
            }
        }
        put_varint(&mut self.lengths, (self.fields.len() - before) as u64);
        put_varint(&mut self.lengths, body.len() as u64);
        self.bodies.extend_from_slice(body);
        self.note_words(body);
        self.records += 1;
    }

    fn note_words(&mut self, text: &[u8]) {
        if self.has_filter {
            self.words.extend(words::words(text).map(words::hash));
        }
    }

    /// Ends the block of a stream, and starts the next one.
    pub(crate) fn finish(&mut self, stream: &Labels) -> io::Result<EncodedBlock> {
        let mut content = Vec::with_capacity(self.content_bytes() + 32);
        put_varint(&mut content, self.numbers.len() as u64);
        content.extend_from_slice(&self.names);
        for part in [&self.times, &self.lengths, &self.fields] {
            put_bytes(&mut content, part);
        }
        content.extend_from_slice(&self.bodies);
        let summary = BlockSummary {
            oldest: self.oldest,
            newest: self.newest,
            records: self.records,
            content_bytes: content.len() as u32,
        };
        let mut payload = Vec::new();
        put_labels(&mut payload, stream);
        put_signed(&mut payload, summary.oldest);
        put_varint(&mut payload, summary.newest.wrapping_sub(summary.oldest) as u64);
        put_varint(&mut payload, u64::from(summary.records));
        put_varint(&mut payload, content.len() as u64);
        payload.extend(self.compressor.compress(&content)?);
        let mut frame = Vec::with_capacity(payload.len() + 12);
        put_frame(&mut frame, &payload);
        let filter = words::filter(&self.words);
        self.clear();
        Ok(EncodedBlock { frame, filter, summary })
    }

    fn clear(&mut self) {
        for part in [&mut self.names, &mut self.times, &mut self.lengths, &mut self.fields, &mut self.bodies]
        {
            part.clear();
        }
        self.numbers.clear();
        self.words.clear();
        self.records = 0;
    }
}

impl std::fmt::Debug for BlockBuilder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("BlockBuilder").field("records", &self.records).finish_non_exhaustive()
    }
}
