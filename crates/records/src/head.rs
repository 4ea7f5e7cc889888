//! Records that are not in a block file yet, in memory.

use crate::bytes::{CorruptData, Cursor, put_bytes};
use crate::record::{Field, NewRecord, fields, put_fields};
use std::collections::BTreeMap;
use std::sync::Arc;
use watchglass_model::Labels;

/// Memory of a stream without records, about: map entry, labels, buffers.
const STREAM_BYTES: usize = 400;
/// Maximum size of the records of a stream: places are 32-bit numbers.
pub(crate) const MAX_CHUNK_BYTES: usize = 1 << 30;

/// Records of a stream, in the order of arrival.
#[derive(Clone, Debug)]
pub(crate) struct Chunk {
    /// Fields and bodies.
    data: Vec<u8>,
    /// Time of each record, and its place in `data`.
    entries: Vec<(i64, u32)>,
    pub(crate) oldest: i64,
    pub(crate) newest: i64,
}

impl Default for Chunk {
    fn default() -> Self {
        Self { data: Vec::new(), entries: Vec::new(), oldest: i64::MAX, newest: i64::MIN }
    }
}

impl Chunk {
    fn push(&mut self, record: &NewRecord<'_>) {
        let time = record.time.millis();
        self.entries.push((time, self.data.len() as u32));
        put_fields(&mut self.data, record.fields);
        put_bytes(&mut self.data, record.body);
        (self.oldest, self.newest) = (self.oldest.min(time), self.newest.max(time));
    }

    /// Times and places of the records in the order of time; those of equal times in the order of arrival.
    pub(crate) fn sorted(&self) -> Vec<(i64, u32)> {
        let mut entries = self.entries.clone();
        if !entries.is_sorted_by_key(|&(time, _)| time) {
            entries.sort_by_key(|&(time, _)| time);
        }
        entries
    }

    /// Reads the fields of the record at a place into `found`, and returns its body.
    pub(crate) fn record<'a>(
        &'a self,
        place: u32,
        found: &mut Vec<Field<'a>>,
    ) -> Result<&'a [u8], CorruptData> {
        let mut cursor = Cursor(self.data.get(place as usize..).unwrap_or_default());
        fields(&mut cursor, found)?;
        cursor.bytes()
    }
}

/// Records of all streams.
#[derive(Debug)]
pub(crate) struct Head {
    /// Queries share chunks; the next record copies a shared one.
    streams: BTreeMap<Arc<Labels>, Arc<Chunk>>,
    pub(crate) records: u64,
    /// Memory in bytes, about; buffers may have up to twice the space that they use.
    pub(crate) bytes: usize,
    pub(crate) oldest: i64,
    pub(crate) newest: i64,
}

impl Default for Head {
    fn default() -> Self {
        Self { streams: BTreeMap::new(), records: 0, bytes: 0, oldest: i64::MAX, newest: i64::MIN }
    }
}

impl Head {
    pub(crate) fn is_empty(&self) -> bool {
        self.records == 0
    }

    /// Adds a record. `stream` is the shared form of its labels.
    pub(crate) fn push(&mut self, stream: &Arc<Labels>, record: &NewRecord<'_>) {
        if !self.streams.contains_key(stream) {
            self.streams.insert(Arc::clone(stream), Arc::default());
            self.bytes += STREAM_BYTES;
        }
        if let Some(chunk) = self.streams.get_mut(stream) {
            let chunk = Arc::make_mut(chunk);
            let before = chunk.data.len();
            chunk.push(record);
            self.bytes += chunk.data.len() - before + size_of::<(i64, u32)>();
        }
        self.records += 1;
        let time = record.time.millis();
        (self.oldest, self.newest) = (self.oldest.min(time), self.newest.max(time));
    }

    /// Streams in the order of their labels.
    pub(crate) fn streams(&self) -> impl Iterator<Item = (&Arc<Labels>, &Arc<Chunk>)> {
        self.streams.iter()
    }
}
