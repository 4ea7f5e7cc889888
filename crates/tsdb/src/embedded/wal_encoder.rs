//! Encoder of the records of a group in a WAL; see `wal_format.rs`.

use super::bytes::{put_bytes, put_signed, put_varint};
use super::key;
use super::value_code::ValueState;
use super::wal_format::{COMPLETE_INTERVAL, SERIES_INTERVAL, has_table};
use crate::StoredSeries;
use crate::head::Entry;
use std::collections::HashMap;
use std::sync::Arc;

/// Whether a complete record has all series. The 12th has them as well: after damage to the first two, little has to wait.
fn has_all_series(record: u64) -> bool {
    matches!(record, 0 | 11) || record % SERIES_INTERVAL == 1
}

/// Encoder of the records of a group; keeps the same state as the decoder.
#[derive(Debug)]
pub(super) struct GroupEncoder {
    /// Number of the group in the file.
    number: u64,
    key: Arc<str>,
    numbers: HashMap<u32, usize>,
    series: Vec<Arc<StoredSeries>>,
    memories: Vec<ValueState>,
    time: i64,
    /// Number of records so far.
    records: u64,
    /// Numbers of series in the last record with all of them and in the one before that.
    complete: (usize, usize),
}

impl GroupEncoder {
    pub(super) fn new(number: u64, key: Arc<str>) -> Self {
        Self {
            number,
            key,
            numbers: HashMap::new(),
            series: Vec::new(),
            memories: Vec::new(),
            time: 0,
            records: 0,
            complete: (0, 0),
        }
    }

    /// The payload of an entry. `name` returns the series of a number; samples without a series are skipped.
    pub(super) fn encode(
        &mut self,
        entry: &Entry,
        name: impl Fn(u32) -> Option<Arc<StoredSeries>>,
    ) -> Vec<u8> {
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

        let number = self.records;
        let is_complete = number.saturating_sub(1).is_multiple_of(COMPLETE_INTERVAL);
        let first = if has_all_series(self.records) {
            self.complete = (self.series.len(), self.complete.0);
            0
        } else if is_complete {
            self.complete.1
        } else {
            known
        };
        self.records += 1;
        let mut payload = Vec::with_capacity(16 + samples.len() * 3);
        put_varint(&mut payload, self.number);
        put_varint(&mut payload, number * 2 + u64::from(is_complete));
        if is_complete {
            put_bytes(&mut payload, self.key.as_bytes());
        }
        self.put_series(first, &mut payload);
        if is_complete {
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
            .filter_map(|&(place, value)| {
                Some(self.memories.get_mut(place)?.encode(value, has_table(&self.key), &mut bytes))
            })
            .collect();
        let pair = |pair: &[u8]| pair.iter().rev().fold(0, |byte, code| byte << 4 | code);
        payload.extend(codes.chunks(2).map(pair));
        payload.extend(bytes);
        payload
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
