//! WAL format: batches that are not in a block yet.
//!
//! Little-endian, version 4; varints as in `bytes.rs`, series as in `key.rs`, values as in `value_code.rs`. A header of
//! 16 bytes: `WGLASLOG`, u16 version, u32 CRC-32 of the ten bytes before, 2 × 0. Then records, each: A7 59, varint length of
//! the payload, u32 CRC-32 of the payload, payload. A payload is a batch of a group of series that are measured together. The
//! records of a group are independent of those of others:
//!
//! - varint number of the group in this file.
//! - varint: twice the number of the record among those of the group, from 0 on, plus 1 if it is complete. A record that is not
//!   complete follows the one with the number before.
//! - only in a complete record: the key of the group, with a length prefix. That of the tick is empty.
//! - new series: varint number of the first; varint count; for each the bytes that its key shares with the key before, as a
//!   varint, and the others with a length prefix. A complete record has all series, or all that were new since the last but
//!   one record with all of them: also those of the last one are repeated soon.
//! - only in a complete record: varint count of all series so far.
//! - the time: signed varint; that of a complete record as it is, of others the difference to the record before.
//! - series with a value: varint number of runs; for each run varint number of skipped series, varint number of series.
//! - a four-bit code per value, two per byte, the first in the lower half; then the bytes of the values. The values of a
//!   complete record follow no other value. Only series of the tick have a table of recent values, which takes much memory.
//!
//! The first two records of a group are complete and have all series, so that damage to the first one costs only that one. Of
//! the others every tenth is complete, so that damage costs only the groups with records in it, and of these the records up to the
//! next complete one. Samples of
//! series that are only in lost records wait for the next record with all series. A damaged header costs nothing: the records
//! of version 4 have a mark of their own.
//!
//! Version 3 has records with A7 58, without group numbers and keys: all are of the tick. In place of the number of the record
//! is a u8: 0 for a complete record, or else that of the record before plus 1.
//!
//! Version 2 has zeros in place of the checksum of the header, and records with A7 57. Its second record is not complete, and its
//! complete records have either all series or those that are new.
//!
//! Version 1 has neither positions nor complete records, keys with only a length prefix, and no number of the first new series.

use super::bytes::{CorruptData, Cursor, is_intact, put_varint};
pub(crate) use super::wal_decoder::Record;
use super::wal_decoder::{GroupDecoder, Order};
use super::wal_encoder::GroupEncoder;
use super::wal_header::{VERSION, mark};
use crate::StoredSeries;
use crate::head::{Entry, MAX_GROUP_BYTES, TICK};
use std::collections::HashMap;
use std::sync::Arc;

/// From the second record of a group on, every so many records one is complete.
pub(crate) const COMPLETE_INTERVAL: u64 = 10;
/// From the second record of a group on, every so many records a complete one has all series: these are larger than all values
/// of ten records.
pub(crate) const SERIES_INTERVAL: u64 = 60;
/// Maximum payload size in bytes.
const MAX_PAYLOAD_BYTES: usize = 64 << 20;
/// Maximum number of series of a group.
pub(super) const MAX_SERIES: usize = 1 << 22;

/// Whether the series of a group have a table of recent values.
pub(super) fn has_table(group: &str) -> bool {
    group == TICK
}

/// Encoder of the records of a file.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    groups: HashMap<Arc<str>, GroupEncoder>,
}

impl Encoder {
    /// Appends the record of an entry. `name` returns the series of a number; samples without a series are skipped.
    pub(crate) fn encode(
        &mut self,
        entry: &Entry,
        name: impl Fn(u32) -> Option<Arc<StoredSeries>>,
        out: &mut Vec<u8>,
    ) {
        let number = self.groups.len() as u64;
        let new = || GroupEncoder::new(number, Arc::clone(&entry.group));
        let payload = self.groups.entry(Arc::clone(&entry.group)).or_insert_with(new).encode(entry, name);
        out.extend(mark(VERSION));
        put_varint(out, payload.len() as u64);
        out.extend(crc32fast::hash(&payload).to_le_bytes());
        out.extend(payload);
    }

    /// Number of groups.
    pub(crate) fn groups(&self) -> usize {
        self.groups.len()
    }
}

/// Decoder of the records of a file.
#[derive(Debug)]
pub(crate) struct Decoder {
    version: u16,
    /// By number.
    groups: HashMap<u64, GroupDecoder>,
}

impl Decoder {
    pub(crate) fn new(version: u16) -> Self {
        Self { version, groups: HashMap::new() }
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// Corrupt bytes, or a record that cannot be decoded since one before it is missing.
    pub(crate) fn next(&mut self, rest: &mut Cursor<'_>) -> Result<Option<Record>, CorruptData> {
        if rest.is_empty() {
            return Ok(None);
        }
        match frame(rest, self.version) {
            Ok(payload) => self.record(Cursor(payload)).map(Some),
            Err(error) => {
                if self.version < 4 {
                    // A position does not tell how many records were here.
                    self.groups.values_mut().for_each(GroupDecoder::expect_complete);
                }
                Err(error)
            }
        }
    }

    fn record(&mut self, mut payload: Cursor<'_>) -> Result<Record, CorruptData> {
        if self.version < 4 {
            let order = if self.version == 1 { None } else { Some(Order::read(self.version, &mut payload)?) };
            let tick = || GroupDecoder::new(self.version, TICK.into());
            return self.groups.entry(0).or_insert_with(tick).decode(order, payload);
        }
        let (number, order) = (payload.varint()?, Order::read(self.version, &mut payload)?);
        if order.is_complete {
            let key = payload.bytes()?;
            let key = std::str::from_utf8(key).ok().filter(|key| key.len() <= MAX_GROUP_BYTES);
            let key = key.ok_or(CorruptData("invalid group key"))?;
            // Another key with the number is that of another file, behind damage.
            if self.groups.get(&number).is_none_or(|group| &**group.key() != key) {
                self.groups.insert(number, GroupDecoder::new(self.version, key.into()));
            }
        }
        let group = self.groups.get_mut(&number).ok_or(CorruptData("the group is not known"))?;
        group.decode(Some(order), payload)
    }

    /// Whether records behind damage can be decoded: those of version 1 depend on all before them.
    pub(crate) fn can_resynchronise(&self) -> bool {
        self.version > 1
    }

    /// Moves to the next intact record behind the first byte, and returns whether there is one. Then the bytes before it are
    /// corrupt, and not just an incomplete last record.
    pub(crate) fn skip_damage(&self, rest: &mut Cursor<'_>) -> bool {
        let (bytes, mark) = (rest.0, mark(self.version));
        let is_record =
            |bytes: &[u8]| bytes.starts_with(&mark) && frame(&mut Cursor(bytes), self.version).is_ok();
        let next = (1..bytes.len()).filter_map(|at| bytes.get(at..)).find(|bytes| is_record(bytes));
        rest.0 = next.unwrap_or_default();
        next.is_some()
    }
}

/// The payload of the first record in `rest`.
fn frame<'a>(rest: &mut Cursor<'a>, version: u16) -> Result<&'a [u8], CorruptData> {
    if rest.array()? != mark(version) {
        return Err(CorruptData("invalid record header"));
    }
    let length = rest.count(MAX_PAYLOAD_BYTES)?;
    let sum = rest.u32()?;
    let payload = rest.slice(length)?;
    if is_intact(payload, sum) { Ok(payload) } else { Err(CorruptData("record checksum mismatch")) }
}

#[cfg(test)]
#[path = "wal_format_tests.rs"]
mod tests;
