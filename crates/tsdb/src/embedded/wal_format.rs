//! WAL format: batches that are not in a block yet.
//!
//! Little-endian, version 1; varints as in `bytes.rs`, series as in `key.rs`, values as in `value_code.rs`. A header of
//! 16 bytes: `WGLASLOG`, u16 version, 6 × 0. Then records, each: A7 57, varint length of the payload, u32 CRC-32 of the
//! payload, payload. A payload is a batch:
//!
//! - new series: varint count, each with a length prefix. Their numbers continue those before.
//! - the time: signed varint difference to the previous record.
//! - series with a value: varint number of runs; for each run varint number of skipped series, varint number of series.
//! - a four-bit code per value, two per byte, the first in the lower half; then the bytes of the values.

use super::bytes::{CorruptData, Cursor, is_intact, put_bytes, put_signed, put_varint};
use super::key;
use super::value_code::ValueState;
use crate::StoredSeries;
use crate::head::Entry;
use std::collections::HashMap;
use std::sync::Arc;

pub(crate) const MAGIC: &[u8; 8] = b"WGLASLOG";
pub(crate) const VERSION: u16 = 1;
pub(crate) const HEADER: usize = 16;
const MARK: [u8; 2] = [0xa7, 0x57];
/// Maximum payload size in bytes.
const MAX_PAYLOAD_BYTES: usize = 64 << 20;
/// Maximum number of series.
const MAX_SERIES: usize = 1 << 22;

/// File header.
pub(crate) fn header() -> Vec<u8> {
    let mut header = MAGIC.to_vec();
    header.extend(VERSION.to_le_bytes());
    header.resize(HEADER, 0);
    header
}

/// Encoder of records; keeps the same state as the decoder.
#[derive(Debug, Default)]
pub(crate) struct Encoder {
    numbers: HashMap<u32, usize>,
    memories: Vec<ValueState>,
    time: i64,
}

impl Encoder {
    /// Appends the record of an entry. `name` returns the series of a number; samples without a series are skipped.
    pub(crate) fn encode(
        &mut self,
        entry: &Entry,
        name: impl Fn(u32) -> Option<Arc<StoredSeries>>,
        out: &mut Vec<u8>,
    ) {
        let mut new = Vec::new();
        let mut samples = Vec::with_capacity(entry.samples.len());
        for &(number, value) in &entry.samples {
            let place = match self.numbers.get(&number) {
                Some(&place) => place,
                None => {
                    let Some(series) = name(number) else { continue };
                    new.push(key::encode(&series));
                    self.numbers.insert(number, self.memories.len());
                    self.memories.push(ValueState::default());
                    self.memories.len() - 1
                }
            };
            samples.push((place, value));
        }
        samples.sort_by_key(|&(place, _)| place);

        let mut payload = Vec::with_capacity(16 + samples.len() * 3);
        put_varint(&mut payload, new.len() as u64);
        new.iter().for_each(|key| put_bytes(&mut payload, key));
        put_signed(&mut payload, entry.time.wrapping_sub(self.time));
        self.time = entry.time;

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
        put_varint(&mut payload, runs.len() as u64);
        for (left_out, length) in runs {
            put_varint(&mut payload, left_out as u64);
            put_varint(&mut payload, length as u64);
        }

        let mut bytes = Vec::new();
        let codes: Vec<u8> = samples
            .iter()
            .filter_map(|&(place, value)| Some(self.memories.get_mut(place)?.encode(value, &mut bytes)))
            .collect();
        let pair = |pair: &[u8]| pair.iter().rev().fold(0, |byte, code| byte << 4 | code);
        payload.extend(codes.chunks(2).map(pair));
        payload.extend(bytes);

        out.extend(MARK);
        put_varint(out, payload.len() as u64);
        out.extend(crc32fast::hash(&payload).to_le_bytes());
        out.extend(payload);
    }
}

/// Decoded batch.
#[derive(Debug, Default)]
pub(crate) struct Record {
    /// New series.
    pub(crate) new: Vec<StoredSeries>,
    pub(crate) time: i64,
    /// Series numbers, in the order of appearance in this file, and values.
    pub(crate) samples: Vec<(usize, f64)>,
}

/// Decoder of records.
#[derive(Debug, Default)]
pub(crate) struct Decoder {
    memories: Vec<ValueState>,
    time: i64,
}

impl Decoder {
    /// The next record; `None` at the end.
    ///
    /// # Errors
    /// Corrupt bytes.
    pub(crate) fn next(&mut self, rest: &mut Cursor<'_>) -> Result<Option<Record>, CorruptData> {
        if rest.is_empty() {
            return Ok(None);
        }
        self.payload(Cursor(frame(rest)?)).map(Some)
    }

    fn payload(&mut self, mut payload: Cursor<'_>) -> Result<Record, CorruptData> {
        let mut new = Vec::new();
        for _ in 0..payload.count(MAX_SERIES - self.memories.len())? {
            new.push(key::decode(payload.bytes()?)?);
            self.memories.push(ValueState::default());
        }
        self.time = self.time.wrapping_add(payload.signed()?);
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
        let mut samples = Vec::with_capacity(places.len());
        for (place, code) in places.into_iter().zip(codes) {
            let memory =
                self.memories.get_mut(place).ok_or(CorruptData("a record has a series that is none"))?;
            samples.push((place, memory.decode(code, &mut payload)?));
        }
        if payload.is_empty() {
            Ok(Record { new, time: self.time, samples })
        } else {
            Err(CorruptData("record too long"))
        }
    }
}

/// The payload of the first record in `rest`.
fn frame<'a>(rest: &mut Cursor<'a>) -> Result<&'a [u8], CorruptData> {
    if rest.array()? != MARK {
        return Err(CorruptData("invalid record header"));
    }
    let length = rest.count(MAX_PAYLOAD_BYTES)?;
    let sum = rest.u32()?;
    let payload = rest.slice(length)?;
    if is_intact(payload, sum) { Ok(payload) } else { Err(CorruptData("record checksum mismatch")) }
}

/// Whether a complete record follows anywhere after the first byte: then the bytes before it are corrupt, and not just an
/// incomplete last record.
pub(crate) fn has_record_behind(bytes: &[u8]) -> bool {
    (1..bytes.len()).any(|at| {
        let rest = bytes.get(at..).unwrap_or_default();
        rest.starts_with(&MARK) && frame(&mut Cursor(rest)).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, vec};
    use proptest::prelude::*;
    use watchglass_model::Kind;

    fn name(number: u32) -> Option<Arc<StoredSeries>> {
        let labels = [("n", number.to_string())].into_iter().collect();
        Some(Arc::new(StoredSeries { metric: "m".to_owned(), labels, kind: Kind::Gauge }))
    }

    fn entries() -> impl Strategy<Value = Vec<Entry>> {
        let value = prop_oneof![
            (-9_i32..9).prop_map(f64::from),
            any::<f64>().prop_filter("finite", |value| value.is_finite())
        ];
        let entry = (any::<i64>(), btree_map(0_u32..20, value, 0..20))
            .prop_map(|(time, samples)| Entry { time, samples: samples.into_iter().collect() });
        vec(entry, 0..20)
    }

    fn read(bytes: &[u8]) -> (Vec<Entry>, bool) {
        let (mut decoder, mut rest, mut series, mut read) =
            (Decoder::default(), Cursor(bytes), Vec::new(), vec![]);
        loop {
            match decoder.next(&mut rest) {
                Ok(Some(record)) => {
                    series.extend(
                        record
                            .new
                            .iter()
                            .map(|series| series.labels.get("n").unwrap().parse::<u32>().unwrap()),
                    );
                    let mut samples: Vec<(u32, f64)> =
                        record.samples.iter().map(|&(place, value)| (series[place], value)).collect();
                    samples.sort_by_key(|&(number, _)| number);
                    read.push(Entry { time: record.time, samples });
                }
                Ok(None) => return (read, true),
                Err(_) => return (read, false),
            }
        }
    }

    fn written(entries: &[Entry]) -> (Vec<u8>, Vec<usize>) {
        let (mut encoder, mut out, mut ends) = (Encoder::default(), Vec::new(), Vec::new());
        for entry in entries {
            encoder.encode(entry, name, &mut out);
            ends.push(out.len());
        }
        (out, ends)
    }

    proptest! {
        #[test]
        fn entries_round_trip(entries in entries()) {
            prop_assert_eq!(read(&written(&entries).0), (entries, true));
        }

        #[test]
        fn torn_writes_lose_only_the_last_record(entries in entries(), cut: usize) {
            let (out, ends) = written(&entries);
            let cut = cut % (out.len() + 1);
            let whole = ends.iter().filter(|&&end| end <= cut).count();
            let (read, _) = read(&out[..cut]);
            prop_assert_eq!(&read[..], &entries[..whole]);
        }

        #[test]
        fn changed_bytes_are_detected(entries in entries(), at: usize, xor in 1_u8..) {
            let (mut out, ends) = written(&entries);
            prop_assume!(!out.is_empty());
            let at = at % out.len();
            out[at] ^= xor;
            let whole = ends.iter().filter(|&&end| end <= at).count();
            let (read, is_whole) = read(&out);
            prop_assert_eq!(&read[..], &entries[..whole]);
            prop_assert!(!is_whole);
        }

        #[test]
        fn arbitrary_bytes_never_panic(bytes: Vec<u8>) {
            let mut framed = MARK.to_vec();
            put_varint(&mut framed, bytes.len() as u64);
            framed.extend(crc32fast::hash(&bytes).to_le_bytes());
            framed.extend(&bytes);
            let _ = (Decoder::default().next(&mut Cursor(&bytes)), has_record_behind(&bytes));
            let _ = Decoder::default().next(&mut Cursor(&framed));
        }
    }
}
