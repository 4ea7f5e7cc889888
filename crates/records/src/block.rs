//! Decoder of blocks. The format is in `block_builder.rs`.

use crate::block_builder::{BlockSummary, MAX_CONTENT_BYTES};
use crate::bytes::{CorruptData, Cursor};
use crate::record::{Field, MAX_FIELDS, labels, value};
use std::ops::Range;
use watchglass_model::Labels;

/// Maximum number of different field names of a block.
const MAX_NAMES: usize = 1 << 22;

/// Payload of a block's frame: its stream, its summary, the compressed content.
pub(crate) fn open_payload(payload: &[u8]) -> Result<(Labels, BlockSummary, &[u8]), CorruptData> {
    let mut cursor = Cursor(payload);
    let labels = labels(&mut cursor)?;
    let oldest = cursor.signed()?;
    let newest = i64::try_from(cursor.varint()?).ok().and_then(|length| oldest.checked_add(length));
    let newest = newest.ok_or(CorruptData("invalid times of a block"))?;
    let records = cursor.count(MAX_CONTENT_BYTES)? as u32;
    let content_bytes = cursor.count(MAX_CONTENT_BYTES)? as u32;
    Ok((labels, BlockSummary { oldest, newest, records, content_bytes }, cursor.0))
}

/// Decoded block.
#[derive(Debug)]
pub(crate) struct Block {
    content: Vec<u8>,
    /// Field names.
    names: Vec<Range<usize>>,
    times: Vec<i64>,
    /// End of the fields and of the body of each record.
    ends: Vec<(usize, usize)>,
    fields_start: usize,
    bodies_start: usize,
}

impl Block {
    /// Decompresses the content of a block. Bodies and times are valid afterwards.
    pub(crate) fn decode(summary: &BlockSummary, compressed: &[u8]) -> Result<Self, CorruptData> {
        let length = summary.content_bytes as usize;
        let content = zstd::bulk::decompress(compressed, length)
            .ok()
            .filter(|content| content.len() == length)
            .ok_or(CorruptData("block cannot be decompressed"))?;
        let mut block = Self {
            content: Vec::new(),
            names: Vec::new(),
            times: Vec::new(),
            ends: Vec::new(),
            fields_start: 0,
            bodies_start: 0,
        };
        block.read(summary, &content)?;
        block.content = content;
        Ok(block)
    }

    fn read(&mut self, summary: &BlockSummary, content: &[u8]) -> Result<(), CorruptData> {
        let position = |cursor: &Cursor<'_>| content.len() - cursor.0.len();
        let mut cursor = Cursor(content);
        for _ in 0..cursor.count(MAX_NAMES)? {
            let length = cursor.text()?.len();
            self.names.push(position(&cursor) - length..position(&cursor));
        }
        let (mut times, mut lengths) = (Cursor(cursor.bytes()?), Cursor(cursor.bytes()?));
        let fields = cursor.bytes()?.len();
        self.bodies_start = position(&cursor);
        self.fields_start = self.bodies_start - fields;
        let (mut time, mut end) = (summary.oldest, (self.fields_start, self.bodies_start));
        while !times.is_empty() {
            time = i64::try_from(times.varint()?)
                .ok()
                .and_then(|step| time.checked_add(step))
                .ok_or(CorruptData("time out of range"))?;
            end.0 += lengths.count(self.bodies_start - end.0)?;
            end.1 += lengths.count(content.len() - end.1)?;
            self.times.push(time);
            self.ends.push(end);
        }
        let is_complete = lengths.is_empty()
            && end == (self.bodies_start, content.len())
            && time == summary.newest
            && self.times.len() == summary.records as usize;
        if is_complete { Ok(()) } else { Err(CorruptData("block does not match its summary")) }
    }

    /// Times of the records, ascending.
    pub(crate) fn times(&self) -> &[i64] {
        &self.times
    }

    /// Memory in bytes.
    pub(crate) fn memory(&self) -> usize {
        self.content.len() + self.times.len() * 24
    }

    /// All bodies, one behind the other.
    pub(crate) fn bodies(&self) -> &[u8] {
        self.content.get(self.bodies_start..).unwrap_or_default()
    }

    /// Number of the record whose body has this place among all bodies.
    pub(crate) fn record_at(&self, place: usize) -> usize {
        self.ends.partition_point(|&(_, end)| end <= self.bodies_start + place)
    }

    /// Reads the fields of a record into `found`, and returns its body.
    ///
    /// # Errors
    /// There is no such record, or its fields are corrupt.
    pub(crate) fn record<'a>(
        &'a self,
        number: usize,
        found: &mut Vec<Field<'a>>,
    ) -> Result<&'a [u8], CorruptData> {
        found.clear();
        let missing = CorruptData("record is missing");
        let starts = match number.checked_sub(1) {
            Some(before) => self.ends.get(before).copied(),
            None => Some((self.fields_start, self.bodies_start)),
        };
        let (Some(starts), Some(&ends)) = (starts, self.ends.get(number)) else { return Err(missing) };
        let mut fields = Cursor(self.content.get(starts.0..ends.0).unwrap_or_default());
        while !fields.is_empty() {
            let code = fields.count(MAX_NAMES << 2)?;
            let name = self.names.get(code >> 2).and_then(|range| self.content.get(range.clone()));
            let name = name.and_then(|name| std::str::from_utf8(name).ok());
            let name = name.ok_or(CorruptData("unknown field name"))?;
            if found.len() == MAX_FIELDS {
                return Err(CorruptData("too many fields"));
            }
            found.push((name, value((code & 3) as u8, &mut fields)?));
        }
        self.content.get(starts.1..ends.1).ok_or(missing)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block_builder::{BlockBuilder, EncodedBlock};
    use crate::bytes::frame;
    use crate::record::Value;
    use proptest::prelude::*;

    fn encode(builder: &mut BlockBuilder, records: &[(i64, String, Vec<u8>)]) -> EncodedBlock {
        for (n, (time, text, body)) in records.iter().enumerate() {
            let fields = [
                ("text", Value::Text(text)),
                ("n", Value::Int(-(n as i64))),
                ("x", Value::Float(0.5)),
                ("is", Value::Bool(true)),
            ];
            builder.push(*time, &fields[..n % 5], body);
        }
        builder.finish(&[("a", "b")].into_iter().collect()).unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn blocks_round_trip(mut records: Vec<(i64, String, Vec<u8>)>) {
            prop_assume!(!records.is_empty());
            records.iter_mut().for_each(|(time, ..)| *time >>= 2);
            records.sort();
            let mut builder = BlockBuilder::new(1, true).unwrap();
            // The second block does not depend on the first.
            encode(&mut builder, &records);
            let encoded = encode(&mut builder, &records);
            let (labels, summary, content) =
                open_payload(frame(&mut Cursor(&encoded.frame)).unwrap()).unwrap();
            prop_assert_eq!(summary, encoded.summary);
            prop_assert_eq!(labels.get("a"), Some("b"));
            let block = Block::decode(&summary, content).unwrap();
            let (mut found, mut place) = (Vec::new(), 0);
            for (n, (time, text, body)) in records.iter().enumerate() {
                prop_assert_eq!(block.times()[n], *time);
                prop_assert_eq!(block.record(n, &mut found).unwrap(), body);
                prop_assert_eq!(found.len(), n % 5);
                if let Some(first) = found.first() {
                    prop_assert_eq!(first, &("text", Value::Text(text)));
                }
                if !body.is_empty() {
                    prop_assert_eq!(block.record_at(place), n);
                }
                place += body.len();
            }
            prop_assert!(block.record(records.len(), &mut found).is_err());
        }
    }
}
