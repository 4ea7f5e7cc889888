//! Ascending times of the rows of a group, compressed.
//!
//! A row keeps its number as long as it exists, and numbers are never reused. A chunk has the first time and, for each
//! further row, the change of the difference to the row before: one byte each for a steady interval.

use crate::embedded::bytes::{Cursor, put_signed};
use std::collections::VecDeque;
use std::ops::Range;

/// Rows per chunk.
const CHUNK_ROWS: u32 = 128;

/// Row number with its time in milliseconds.
pub(super) type RowTime = (u32, i64);

/// Times of the rows of a group.
#[derive(Debug, Default)]
pub(super) struct Times {
    chunks: VecDeque<Chunk>,
    next_row: u32,
}

#[derive(Debug)]
struct Chunk {
    first_row: u32,
    rows: u32,
    first: i64,
    last: i64,
    /// Number of rows at the beginning with the same difference, which need no bytes.
    steady: u32,
    /// Their difference.
    pace: i64,
    /// Difference of the last two times.
    step: i64,
    bytes: Vec<u8>,
}

impl Chunk {
    fn new(row: u32, time: i64) -> Self {
        let (first_row, first, last) = (row, time, time);
        Self { first_row, rows: 1, first, last, steady: 1, pace: 0, step: 0, bytes: Vec::new() }
    }

    fn push(&mut self, time: i64) {
        let step = time.wrapping_sub(self.last);
        if self.rows == 1 {
            self.pace = step;
        }
        if self.steady == self.rows && step == self.pace {
            self.steady += 1;
        } else {
            put_signed(&mut self.bytes, step.wrapping_sub(self.step));
        }
        (self.step, self.last) = (step, time);
        self.rows += 1;
    }

    fn iter(&self) -> impl Iterator<Item = RowTime> + '_ {
        self.steady().chain(self.further())
    }

    fn steady(&self) -> impl ExactSizeIterator<Item = RowTime> + '_ {
        let time = |row: u32| self.first.wrapping_add(self.pace.wrapping_mul(i64::from(row)));
        (0..self.steady).map(move |row| (self.first_row + row, time(row)))
    }

    fn further(&self) -> impl Iterator<Item = RowTime> + '_ {
        let (mut cursor, mut step) = (Cursor(&self.bytes), self.pace);
        let mut time = self.first.wrapping_add(self.pace.wrapping_mul(i64::from(self.steady) - 1));
        (self.first_row + self.steady..).map_while(move |row| {
            step = step.wrapping_add(cursor.signed().ok()?);
            time = time.wrapping_add(step);
            Some((row, time))
        })
    }
}

impl Times {
    /// Adds a row, unless the last one has this time or a later one.
    pub(super) fn push(&mut self, time: i64) -> Option<u32> {
        if self.last().is_some_and(|last| last >= time) {
            return None;
        }
        let row = self.next_row;
        self.next_row = row.checked_add(1)?;
        self.put(row, time);
        Some(row)
    }

    fn put(&mut self, row: u32, time: i64) {
        match self.chunks.back_mut() {
            Some(chunk) if chunk.rows < CHUNK_ROWS && chunk.first_row + chunk.rows == row => chunk.push(time),
            _ => self.chunks.push_back(Chunk::new(row, time)),
        }
    }

    /// The first time.
    pub(super) fn first(&self) -> Option<i64> {
        self.chunks.front().map(|chunk| chunk.first)
    }

    /// The last time.
    pub(super) fn last(&self) -> Option<i64> {
        self.chunks.back().map(|chunk| chunk.last)
    }

    /// The row of a time.
    pub(super) fn row_of(&self, time: i64) -> Option<u32> {
        if let Some(last) = self.chunks.back().filter(|last| last.last == time) {
            return Some(last.first_row + last.rows - 1);
        }
        let chunk = self.chunks.get(self.chunks.partition_point(|chunk| chunk.last < time))?;
        chunk.iter().find(|found| found.1 == time).map(|found| found.0)
    }

    /// The rows within a range of times.
    pub(super) fn within(&self, times: &Range<i64>) -> Vec<RowTime> {
        let first = self.chunks.partition_point(|chunk| chunk.last < times.start);
        let chunks = self.chunks.range(first..).take_while(|chunk| chunk.first < times.end);
        let mut rows = Vec::with_capacity(chunks.clone().map(|chunk| chunk.rows as usize).sum());
        for chunk in chunks {
            if times.contains(&chunk.first) && times.contains(&chunk.last) {
                rows.extend(chunk.steady());
                rows.extend(chunk.further());
            } else {
                rows.extend(chunk.iter().filter(|(_, time)| times.contains(time)));
            }
        }
        rows
    }

    /// Removes the rows within a range of times, and returns a range that has these and no other ones.
    pub(super) fn forget(&mut self, times: &Range<i64>) -> Range<u32> {
        let mut forgotten: Option<Range<u32>> = None;
        let mut forget = |first: u32, end: u32| {
            forgotten = Some(forgotten.as_ref().map_or(first, |rows| rows.start)..end);
        };
        for chunk in std::mem::take(&mut self.chunks) {
            if chunk.first >= times.end || chunk.last < times.start {
                self.chunks.push_back(chunk);
            } else if times.contains(&chunk.first) && times.contains(&chunk.last) {
                forget(chunk.first_row, chunk.first_row + chunk.rows);
            } else {
                for (row, time) in chunk.iter() {
                    if times.contains(&time) {
                        forget(row, row + 1);
                    } else {
                        self.put(row, time);
                    }
                }
            }
        }
        forgotten.unwrap_or(0..0)
    }

    /// Allocated bytes.
    pub(super) fn bytes(&self) -> usize {
        let chunks: usize = self.chunks.iter().map(|chunk| chunk.bytes.capacity()).sum();
        chunks + self.chunks.capacity() * size_of::<Chunk>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_set, vec};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_match_a_list(
            times in prop_oneof![
                btree_set(-5000_i64..5000, 0..400),
                (1_i64..20).prop_map(|step| (0..400).map(|row| row * step - 5000).collect()),
            ],
            removed in vec((-6000_i64..6000, 0_i64..3000), 0..4),
            later in btree_set(5000_i64..6000, 0..50),
        ) {
            let (mut rows, mut list) = (Times::default(), Vec::new());
            for &time in &times {
                list.push((rows.push(time).unwrap(), time));
                prop_assert_eq!(rows.push(time), None);
            }
            for (start, length) in removed {
                let forgotten = rows.forget(&(start..start + length));
                let before = list.len();
                prop_assert!(list.iter().all(|(row, time)| forgotten.contains(row) == (start..start + length).contains(time)));
                list.retain(|(_, time)| !(start..start + length).contains(time));
                prop_assert_eq!(forgotten.is_empty(), before == list.len());
            }
            for &time in &later {
                list.push((rows.push(time).unwrap(), time));
            }
            prop_assert_eq!(rows.within(&(i64::MIN..i64::MAX)), list.clone());
            prop_assert_eq!(rows.first(), list.first().map(|row| row.1));
            prop_assert_eq!(rows.last(), list.last().map(|row| row.1));
            let part: Vec<_> = list.iter().copied().filter(|(_, time)| (-100..2500).contains(time)).collect();
            prop_assert_eq!(rows.within(&(-100..2500)), part);
            for (row, time) in list {
                prop_assert_eq!(rows.row_of(time), Some(row));
            }
            prop_assert_eq!(rows.row_of(7000), None);
        }
    }
}
