//! Reader of the samples of one series.

use super::adaptive::Adaptive;
use super::bits::BitReader;
use super::count_code::CountCode;
use super::layout::{Key, Layout};
use super::sequence::{Form, HEADER, LENGTH_BITS, VERSION};
use super::sum_code::SumCode;
use crate::{DecodeError, Flavor, Histogram, MAX_BUCKETS};

const END: DecodeError = DecodeError::Damaged("bytes after the end");
const NO_SAMPLE: DecodeError = DecodeError::Damaged("update without a complete sample");

/// Reader of what [`SequenceWriter`](crate::SequenceWriter) wrote: an iterator of samples. Reads one sample at a time, so
/// that memory is needed for the largest one only. A sample that repeats the one before takes two bits: do not collect the
/// samples of bytes that are not trusted. After an error there are no further samples.
#[derive(Clone, Debug)]
pub struct SequenceReader<'a> {
    bits: BitReader<'a>,
    /// Samples that were not yet read.
    left: u16,
    /// The last sample that was no stale marker.
    last: Option<Histogram>,
    layout: Layout,
    keys: Adaptive,
    sums: SumCode,
    counts: CountCode,
}

impl<'a> SequenceReader<'a> {
    /// A reader of all samples.
    ///
    /// # Errors
    /// Unknown version, or no complete header.
    pub fn new(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let (header, rest) =
            bytes.split_first_chunk::<HEADER>().ok_or(DecodeError::Damaged("unexpected end"))?;
        let [version, low, high] = *header;
        if version != VERSION {
            return Err(DecodeError::Version { found: version });
        }
        let left = u16::from_le_bytes([low, high]);
        if left == 0 && !rest.is_empty() {
            return Err(END);
        }
        Ok(Self {
            bits: BitReader::new(rest),
            left,
            last: None,
            layout: Layout::default(),
            keys: Adaptive::default(),
            sums: SumCode::default(),
            counts: CountCode::default(),
        })
    }

    /// Number of samples that were not yet read, if no bytes are damaged.
    pub fn remaining(&self) -> usize {
        usize::from(self.left)
    }

    fn read(&mut self) -> Result<Histogram, DecodeError> {
        let sample = match self.form()? {
            Form::Stale => Histogram::stale(if self.bits.bit()? { Flavor::Gauge } else { Flavor::Counter }),
            Form::Complete => self.complete()?,
            Form::Update => self.update()?,
            Form::Repeat => self.repeat()?,
            Form::UpdateWithNewBuckets => {
                self.new_buckets()?;
                self.update()?
            }
        };
        if self.left == 1 && !self.bits.is_at_end() {
            return Err(END);
        }
        Ok(sample)
    }

    fn form(&mut self) -> Result<Form, DecodeError> {
        Ok(match self.bits.bit()? {
            false => Form::Update,
            true if !self.bits.bit()? => Form::Repeat,
            true if !self.bits.bit()? => Form::UpdateWithNewBuckets,
            true if self.bits.bit()? => Form::Complete,
            true => Form::Stale,
        })
    }

    fn complete(&mut self) -> Result<Histogram, DecodeError> {
        let length = usize::try_from(self.bits.get(LENGTH_BITS)?).unwrap_or(usize::MAX);
        let sample = Histogram::decode(self.bits.bytes(length)?)?;
        if sample.is_stale() {
            return Err(DecodeError::Damaged("stale marker as complete sample"));
        }
        self.layout = Layout::of(&sample);
        self.sums.restart(sample.sum);
        self.last = Some(sample.clone());
        Ok(sample)
    }

    fn new_buckets(&mut self) -> Result<(), DecodeError> {
        let added = self.keys.get(&mut self.bits)?.saturating_add(1);
        let added = usize::try_from(added).ok().filter(|added| *added <= MAX_BUCKETS);
        let added = added.filter(|added| self.layout.has_room(*added));
        let added = added.ok_or(DecodeError::Damaged("too many buckets"))?;
        let mut keys = Vec::with_capacity(added);
        let mut index = 0_i64;
        for _ in 0..added {
            let is_negative = self.bits.bit()?;
            let difference = self.keys.get_signed(&mut self.bits)?;
            index = index.checked_add(difference).ok_or(DecodeError::Damaged("invalid buckets"))?;
            let found = i32::try_from(index).map_err(|_| DecodeError::Damaged("invalid buckets"))?;
            keys.push(if is_negative { Key::Negative(found) } else { Key::Positive(found) });
        }
        self.layout.add(&keys)
    }

    fn repeat(&mut self) -> Result<Histogram, DecodeError> {
        let last = self.last.as_ref().filter(|_| !self.layout.is_empty()).ok_or(NO_SAMPLE)?;
        self.layout.repeat();
        Ok(last.clone())
    }

    fn update(&mut self) -> Result<Histogram, DecodeError> {
        let last = self.last.as_mut().filter(|_| !self.layout.is_empty()).ok_or(NO_SAMPLE)?;
        last.sum = self.sums.get(&mut self.bits)?;
        self.counts.get(&mut self.bits, &mut self.layout)?;
        self.layout.fill(last)?;
        Ok(last.clone())
    }
}

impl Iterator for SequenceReader<'_> {
    type Item = Result<Histogram, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        let sample = self.read();
        self.left = if sample.is_ok() { self.left - 1 } else { 0 };
        Some(sample)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // One at least: a sample or an error.
        (usize::from(self.left > 0), Some(self.remaining()))
    }
}
