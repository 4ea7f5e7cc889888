//! Decoder of the records of a group in a WAL; see `wal_format.rs`.

use super::bytes::{CorruptData, Cursor};
use super::key;
use super::value_code::ValueState;
use super::wal_format::{MAX_SERIES, has_table};
use crate::StoredSeries;
use std::sync::Arc;

/// Decoded batch.
#[derive(Debug)]
pub(crate) struct Record {
    /// Key of its group.
    pub(crate) group: Arc<str>,
    /// Number of the first new series, in the order of appearance in the records of its group.
    pub(crate) first_new: usize,
    /// New series, or all of them.
    pub(crate) new: Vec<StoredSeries>,
    pub(crate) time: i64,
    /// Series numbers and values. After damage there may be series that are not known yet.
    pub(crate) samples: Vec<(usize, f64)>,
}

/// Which record of its group one is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    /// Number of the record; before version 4, of those since the last complete one.
    pub(super) number: u64,
    pub(super) is_complete: bool,
}

impl Order {
    /// Reads the order from the payload of a record since version 2.
    ///
    /// # Errors
    /// Corrupt bytes.
    pub(super) fn read(version: u16, payload: &mut Cursor<'_>) -> Result<Self, CorruptData> {
        if version < 4 {
            let position = payload.byte()?;
            return Ok(Self { number: position.into(), is_complete: position == 0 });
        }
        let number = payload.varint()?;
        Ok(Self { number: number / 2, is_complete: number % 2 == 1 })
    }
}

/// Decoder of the records of a group.
#[derive(Debug)]
pub(super) struct GroupDecoder {
    version: u16,
    key: Arc<str>,
    memories: Vec<ValueState>,
    time: i64,
    /// Number of the next record, unless that is complete; `None` if only a complete one can follow.
    next: Option<u64>,
}

impl GroupDecoder {
    pub(super) fn new(version: u16, key: Arc<str>) -> Self {
        Self { version, key, memories: Vec::new(), time: 0, next: None }
    }

    /// Key of the group.
    pub(super) fn key(&self) -> &Arc<str> {
        &self.key
    }

    /// Only a complete record can follow.
    pub(super) fn expect_complete(&mut self) {
        self.next = None;
    }

    /// Decodes the payload of a record. `order` has been read from it, unless it is of version 1.
    ///
    /// # Errors
    /// Corrupt bytes, or a record that cannot be decoded since one before it is missing.
    pub(super) fn decode(
        &mut self,
        order: Option<Order>,
        payload: Cursor<'_>,
    ) -> Result<Record, CorruptData> {
        let record = self.payload(order, payload);
        if record.is_err() {
            self.expect_complete();
        }
        record
    }

    fn payload(&mut self, order: Option<Order>, mut payload: Cursor<'_>) -> Result<Record, CorruptData> {
        let mut record = Record {
            group: Arc::clone(&self.key),
            first_new: self.memories.len(),
            new: Vec::new(),
            time: 0,
            samples: Vec::new(),
        };
        if let Some(order) = order {
            self.begin(order, &mut record, &mut payload)?;
        } else {
            for _ in 0..payload.count(MAX_SERIES - self.memories.len())? {
                record.new.push(key::decode(payload.bytes()?)?);
            }
            self.memories.resize_with(record.first_new + record.new.len(), ValueState::default);
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
        let has_table = self.version < 4 || has_table(&self.key);
        let codes = codes.iter().flat_map(|byte| [byte & 0xf, byte >> 4]);
        for (place, code) in places.into_iter().zip(codes) {
            let memory =
                self.memories.get_mut(place).ok_or(CorruptData("a record has a series that is none"))?;
            record.samples.push((place, memory.decode(code, has_table, &mut payload)?));
        }
        if payload.is_empty() { Ok(record) } else { Err(CorruptData("record too long")) }
    }

    /// New series of a record since version 2; prepares the state for its values.
    fn begin(
        &mut self,
        order: Order,
        record: &mut Record,
        payload: &mut Cursor<'_>,
    ) -> Result<(), CorruptData> {
        let Order { number, is_complete } = order;
        if !is_complete && self.next != Some(number) {
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
        self.next = number.checked_add(1);
        Ok(())
    }
}
