//! Closed pages of a column: values of ascending rows, compressed.
//!
//! Pages stand one behind the other in one buffer, without an allocation each: rows as in `rows.rs`, then the values as a
//! length-prefixed column of `codec.rs`.

use super::codec::{self, Buffer};
use super::rows::Rows;
use super::times::RowTime;
use crate::embedded::bytes::{Cursor, put_bytes};
use crate::samples::Samples;
use std::ops::Range;

/// Maximum number of values of a page: longer ones compress better, and cost more when a part of them is read.
const MAX_VALUES: usize = 512;

/// Closed pages of a column.
#[derive(Debug, Default)]
pub(super) struct Pages {
    bytes: Vec<u8>,
    /// Where the pages begin that may be merged with later ones: those of the newest hour.
    mergeable: u32,
    values: u32,
}

/// A page within the buffer.
struct Page<'a> {
    start: usize,
    rows: Rows,
    values: &'a [u8],
}

impl Page<'_> {
    /// Adds the values to others.
    fn decode(&self, buffer: &mut Buffer, found: &mut Vec<f64>) {
        let decoded = codec::decode(self.values, self.rows.len(), buffer, found);
        // The bytes are those of `encode`: they are intact.
        debug_assert_eq!(decoded, Ok(()));
    }

    fn values(&self) -> Vec<f64> {
        let mut values = Vec::with_capacity(self.rows.len());
        self.decode(&mut Buffer::new(), &mut values);
        values
    }

    fn overlaps(&self, first: u32, last: u32) -> bool {
        self.rows.first().is_some_and(|start| start <= last)
            && self.rows.last().is_some_and(|end| end >= first)
    }
}

/// Writes a page.
fn put(rows: &Rows, values: &[f64], out: &mut Vec<u8>) {
    let column = codec::encode(values);
    let mut page = Vec::with_capacity(column.len() + 16);
    rows.encode(&mut page);
    put_bytes(&mut page, &column);
    out.reserve_exact(page.len());
    out.extend(page);
}

impl Pages {
    fn iter(&self, from: usize) -> impl Iterator<Item = Page<'_>> {
        let mut cursor = Cursor(self.bytes.get(from..).unwrap_or_default());
        std::iter::from_fn(move || {
            let start = self.bytes.len() - cursor.0.len();
            let rows = Rows::decode(&mut cursor).ok()?;
            Some(Page { start, rows, values: cursor.bytes().ok()? })
        })
    }

    /// Adds a page behind the others. When the small ones at the end make up a large one, they are merged: a value is
    /// compressed twice.
    pub(super) fn push(&mut self, rows: &Rows, values: &[f64]) {
        let (mut merged, mut total): (Vec<Page<'_>>, _) = (Vec::new(), values.len());
        let mut last: Vec<_> = self.iter(self.mergeable as usize).collect();
        while let Some(page) = last.pop_if(|page| page.rows.len() < MAX_VALUES / 2) {
            total += page.rows.len();
            merged.push(page);
        }
        // Otherwise there is room for another page of this size.
        let is_merged = !merged.is_empty() && total + values.len() > MAX_VALUES && total <= MAX_VALUES;
        let Some(first) = merged.last().filter(|_| is_merged) else {
            put(rows, values, &mut self.bytes);
            self.values += values.len() as u32;
            return;
        };
        let (end, mut all_values) = (first.start, Vec::with_capacity(total));
        let mut buffer = Buffer::new();
        merged.iter().rev().for_each(|page| page.decode(&mut buffer, &mut all_values));
        all_values.extend(values);
        let all_rows = merged.iter().rev().flat_map(|page| page.rows.iter()).chain(rows.iter()).collect();
        self.bytes.truncate(end);
        put(&all_rows, &all_values, &mut self.bytes);
        self.values += values.len() as u32;
        self.bytes.shrink_to_fit();
    }

    /// The pages so far are not merged with later ones.
    pub(super) fn end_hour(&mut self) {
        self.mergeable = self.bytes.len() as u32;
    }

    /// Whether there is no page.
    pub(super) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Number of values.
    pub(super) fn len(&self) -> usize {
        self.values as usize
    }

    /// Allocated bytes.
    pub(super) fn bytes(&self) -> usize {
        self.bytes.capacity()
    }

    /// The samples of some rows.
    pub(super) fn samples(&self, rows: &[RowTime], found: &mut Samples) {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
        let (mut buffer, mut values) = (Buffer::new(), Vec::new());
        for page in self.iter(0).filter(|page| page.overlaps(first.0, last.0)) {
            values.clear();
            page.decode(&mut buffer, &mut values);
            join(rows, &page.rows, &values, found);
        }
    }

    /// The last sample of some rows.
    pub(super) fn last_sample(&self, rows: &[RowTime]) -> Option<(i64, f64)> {
        let (first, last) = (rows.first()?, rows.last()?);
        let pages: Vec<_> = self.iter(0).filter(|page| page.overlaps(first.0, last.0)).collect();
        pages.iter().rev().find_map(|page| {
            let mut found = Samples::new();
            join(rows, &page.rows, &page.values(), &mut found);
            found.pop()
        })
    }

    /// Removes the values of these rows.
    pub(super) fn forget(&mut self, forgotten: &Range<u32>) {
        let last = forgotten.end.saturating_sub(1);
        if !self.iter(0).any(|page| page.overlaps(forgotten.start, last)) {
            return;
        }
        let (mut bytes, mut values, mut mergeable) = (Vec::new(), 0, None);
        let mut pages = self.iter(0).peekable();
        while let Some(page) = pages.next() {
            let end = pages.peek().map_or(self.bytes.len(), |next| next.start);
            if page.start >= self.mergeable as usize {
                mergeable.get_or_insert(bytes.len());
            }
            if !page.overlaps(forgotten.start, last) {
                bytes.extend_from_slice(self.bytes.get(page.start..end).unwrap_or_default());
                values += page.rows.len();
                continue;
            }
            let left = page.rows.iter().zip(page.values()).filter(|(row, _)| !forgotten.contains(row));
            let (rows, left): (Vec<u32>, Vec<f64>) = left.unzip();
            if !rows.is_empty() {
                values += rows.len();
                put(&rows.into_iter().collect(), &left, &mut bytes);
            }
        }
        let mergeable = mergeable.unwrap_or(bytes.len()) as u32;
        drop(pages);
        bytes.shrink_to_fit();
        (self.bytes, self.values, self.mergeable) = (bytes, values as u32, mergeable);
    }
}

/// Adds the samples of rows that have a time and a value.
pub(super) fn join(times: &[RowTime], rows: &Rows, values: &[f64], found: &mut Samples) {
    let (Some(&(first, _)), Some(&(last, _))) = (times.first(), times.last()) else { return };
    if let Some((begin, stride)) = rows.regular()
        && (last - first) as usize + 1 == times.len()
    {
        // All rows have a time: no search.
        let skipped = first.saturating_sub(begin).div_ceil(stride) as usize;
        let place = (begin as usize + skipped * stride as usize).saturating_sub(first as usize);
        let times = times.iter().skip(place).step_by(stride as usize);
        found.extend(times.zip(values.iter().skip(skipped)).map(|(&(_, time), &value)| (time, value)));
        return;
    }
    let mut times = times.iter().peekable();
    for (row, &value) in rows.iter().zip(values) {
        while times.next_if(|time| time.0 < row).is_some() {}
        if let Some((_, time)) = times.next_if(|time| time.0 == row) {
            found.push((*time, value));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::collection::{btree_map, btree_set, vec};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn pages_match_a_map(
            all in btree_map(0_u32..3000, 0_u32..50, 1..1500),
            size in 1_usize..200,
            hours in btree_set(0_usize..20, 0..3),
            forgotten in vec((0_u32..3000, 1_u32..900), 0..3),
            asked in (0_u32..3000, 1_u32..3000),
            missing in btree_set(0_u32..3000, 0..2),
        ) {
            let (mut pages, mut map) = (Pages::default(), all);
            let list: Vec<(u32, f64)> = map.iter().map(|(&row, &value)| (row, f64::from(value))).collect();
            for (number, part) in list.chunks(size).enumerate() {
                let (rows, values): (Vec<u32>, Vec<f64>) = part.iter().copied().unzip();
                pages.push(&rows.into_iter().collect(), &values);
                if hours.contains(&number) {
                    pages.end_hour();
                }
            }
            for (start, length) in forgotten {
                pages.forget(&(start..start + length));
                map.retain(|row, _| !(start..start + length).contains(row));
            }
            prop_assert_eq!((pages.len(), pages.is_empty()), (map.len(), map.is_empty()));
            let rows: Vec<RowTime> = (asked.0..asked.0 + asked.1)
                .filter(|row| !missing.contains(row))
                .map(|row| (row, i64::from(row) * 10))
                .collect();
            let expected: Samples = map
                .range(asked.0..asked.0 + asked.1)
                .filter(|(row, _)| !missing.contains(row))
                .map(|(&row, &value)| (i64::from(row) * 10, f64::from(value)))
                .collect();
            let mut found = Samples::new();
            pages.samples(&rows, &mut found);
            prop_assert_eq!(&found, &expected);
            prop_assert_eq!(pages.last_sample(&rows), expected.last().copied());
        }
    }
}
