//! Block file format and writer: raw samples of an hour or downsampled data of a day.
//!
//! Little-endian, version 2; varints as in `bytes.rs`, columns as in `column.rs`, series as in `key.rs`:
//!
//! | part | what |
//! |---|---|
//! | header, 16 bytes | `WGLASSEG`, u16 version, u8 level (0 raw, 1 minute, 2 quarter), u32 CRC-32 of the 11 bytes before, 0 |
//! | a chunk for each series | u8 1 if it has a value at every time of its group, else 0 and the places of its times; then its columns: low, high, sum, count, increase of rollups, the value of samples. Places and columns stand behind their length; length 0 is the first column again |
//! | footer | see below |
//! | trailer, 16 bytes | u32 length of the footer, u32 its CRC-32, `WGLASEND` |
//!
//! The footer: signed varint index of the file's stretch of time; u32 with a bit for each hour of the day whose rollups
//! are here; varint number of groups of series that share their times; for each varint number of times, the times behind
//! their length; varint number of series; for each series in the order of their keys: varint length of what its key begins
//! with as the one before does, the rest of the key behind its length, varint number of its group, varint length of its
//! chunk, u32 CRC-32 of the chunk, varint number of values, signed varint time of the last one since the start of the
//! stretch, f64 the last sample.
//!
//! Version 1 has zeros in place of the checksum of the header, and one group: no number of groups, and none at each series.
//! Its values are all finite.

use super::bytes::{CorruptData, put_bytes, put_signed, put_varint};
use super::disk::{Disk, DiskFile};
use super::resolution::Resolution;
use super::{column, key};
use crate::StoredSeries;
use std::io;
use std::path::Path;
use std::sync::Arc;
use thiserror::Error;

pub(crate) const MAGIC: &[u8; 8] = b"WGLASSEG";
pub(crate) const END: &[u8; 8] = b"WGLASEND";
/// The version that is written.
pub(crate) const VERSION: u16 = 2;
/// The oldest version that is read.
pub(crate) const OLDEST_VERSION: u16 = 1;
pub(crate) const HEADER: u64 = 16;
/// Bytes of the header before its checksum.
pub(crate) const HEADER_SUMMED: usize = 11;
pub(crate) const TRAILER: u64 = 16;
/// Write buffer size in bytes.
const BUFFER: usize = 256 * 1024;

/// Error of reading a block file.
#[derive(Debug, Error)]
pub(crate) enum BlockError {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("damaged: {0}")]
    Damage(#[from] CorruptData),
    #[error("has version {0}; this program reads versions {OLDEST_VERSION} to {VERSION}")]
    Version(u16),
}

/// Writer of a block file.
#[derive(Debug)]
pub(crate) struct BlockWriter {
    file: Arc<dyn DiskFile>,
    buffer: Vec<u8>,
    written: u64,
    level: Resolution,
    index: i64,
    groups: Vec<Vec<i64>>,
    series: usize,
    values: u64,
    list: Vec<u8>,
    last_key: Vec<u8>,
}

/// Contents summary of a block file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct BlockSummary {
    pub(crate) bytes: u64,
    pub(crate) values: u64,
    pub(crate) covered: u32,
    /// First time.
    pub(crate) oldest: i64,
    /// Last time.
    pub(crate) newest: i64,
}

/// Header of the version that is written.
pub(crate) fn block_header(level: Resolution) -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.push(level.code());
    header.extend(crc32fast::hash(&header).to_le_bytes());
    header.resize(HEADER as usize, 0);
    header
}

impl BlockWriter {
    /// Creates a file. `groups` are the ascending times of the groups.
    pub(crate) fn create(
        disk: &dyn Disk,
        path: &Path,
        level: Resolution,
        index: i64,
        groups: Vec<Vec<i64>>,
    ) -> io::Result<Self> {
        Ok(Self {
            file: disk.create(path)?,
            buffer: block_header(level),
            written: 0,
            level,
            index,
            groups,
            series: 0,
            values: 0,
            list: Vec::new(),
            last_key: Vec::new(),
        })
    }

    /// Adds a series in key order: the number of its group, the indices of its times there, and columns. `last` is the last
    /// sample.
    pub(crate) fn add(
        &mut self,
        series: &StoredSeries,
        (group, places): (usize, &[u32]),
        columns: &[Vec<f64>],
        last: (i64, f64),
    ) -> io::Result<()> {
        let start = self.buffer.len();
        if self.groups.get(group).is_some_and(|times| times.len() == places.len()) {
            self.buffer.push(1);
        } else {
            self.buffer.push(0);
            put_bytes(&mut self.buffer, &column::encode_places(places));
        }
        for (number, values) in columns.iter().enumerate() {
            let again = number > 0 && columns.first() == Some(values);
            let bytes = if again { Vec::new() } else { column::encode(values) };
            put_bytes(&mut self.buffer, &bytes);
        }
        let chunk = self.buffer.get(start..).unwrap_or_default();

        let key = key::encode(series);
        let shared = key.iter().zip(&self.last_key).take_while(|(a, b)| a == b).count();
        put_varint(&mut self.list, shared as u64);
        put_bytes(&mut self.list, key.get(shared..).unwrap_or_default());
        put_varint(&mut self.list, group as u64);
        put_varint(&mut self.list, chunk.len() as u64);
        self.list.extend(crc32fast::hash(chunk).to_le_bytes());
        put_varint(&mut self.list, places.len() as u64);
        put_signed(&mut self.list, last.0.saturating_sub(self.level.start_of(self.index)));
        self.list.extend(last.1.to_le_bytes());
        self.last_key = key;
        self.series += 1;
        self.values += places.len() as u64;
        if self.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.append(&self.buffer)?;
        self.written += self.buffer.len() as u64;
        self.buffer.clear();
        Ok(())
    }

    /// Completes the file and syncs it to disk.
    pub(crate) fn finish(mut self, covered: u32) -> io::Result<BlockSummary> {
        let mut footer = Vec::new();
        put_signed(&mut footer, self.index);
        footer.extend(covered.to_le_bytes());
        put_varint(&mut footer, self.groups.len() as u64);
        for times in &self.groups {
            put_varint(&mut footer, times.len() as u64);
            put_bytes(&mut footer, &column::encode_times(times));
        }
        put_varint(&mut footer, self.series as u64);
        footer.extend_from_slice(&self.list);
        let length = u32::try_from(footer.len()).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let sum = crc32fast::hash(&footer);
        self.buffer.extend(footer);
        self.buffer.extend(length.to_le_bytes());
        self.buffer.extend(sum.to_le_bytes());
        self.buffer.extend(END);
        self.flush()?;
        self.file.sync()?;
        Ok(BlockSummary {
            bytes: self.written,
            values: self.values,
            covered,
            oldest: self.groups.iter().filter_map(|times| times.first()).min().copied().unwrap_or_default(),
            newest: self.groups.iter().filter_map(|times| times.last()).max().copied().unwrap_or_default(),
        })
    }
}
