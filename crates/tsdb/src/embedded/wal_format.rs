//! WAL format: batches that are not in a block yet.
//!
//! Little-endian, version 3; varints as in `bytes.rs`, series as in `key.rs`, values as in `value_code.rs`. A header of
//! 16 bytes: `WGLASLOG`, u16 version, u32 CRC-32 of the ten bytes before, 2 × 0. Then records, each: A7 58, varint length of
//! the payload, u32 CRC-32 of the payload, payload. A payload is a batch:
//!
//! - u8 position: 0 for a complete record, or else that of the record before plus 1.
//! - new series: varint number of the first; varint count; for each the bytes that its key shares with the key before, as a
//!   varint, and the others with a length prefix. A complete record has all series, or all that were new since the last but
//!   one record with all of them: also those of the last one are repeated soon.
//! - only in a complete record: varint count of all series so far.
//! - the time: signed varint; that of a complete record as it is, of others the difference to the record before.
//! - series with a value: varint number of runs; for each run varint number of skipped series, varint number of series.
//! - a four-bit code per value, two per byte, the first in the lower half; then the bytes of the values. The values of a
//!   complete record follow no other value.
//!
//! The first two records are complete and have all series, so that damage to the first one costs only that one. Of the others
//! every tenth is complete, so that damage costs the records up to the next complete one. Samples of series that are only in lost
//! records wait for the next record with all series. A damaged header costs nothing: the records of version 3 have a mark of
//! their own.
//!
//! Version 2 has zeros in place of the checksum of the header, and records with A7 57. Its second record is not complete, and its
//! complete records have either all series or those that are new.
//!
//! Version 1 has neither positions nor complete records, keys with only a length prefix, and no number of the first new series.

use super::bytes::{CorruptData, Cursor, is_intact, put_bytes, put_signed, put_varint};
use super::key;
use super::value_code::ValueState;
use super::wal_header::{VERSION, mark};
use crate::StoredSeries;
use crate::head::Entry;
use std::collections::HashMap;
use std::sync::Arc;

/// From the second record on, every so many records one is complete.
pub(crate) const COMPLETE_INTERVAL: u64 = 10;
/// From the second record on, every so many records a complete one has all series: these are larger than all values of ten
/// records.
pub(crate) const SERIES_INTERVAL: u64 = 60;
/// Maximum payload size in bytes.
const MAX_PAYLOAD_BYTES: usize = 64 << 20;
/// Maximum number of series.
const MAX_SERIES: usize = 1 << 22;

/// Whether a complete record has all series. The 12th has them as well: after damage to the first two, little has to wait.
fn has_all_series(record: u64) -> bool {
    matches!(record, 0 | 11) || record % SERIES_INTERVAL == 1
}

/// Encoder of records; keeps the same state as the decoder.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    numbers: HashMap<u32, usize>,
    series: Vec<Arc<StoredSeries>>,
    memories: Vec<ValueState>,
    time: i64,
    /// Number of records so far.
    records: u64,
    /// Numbers of series in the last record with all of them and in the one before that.
    complete: (usize, usize),
}

impl Encoder {
    /// Appends the record of an entry. `name` returns the series of a number; samples without a series are skipped.
    pub(crate) fn encode(
        &mut self,
        entry: &Entry,
        name: impl Fn(u32) -> Option<Arc<StoredSeries>>,
        out: &mut Vec<u8>,
    ) {
        let known = self.series.len();
        let mut samples = Vec::with_capacity(entry.samples.len());
        for &(number, value) in &entry.samples {
            let place = match self.numbers.get(&number) {
                Some(&place) => place,
                None => {
                    let Some(series) = name(number) else { continue };
                    self.numbers.insert(number, self.series.len());
                    self.series.push(series);
                    self.series.len() - 1
                }
            };
            samples.push((place, value));
        }
        samples.sort_by_key(|&(place, _)| place);

        let position = self.records.saturating_sub(1) % COMPLETE_INTERVAL;
        let first = if has_all_series(self.records) {
            self.complete = (self.series.len(), self.complete.0);
            0
        } else if position == 0 {
            self.complete.1
        } else {
            known
        };
        self.records += 1;
        let mut payload = Vec::with_capacity(16 + samples.len() * 3);
        payload.push(position as u8);
        self.put_series(first, &mut payload);
        if position == 0 {
            put_varint(&mut payload, self.series.len() as u64);
            (self.memories, self.time) = (Vec::new(), 0);
        }
        self.memories.resize_with(self.series.len(), ValueState::default);
        put_signed(&mut payload, entry.time.wrapping_sub(self.time));
        self.time = entry.time;
        put_runs(&samples, &mut payload);

        let mut bytes = Vec::new();
        let codes: Vec<u8> = samples
            .iter()
            .filter_map(|&(place, value)| Some(self.memories.get_mut(place)?.encode(value, true, &mut bytes)))
            .collect();
        let pair = |pair: &[u8]| pair.iter().rev().fold(0, |byte, code| byte << 4 | code);
        payload.extend(codes.chunks(2).map(pair));
        payload.extend(bytes);

        out.extend(mark(VERSION));
        put_varint(out, payload.len() as u64);
        out.extend(crc32fast::hash(&payload).to_le_bytes());
        out.extend(payload);
    }

    /// Writes the series from the number `first` on.
    fn put_series(&self, first: usize, payload: &mut Vec<u8>) {
        let new = self.series.get(first..).unwrap_or_default();
        put_varint(payload, first as u64);
        put_varint(payload, new.len() as u64);
        let mut before = Vec::new();
        for series in new {
            let key = key::encode(series);
            let shared = key.iter().zip(&before).take_while(|(own, before)| own == before).count();
            put_varint(payload, shared as u64);
            put_bytes(payload, key.get(shared..).unwrap_or_default());
            before = key;
        }
    }
}

/// Writes which series have a value.
fn put_runs(samples: &[(usize, f64)], payload: &mut Vec<u8>) {
    let mut next = 0;
    let runs: Vec<(usize, usize)> = samples
        .chunk_by(|(a, _), (b, _)| a + 1 == *b)
        .filter_map(|run| {
            let first = run.first()?.0;
            let left_out = first - next;
            next = first + run.len();
            Some((left_out, run.len()))
        })
        .collect();
    put_varint(payload, runs.len() as u64);
    for (left_out, length) in runs {
        put_varint(payload, left_out as u64);
        put_varint(payload, length as u64);
    }
}

/// Decoded batch.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// Number of the first new series, in the order of appearance in this file.
    pub(crate) first_new: usize,
    /// New series, or all of them.
    pub(crate) new: Vec<StoredSeries>,
    pub(crate) time: i64,
    /// Series numbers and values. After damage there may be series that are not known yet.
    pub(crate) samples: Vec<(usize, f64)>,
}

/// Decoder of records.
#[derive(Debug)]
pub(crate) struct Decoder {
    version: u16,
    memories: Vec<ValueState>,
    time: i64,
    /// Position of the next record, unless that is complete; `None` if only a complete one can follow.
    position: Option<u8>,
}

impl Decoder {
    pub(crate) fn new(version: u16) -> Self {
        Self { version, memories: Vec::new(), time: 0, position: None }
    }

    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// Corrupt bytes, or a record that cannot be decoded since one before it is missing.
    pub(crate) fn next(&mut self, rest: &mut Cursor<'_>) -> Result<Option<Record>, CorruptData> {
        if rest.is_empty() {
            return Ok(None);
        }
        let record = frame(rest, self.version).and_then(|payload| self.payload(Cursor(payload)));
        if record.is_err() {
            self.position = None;
        }
        record.map(Some)
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

    fn payload(&mut self, mut payload: Cursor<'_>) -> Result<Record, CorruptData> {
        let mut record = Record { first_new: self.memories.len(), ..Record::default() };
        if self.version == 1 {
            for _ in 0..payload.count(MAX_SERIES - self.memories.len())? {
                record.new.push(key::decode(payload.bytes()?)?);
            }
            self.memories.resize_with(record.first_new + record.new.len(), ValueState::default);
        } else {
            self.begin(&mut record, &mut payload)?;
        }
        self.time = self.time.wrapping_add(payload.signed()?);
        record.time = self.time;
        let mut places = Vec::new();
        let mut next = 0;
        for _ in 0..payload.count(self.memories.len())? {
            let first = next + payload.count(self.memories.len())?;
            next = first + payload.count(self.memories.len())?;
            if next > self.memories.len() {
                return Err(CorruptData("a record has a series that is none"));
            }
            places.extend(first..next);
        }
        let codes = payload.slice(places.len().div_ceil(2))?;
        let codes = codes.iter().flat_map(|byte| [byte & 0xf, byte >> 4]);
        for (place, code) in places.into_iter().zip(codes) {
            let memory =
                self.memories.get_mut(place).ok_or(CorruptData("a record has a series that is none"))?;
            record.samples.push((place, memory.decode(code, true, &mut payload)?));
        }
        if payload.is_empty() { Ok(record) } else { Err(CorruptData("record too long")) }
    }

    /// Position and new series of a record since version 2; prepares the state for its values.
    fn begin(&mut self, record: &mut Record, payload: &mut Cursor<'_>) -> Result<(), CorruptData> {
        let position = payload.byte()?;
        let is_complete = position == 0;
        if !is_complete && self.position != Some(position) {
            return Err(CorruptData("the record before is missing"));
        }
        record.first_new = payload.count(MAX_SERIES)?;
        let mut before: Vec<u8> = Vec::new();
        for _ in 0..payload.count(MAX_SERIES - record.first_new)? {
            let shared = payload.count(before.len())?;
            before.truncate(shared);
            before.extend(payload.bytes()?);
            record.new.push(key::decode(&before)?);
        }
        let end = record.first_new + record.new.len();
        if is_complete {
            let count = payload.count(MAX_SERIES)?;
            if count < end {
                return Err(CorruptData("a record has more series than it says"));
            }
            (self.memories, self.time) = (Vec::new(), 0);
            self.memories.resize_with(count, ValueState::default);
        } else if record.first_new == self.memories.len() {
            self.memories.resize_with(end, ValueState::default);
        } else {
            return Err(CorruptData("new series do not follow the known ones"));
        }
        self.position = Some(position + 1).filter(|next| u64::from(*next) < COMPLETE_INTERVAL);
        Ok(())
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
