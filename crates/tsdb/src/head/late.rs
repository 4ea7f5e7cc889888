//! Samples of a series that have their own times: those that came out of order, and those of groups that the series was in
//! before.
//!
//! They win over the samples of pages for equal times, since a sample that is newer than a late one and not behind it is
//! late as well.

use super::codec::{self, Buffer};
use crate::embedded::bytes::{Cursor, put_signed};
use crate::samples::{Samples, merge};
use std::ops::Range;

/// Number of samples that are not compressed.
const OPEN_SAMPLES: usize = 64;
/// Maximum number of samples of a page.
const MAX_SAMPLES: usize = 4096;

/// Late samples of a series.
#[derive(Debug, Default)]
pub(super) struct Late {
    /// Sorted by time.
    open: Samples,
    /// Newer pages win.
    pages: Vec<Page>,
    /// Samples of another group than that of the series, since the last one of its group.
    pub(super) foreign: u32,
}

/// Compressed samples.
#[derive(Debug)]
struct Page {
    samples: usize,
    first: i64,
    last: i64,
    /// First time, then signed varint differences; then the values.
    times: Box<[u8]>,
    values: Box<[u8]>,
}

impl Page {
    fn new(samples: &[(i64, f64)]) -> Option<Self> {
        let (first, last) = (samples.first()?.0, samples.last()?.0);
        let (mut times, mut before) = (Vec::new(), 0);
        for &(time, _) in samples {
            put_signed(&mut times, time.wrapping_sub(before));
            before = time;
        }
        let values: Vec<f64> = samples.iter().map(|sample| sample.1).collect();
        Some(Self {
            samples: samples.len(),
            first,
            last,
            times: times.into(),
            values: codec::encode(&values).into(),
        })
    }

    fn decode(&self) -> Samples {
        let (mut cursor, mut time) = (Cursor(&self.times), 0_i64);
        let times = std::iter::from_fn(|| {
            time = time.wrapping_add(cursor.signed().ok()?);
            Some(time)
        });
        let mut values = Vec::with_capacity(self.samples);
        let decoded = codec::decode(&self.values, self.samples, &mut Buffer::new(), &mut values);
        // The bytes are those of `new`: they are intact.
        debug_assert_eq!(decoded, Ok(()));
        times.zip(values).collect()
    }
}

impl Late {
    /// Sets the sample of a time.
    pub(super) fn put(&mut self, time: i64, value: f64) {
        match self.open.binary_search_by_key(&time, |sample| sample.0) {
            Ok(place) => self.open.iter_mut().skip(place).take(1).for_each(|sample| sample.1 = value),
            Err(place) => self.open.insert(place, (time, value)),
        }
        if self.open.len() >= OPEN_SAMPLES {
            let open = std::mem::take(&mut self.open);
            self.add(open);
        }
    }

    /// Adds samples that are newer than all others, sorted by time.
    pub(super) fn add(&mut self, samples: Samples) {
        let mut samples = merge(std::mem::take(&mut self.open), samples);
        while let Some(page) = self
            .pages
            .pop_if(|page| page.samples <= samples.len() && page.samples + samples.len() <= MAX_SAMPLES)
        {
            samples = merge(page.decode(), samples);
        }
        self.pages.extend(samples.chunks(MAX_SAMPLES).filter_map(Page::new));
    }

    /// The largest time.
    pub(super) fn last_time(&self) -> Option<i64> {
        let open = self.open.last().map(|sample| sample.0);
        self.pages.iter().map(|page| page.last).chain(open).max()
    }

    /// The smallest time.
    pub(super) fn first_time(&self) -> Option<i64> {
        let open = self.open.first().map(|sample| sample.0);
        self.pages.iter().map(|page| page.first).chain(open).min()
    }

    /// The samples within a range of times.
    pub(super) fn within(&self, times: &Range<i64>) -> Samples {
        let pages = self.pages.iter().filter(|page| page.first < times.end && page.last >= times.start);
        let mut found = pages.fold(Samples::new(), |found, page| merge(found, page.decode()));
        found = merge(found, self.open.clone());
        found.retain(|(time, _)| times.contains(time));
        found
    }

    /// Removes the samples within a range of times.
    pub(super) fn forget(&mut self, times: &Range<i64>) {
        self.open.retain(|(time, _)| !times.contains(time));
        for page in std::mem::take(&mut self.pages) {
            if page.first >= times.end || page.last < times.start {
                self.pages.push(page);
            } else {
                let mut left = page.decode();
                left.retain(|(time, _)| !times.contains(time));
                self.pages.extend(Page::new(&left));
            }
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty() && self.pages.is_empty()
    }

    /// Number of samples.
    pub(super) fn len(&self) -> usize {
        self.open.len() + self.pages.iter().map(|page| page.samples).sum::<usize>()
    }

    /// Allocated bytes.
    pub(super) fn bytes(&self) -> usize {
        let page = |page: &Page| size_of::<Page>() + page.times.len() + page.values.len();
        size_of::<Self>() + self.open.capacity() * 16 + self.pages.iter().map(page).sum::<usize>()
    }
}
