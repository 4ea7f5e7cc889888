//! Format of block files, and the index of their blocks.
//!
//! Version 1, little-endian:
//!
//! | part | content |
//! |---|---|
//! | header, 16 bytes | see `bytes.rs`; the magic number is `WGLASREC` |
//! | blocks | see `block_builder.rs`; one after the other, those of a stream in the order of arrival |
//! | filters | of the words of each block, see `words.rs`; one after the other |
//! | footer | varint number of streams; their labels; varint number of blocks; the blocks; u32 CRC-32 of the filters |
//! | trailer, 16 bytes | u32 size of the footer, u32 CRC-32 of the footer, `WGLASEND` |
//!
//! A block in the footer: varint number of its stream, varint size of its frame, signed varint first time, varint last −
//! first time, varint number of records, varint size of its content, varint size of its filter.
//!
//! Without a usable footer the blocks are found by their frames.

use crate::block::open_payload;
use crate::block_builder::{BlockSummary, MAX_CONTENT_BYTES};
use crate::bytes::{
    CorruptData, Cursor, HEADER, frame, header, is_intact, put_signed, put_varint, skip_damage,
};
use crate::record::{labels, put_labels};
use std::sync::Arc;
use watchglass_model::Labels;

pub(crate) const MAGIC: &[u8; 8] = b"WGLASREC";
pub(crate) const VERSION: u16 = 1;
pub(crate) const TRAILER: usize = 16;
const END: &[u8; 8] = b"WGLASEND";
/// Maximum number of streams and of blocks of a file.
const MAX_ENTRIES: usize = 1 << 22;

/// Block of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BlockEntry {
    /// Number of its stream.
    pub(crate) stream: u32,
    pub(crate) frame_bytes: u32,
    pub(crate) offset: u64,
    pub(crate) summary: BlockSummary,
    /// Place of its filter among the filters.
    pub(crate) filter_start: u32,
    pub(crate) filter_bytes: u32,
}

/// Place of the filters in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Filters {
    pub(crate) offset: u64,
    pub(crate) bytes: u32,
    pub(crate) sum: u32,
}

/// Index of a file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct FileIndex {
    pub(crate) streams: Vec<Arc<Labels>>,
    pub(crate) blocks: Vec<BlockEntry>,
    /// `None` if the footer is lost.
    pub(crate) filters: Option<Filters>,
}

/// Gives labels their shared form.
pub(crate) type Intern<'a> = dyn FnMut(Labels) -> Arc<Labels> + 'a;

impl FileIndex {
    pub(crate) fn records(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.summary.records)).sum()
    }

    pub(crate) fn content_bytes(&self) -> u64 {
        self.blocks.iter().map(|block| u64::from(block.summary.content_bytes)).sum()
    }

    /// First time; the last possible one without blocks.
    pub(crate) fn oldest(&self) -> i64 {
        self.blocks.iter().map(|block| block.summary.oldest).min().unwrap_or(i64::MAX)
    }

    /// Last time; the first possible one without blocks.
    pub(crate) fn newest(&self) -> i64 {
        self.blocks.iter().map(|block| block.summary.newest).max().unwrap_or(i64::MIN)
    }

    /// Number of the stream of the next block. Blocks of a stream come one after the other; after damage it may be listed
    /// twice, which changes nothing.
    pub(crate) fn stream_number(&mut self, stream: &Arc<Labels>) -> u32 {
        if self.streams.last() != Some(stream) {
            self.streams.push(Arc::clone(stream));
        }
        (self.streams.len() - 1) as u32
    }

    /// Footer and trailer.
    pub(crate) fn encode(&self, filter_sum: u32) -> Vec<u8> {
        let mut out = Vec::new();
        put_varint(&mut out, self.streams.len() as u64);
        self.streams.iter().for_each(|stream| put_labels(&mut out, stream));
        put_varint(&mut out, self.blocks.len() as u64);
        for block in &self.blocks {
            let summary = &block.summary;
            put_varint(&mut out, u64::from(block.stream));
            put_varint(&mut out, u64::from(block.frame_bytes));
            put_signed(&mut out, summary.oldest);
            put_varint(&mut out, summary.newest.wrapping_sub(summary.oldest) as u64);
            put_varint(&mut out, u64::from(summary.records));
            put_varint(&mut out, u64::from(summary.content_bytes));
            put_varint(&mut out, u64::from(block.filter_bytes));
        }
        out.extend(filter_sum.to_le_bytes());
        let sum = crc32fast::hash(&out);
        out.extend((out.len() as u32).to_le_bytes());
        out.extend(sum.to_le_bytes());
        out.extend(END);
        out
    }

    /// Size of the footer, and its CRC-32.
    pub(crate) fn decode_trailer(trailer: &[u8]) -> Result<(u32, u32), CorruptData> {
        let mut cursor = Cursor(trailer);
        let (length, sum) = (cursor.u32()?, cursor.u32()?);
        if cursor.0 == END { Ok((length, sum)) } else { Err(CorruptData("invalid end of the file")) }
    }

    /// Decodes a footer that starts at `offset` of its file.
    pub(crate) fn decode(
        footer: &[u8],
        sum: u32,
        offset: u64,
        intern: &mut Intern<'_>,
    ) -> Result<Self, CorruptData> {
        if !is_intact(footer, sum) {
            return Err(CorruptData("footer checksum mismatch"));
        }
        let mut cursor = Cursor(footer);
        let mut index = Self::default();
        for _ in 0..cursor.count(MAX_ENTRIES)? {
            index.streams.push(intern(labels(&mut cursor)?));
        }
        let (mut next, mut filters) = (HEADER as u64, 0_u32);
        for _ in 0..cursor.count(MAX_ENTRIES)? {
            let stream = cursor.count(index.streams.len().saturating_sub(1))? as u32;
            let frame_bytes = cursor.count(MAX_CONTENT_BYTES * 2)? as u32;
            let oldest = cursor.signed()?;
            let newest = i64::try_from(cursor.varint()?).ok().and_then(|length| oldest.checked_add(length));
            let newest = newest.ok_or(CorruptData("invalid times of a block"))?;
            let records = cursor.count(MAX_CONTENT_BYTES)? as u32;
            let content_bytes = cursor.count(MAX_CONTENT_BYTES)? as u32;
            let filter_bytes = cursor.count(MAX_CONTENT_BYTES)? as u32;
            let summary = BlockSummary { oldest, newest, records, content_bytes };
            let filter_start = filters;
            index.blocks.push(BlockEntry {
                stream,
                frame_bytes,
                offset: next,
                summary,
                filter_start,
                filter_bytes,
            });
            next += u64::from(frame_bytes);
            filters = filters.checked_add(filter_bytes).ok_or(CorruptData("filters too large"))?;
        }
        let filters = Filters { offset: next, bytes: filters, sum: cursor.u32()? };
        let is_complete = cursor.is_empty()
            && next.checked_add(u64::from(filters.bytes)) == Some(offset)
            && (index.blocks.is_empty() || !index.streams.is_empty());
        index.filters = Some(filters);
        if is_complete { Ok(index) } else { Err(CorruptData("footer does not match the file")) }
    }

    /// Finds the blocks of a file by their frames.
    pub(crate) fn rebuild(file: &[u8], intern: &mut Intern<'_>) -> Self {
        let mut index = Self::default();
        let mut rest = Cursor(file.get(HEADER..).unwrap_or_default());
        while !rest.is_empty() {
            let before = rest.clone();
            let offset = (file.len() - rest.0.len()) as u64;
            match frame(&mut rest).and_then(open_payload) {
                Ok((labels, summary, _)) => {
                    let stream = index.stream_number(&intern(labels));
                    let frame_bytes = (before.0.len() - rest.0.len()) as u32;
                    let (filter_start, filter_bytes) = (0, 0);
                    let entry =
                        BlockEntry { stream, frame_bytes, offset, summary, filter_start, filter_bytes };
                    index.blocks.push(entry);
                }
                Err(_) => {
                    rest = before;
                    skip_damage(&mut rest);
                }
            }
        }
        index
    }
}

/// File header.
pub(crate) fn file_header() -> Vec<u8> {
    header(MAGIC, VERSION)
}
