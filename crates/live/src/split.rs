//! Splitting of states and batches, so that the size of a message does not depend on the number of series.
//!
//! A connection keeps a buffer of the size of its largest message, and some clients and proxies limit messages.
//! Messages in JSON may be larger: their readers are programs, which get states and ticks of common sizes in one message.

use crate::binary::{HEADER, encode};
use crate::frame::write;
use crate::{State, StatePart};
use serde::Serialize;
use std::ops::Range;
use watchglass_model::{Batch, Problem, Sample, Series};

/// Size of a binary message, in bytes.
pub(crate) const BINARY_LIMIT: usize = 8 << 10;
/// Size of a JSON message, in bytes.
pub(crate) const JSON_LIMIT: usize = 128 << 10;
/// Room for everything in a message but its items.
const OVERHEAD: usize = 160;
/// Minimum number of values in a binary message that is not the last one of its tick. The bits of a message grow with the
/// series ids, and would leave no room for values above 65,000.
const MIN_VALUES: usize = 256;

/// Part of a state in JSON. The first one has the type of a complete state.
#[derive(Serialize)]
struct JsonPart<'a> {
    r#type: &'static str,
    version: u32,
    series: &'a [Series],
    problems: &'a [Problem],
    skipped: &'a [Problem],
    /// Number of series, problems and skipped readings in the messages that follow.
    #[serde(skip_serializing_if = "is_zero")]
    more: u32,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes a reference")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

/// Messages of a state in JSON.
pub(crate) fn state_as_json(state: &State) -> Vec<Vec<u8>> {
    let parts =
        Parts::new(state, JSON_LIMIT, |item| serde_json::to_vec(item).map_or(0, |text| text.len() + 1));
    let message = |(number, part): (usize, Part<'_>)| {
        let r#type = if number == 0 { "state" } else { "state_part" };
        let Part { series, problems, skipped, remaining: more } = part;
        let message = JsonPart { r#type, version: state.version, series, problems, skipped, more };
        // Strings, numbers and lists, which JSON can hold.
        serde_json::to_vec(&message).unwrap_or_default()
    };
    parts.enumerate().map(message).collect()
}

/// Binary messages of a state.
pub(crate) fn state_as_frames(state: &State) -> Vec<Vec<u8>> {
    let parts = Parts::new(state, BINARY_LIMIT, |item| {
        postcard::to_extend(item, Vec::new()).map_or(0, |bytes| bytes.len())
    });
    let message = |(number, part): (usize, Part<'_>)| {
        write::state(&StatePart {
            version: state.version,
            is_first: number == 0,
            remaining: part.remaining,
            series: part.series.to_vec(),
            problems: part.problems.to_vec(),
            skipped: part.skipped.to_vec(),
        })
    };
    parts.enumerate().map(message).collect()
}

/// Binary messages of a tick.
pub(crate) fn batch_as_frames(state: u32, seq: u64, batch: &Batch) -> Vec<Vec<u8>> {
    let ranges = value_ranges(&batch.samples);
    let count = ranges.len();
    let frame = |(number, range): (usize, Range<usize>)| {
        let samples = batch.samples.get(range).unwrap_or_default().to_vec();
        let remaining = u16::try_from(count - 1 - number).unwrap_or(u16::MAX);
        encode(state, seq, remaining, &Batch { time: batch.time, samples })
    };
    ranges.into_iter().enumerate().map(frame).collect()
}

/// Ranges of samples that fit into one binary message each.
fn value_ranges(samples: &[Sample]) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    for (place, sample) in samples.iter().enumerate() {
        let size = HEADER + sample.series.0 as usize / 8 + 1 + (place + 1 - start) * 8;
        if size > BINARY_LIMIT && place - start >= MIN_VALUES {
            ranges.push(start..place);
            start = place;
        }
    }
    ranges.push(start..samples.len());
    ranges
}

/// A series, problem or skipped reading.
#[derive(Serialize)]
#[serde(untagged)]
enum Item<'a> {
    Series(&'a Series),
    Problem(&'a Problem),
}

/// Part of a state.
struct Part<'a> {
    series: &'a [Series],
    problems: &'a [Problem],
    skipped: &'a [Problem],
    remaining: u32,
}

/// The parts of a state: problems, then skipped readings, then series, in parts of bounded size.
struct Parts<'a> {
    state: &'a State,
    ranges: std::vec::IntoIter<Range<usize>>,
}

impl<'a> Parts<'a> {
    fn new(state: &'a State, limit: usize, size: impl Fn(&Item<'_>) -> usize) -> Self {
        let problems = state.problems.iter().chain(&state.skipped).map(Item::Problem);
        let items = problems.chain(state.series.iter().map(Item::Series));
        let ranges = ranges(items.map(|item| size(&item)), limit - OVERHEAD);
        Self { state, ranges: ranges.into_iter() }
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = Part<'a>;

    fn next(&mut self) -> Option<Part<'a>> {
        let range = self.ranges.next()?;
        let State { series, problems, skipped, .. } = self.state;
        let notes = problems.len() + skipped.len();
        let total = notes + series.len();
        Some(Part {
            problems: within(problems, 0, &range),
            skipped: within(skipped, problems.len(), &range),
            series: within(series, notes, &range),
            remaining: u32::try_from(total - range.end).unwrap_or(u32::MAX),
        })
    }
}

/// The items that are in `range`, where the first of `items` has the number `first`.
fn within<'a, T>(items: &'a [T], first: usize, range: &Range<usize>) -> &'a [T] {
    let place = |number: usize| number.saturating_sub(first).min(items.len());
    items.get(place(range.start)..place(range.end)).unwrap_or_default()
}

/// Ranges of consecutive items whose sizes fit into `room`; an item that alone does not fit gets its own. At least one range.
fn ranges(sizes: impl Iterator<Item = usize>, room: usize) -> Vec<Range<usize>> {
    let (mut ranges, mut start, mut end, mut used) = (Vec::new(), 0, 0, 0);
    for size in sizes {
        if used + size > room && end > start {
            ranges.push(start..end);
            (start, used) = (end, 0);
        }
        used += size;
        end += 1;
    }
    ranges.push(start..end);
    ranges
}

#[cfg(test)]
#[path = "split_tests.rs"]
mod tests;
