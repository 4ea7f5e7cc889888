//! Ascending row numbers of the values of a page.
//!
//! A series with a value in each row, or in each fifth one, costs a few bytes; other presence is a list of runs.

use crate::embedded::bytes::{CorruptData, Cursor, put_varint};

/// Ascending row numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Rows {
    /// `count` rows at a regular distance.
    Regular { first: u32, stride: u32, count: u32 },
    /// Any rows, at least one.
    Listed(Vec<u32>),
}

impl Default for Rows {
    fn default() -> Self {
        Self::Regular { first: 0, stride: 1, count: 0 }
    }
}

/// Maximum number of rows of a page.
const MAX_ROWS: usize = 1 << 16;

impl Rows {
    pub(super) fn len(&self) -> usize {
        match self {
            Self::Regular { count, .. } => *count as usize,
            Self::Listed(rows) => rows.len(),
        }
    }

    pub(super) fn first(&self) -> Option<u32> {
        match self {
            Self::Regular { first, count, .. } => (*count > 0).then_some(*first),
            Self::Listed(rows) => rows.first().copied(),
        }
    }

    pub(super) fn last(&self) -> Option<u32> {
        match self {
            Self::Regular { first, stride, count } => Some(first + stride * count.checked_sub(1)?),
            Self::Listed(rows) => rows.last().copied(),
        }
    }

    /// The first row and the distance of rows at a regular distance.
    pub(super) fn regular(&self) -> Option<(u32, u32)> {
        match *self {
            Self::Regular { first, stride, count } => (count > 0 && stride > 0).then_some((first, stride)),
            Self::Listed(_) => None,
        }
    }

    /// The row at an index.
    fn get(&self, index: u32) -> Option<u32> {
        match self {
            Self::Regular { first, stride, count } => (index < *count).then(|| first + stride * index),
            Self::Listed(rows) => rows.get(index as usize).copied(),
        }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        (0..).map_while(|index| self.get(index))
    }

    /// Adds a row behind the last one.
    pub(super) fn push(&mut self, row: u32) {
        match self {
            Self::Regular { first, count: count @ 0, .. } => (*first, *count) = (row, 1),
            Self::Regular { first, stride, count: count @ 1 } => (*stride, *count) = (row - *first, 2),
            Self::Regular { first, stride, count } if *first + *stride * *count == row => *count += 1,
            Self::Regular { .. } => {
                let mut rows: Vec<u32> = self.iter().collect();
                rows.push(row);
                *self = Self::Listed(rows);
            }
            Self::Listed(rows) => rows.push(row),
        }
    }

    /// Writes the rows: varint number of rows, varint first row, then a varint stride, or 0 and runs: varint number of
    /// runs; for each run varint skipped rows, varint rows.
    pub(super) fn encode(&self, out: &mut Vec<u8>) {
        put_varint(out, self.len() as u64);
        put_varint(out, u64::from(self.first().unwrap_or(0)));
        match self {
            Self::Regular { stride, .. } => put_varint(out, u64::from(*stride)),
            Self::Listed(rows) => {
                out.push(0);
                let runs = rows.chunk_by(|a, b| a + 1 == *b);
                put_varint(out, runs.clone().count() as u64);
                let mut next = self.first().unwrap_or(0);
                for run in runs {
                    let first = run.first().copied().unwrap_or(next);
                    put_varint(out, u64::from(first - next));
                    put_varint(out, run.len() as u64);
                    next = first + run.len() as u32;
                }
            }
        }
    }

    /// Inverse of [`encode`](Self::encode).
    ///
    /// # Errors
    /// Corrupt bytes.
    pub(super) fn decode(cursor: &mut Cursor<'_>) -> Result<Self, CorruptData> {
        let wrong = CorruptData("invalid rows");
        let number = |number: u64| u32::try_from(number).map_err(|_| CorruptData("invalid rows"));
        let count = number(cursor.count(MAX_ROWS)? as u64)?;
        let first = number(cursor.varint()?)?;
        let stride = number(cursor.varint()?)?;
        if stride > 0 {
            return Ok(Self::Regular { first, stride, count });
        }
        let (mut rows, mut next) = (Vec::with_capacity(count as usize), first);
        for _ in 0..cursor.count(MAX_ROWS)? {
            let start = next.checked_add(number(cursor.varint()?)?).ok_or(CorruptData("invalid rows"))?;
            next = start
                .checked_add(number(cursor.count(MAX_ROWS)? as u64)?)
                .ok_or(CorruptData("invalid rows"))?;
            rows.extend(start..next);
        }
        if rows.len() == count as usize { Ok(Self::Listed(rows)) } else { Err(wrong) }
    }
}

impl FromIterator<u32> for Rows {
    /// Ascending rows.
    fn from_iter<I: IntoIterator<Item = u32>>(rows: I) -> Self {
        let mut all = Self::default();
        rows.into_iter().for_each(|row| all.push(row));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::vec;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn rows_round_trip(first in 0_u32..9999, steps in vec(prop_oneof![3 => Just(1_u32), 1 => 1_u32..9], 0..200), same in 1_u32..70) {
            let next = |row: &mut u32, step: u32| { *row += step; Some(*row) };
            let any: Vec<u32> = steps.iter().scan(first, |row, step| next(row, *step)).collect();
            let regular: Vec<u32> = steps.iter().scan(first, |row, _| next(row, same)).collect();
            for list in [any, regular] {
                let rows: Rows = list.iter().copied().collect();
                let mut bytes = Vec::new();
                rows.encode(&mut bytes);
                let mut cursor = Cursor(&bytes);
                prop_assert_eq!(Rows::decode(&mut cursor).unwrap(), rows.clone());
                prop_assert!(cursor.is_empty());
                prop_assert_eq!((rows.len(), rows.first(), rows.last()), (list.len(), list.first().copied(), list.last().copied()));
                prop_assert_eq!(rows.iter().collect::<Vec<_>>(), list);
            }
        }
    }
}
