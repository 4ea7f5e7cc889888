//! Closed pages of a column: values of ascending rows, compressed.
//!
//! Pages stand one behind the other in one buffer, without an allocation each: rows as in `rows.rs`, then the values as a
//! length-prefixed column of `codec.rs`.

use super::codec;
use super::rows::Rows;
use super::times::RowTime;
use crate::embedded::bytes::{Cursor, put_bytes};

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
    fn decode(&self) -> Vec<f64> {
        // The bytes are those of `encode`: they are intact.
        codec::decode(self.values, self.rows.len()).unwrap_or_default()
    }
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

    /// Adds a page behind the others. When the small ones at the end make up a large one, they are merged: a value is compressed
    /// twice. The last page of an hour is not compressed: it will soon be in a block.
    pub(super) fn push(&mut self, rows: &Rows, values: &[f64], is_last: bool) {
        let mut merged: Vec<Page<'_>> = Vec::new();
        let mut total = values.len();
        if !is_last {
            let mut last: Vec<_> = self.iter(self.mergeable as usize).collect();
            while let Some(page) = last.pop_if(|page| page.rows.len() < MAX_VALUES / 2) {
                total += page.rows.len();
                merged.push(page);
            }
            // Room for another page of this size.
            if total + values.len() <= MAX_VALUES || total > MAX_VALUES {
                merged.clear();
            }
        }
        let (all_rows, all_values): (Rows, Vec<f64>) = (
            merged.iter().rev().flat_map(|page| page.rows.iter()).chain(rows.iter()).collect(),
            merged.iter().rev().flat_map(Page::decode).chain(values.iter().copied()).collect(),
        );
        let end = merged.last().map_or(self.bytes.len(), |first| first.start);
        self.bytes.truncate(end);
        let column = if is_last { codec::encode_plain(&all_values) } else { codec::encode(&all_values) };
        let mut page = Vec::with_capacity(column.len() + 16);
        all_rows.encode(&mut page);
        put_bytes(&mut page, &column);
        self.bytes.reserve_exact(page.len());
        self.bytes.extend(page);
        self.values += values.len() as u32;
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
    pub(super) fn samples(&self, rows: &[RowTime], found: &mut Vec<(i64, f64)>) {
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { return };
        for page in self.iter(0) {
            let (Some(start), Some(end)) = (page.rows.first(), page.rows.last()) else { continue };
            if start <= last.0 && end >= first.0 {
                join(rows, page.rows.iter().zip(page.decode()), found);
            }
        }
    }

    /// The last sample of some rows.
    pub(super) fn last_sample(&self, rows: &[RowTime]) -> Option<(i64, f64)> {
        let (first, last) = (rows.first()?, rows.last()?);
        let pages: Vec<_> = self.iter(0).collect();
        let overlapping = pages.iter().rev().filter(|page| {
            page.rows.first().is_some_and(|start| start <= last.0)
                && page.rows.last().is_some_and(|end| end >= first.0)
        });
        overlapping
            .map(|page| {
                let mut found = Vec::new();
                join(rows, page.rows.iter().zip(page.decode()), &mut found);
                found.pop()
            })
            .find(Option::is_some)?
    }

    /// Removes pages whose last row is not left.
    pub(super) fn keep(&mut self, is_left: impl Fn(u32) -> bool) {
        let (mut bytes, mut values, mut mergeable) = (Vec::new(), 0, self.mergeable);
        let mut pages = self.iter(0).peekable();
        while let Some(page) = pages.next() {
            let end = pages.peek().map_or(self.bytes.len(), |next| next.start);
            if page.rows.last().is_some_and(&is_left) {
                bytes.extend_from_slice(self.bytes.get(page.start..end).unwrap_or_default());
                values += page.rows.len() as u32;
            } else if page.start < self.mergeable as usize {
                mergeable = mergeable.saturating_sub((end - page.start) as u32);
            }
        }
        drop(pages);
        if bytes.len() < self.bytes.len() {
            (self.bytes, self.values, self.mergeable) = (bytes, values, mergeable);
        }
    }
}

/// Adds the samples of rows that have a time and a value.
pub(super) fn join(times: &[RowTime], values: impl Iterator<Item = (u32, f64)>, found: &mut Vec<(i64, f64)>) {
    let mut times = times.iter().peekable();
    for (row, value) in values {
        while times.next_if(|time| time.0 < row).is_some() {}
        if let Some((_, time)) = times.next_if(|time| time.0 == row) {
            found.push((*time, value));
        }
    }
}
