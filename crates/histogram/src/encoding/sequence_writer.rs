//! Writer of the samples of one series.

use super::adaptive::Adaptive;
use super::bits::{BitSink, BitWriter};
use super::count_code::CountCode;
use super::layout::{Key, Layout};
use super::sequence::{Form, HEADER, LENGTH_BITS, MAX_SAMPLES, VERSION};
use super::sum_code::SumCode;
use super::whole::WholeCounts;
use crate::{Bounds, Flavor, Histogram};

/// Writer of the samples of one series, in ascending order of their times. Each sample is stored as its difference to the
/// samples before: best for whole counts and bounds that do not change.
///
/// ```
/// # use watchglass_histogram::{Flavor, Histogram, Schema, SequenceReader, SequenceWriter};
/// let mut latency = Histogram::exponential(Flavor::Counter, Schema::MAX, 0.0)?;
/// let mut writer = SequenceWriter::new();
/// for _ in 0..100 {
///     latency.observe(0.25);
///     assert!(writer.push(&latency));
/// }
/// assert!(writer.bytes().len() < 200);
/// let samples = SequenceReader::new(writer.bytes()).expect("valid header");
/// assert_eq!(samples.last(), Some(Ok(latency)));
/// # Ok::<(), watchglass_histogram::InvalidHistogram>(())
/// ```
#[derive(Clone, Debug)]
pub struct SequenceWriter {
    out: BitWriter,
    samples: u16,
    /// Flavor and bounds of the last sample that is no stale marker.
    shape: Option<(Flavor, Bounds)>,
    layout: Layout,
    keys: Adaptive,
    sums: SumCode,
    counts: CountCode,
}

impl Default for SequenceWriter {
    fn default() -> Self {
        let mut out = BitWriter::default();
        let [version, low, high]: [u8; HEADER] = [VERSION, 0, 0];
        out.put_bytes(&[version, low, high]);
        Self {
            out,
            samples: 0,
            shape: None,
            layout: Layout::default(),
            keys: Adaptive::default(),
            sums: SumCode::default(),
            counts: CountCode::default(),
        }
    }
}

impl SequenceWriter {
    /// A writer without samples.
    pub fn new() -> Self {
        Self::default()
    }

    /// Appends a sample. Returns false, and changes nothing, if there are [`MAX_SAMPLES`] already.
    #[must_use = "a sample that was not added must go to another sequence"]
    pub fn push(&mut self, sample: &Histogram) -> bool {
        if self.len() == MAX_SAMPLES {
            return false;
        }
        if sample.is_stale() {
            self.put_form(Form::Stale);
            self.out.put(u64::from(sample.flavor == Flavor::Gauge), 1);
        } else if !self.put_update(sample) {
            self.put_complete(sample);
        }
        self.samples += 1;
        let [low, high] = self.samples.to_le_bytes();
        if let Some(header) = self.out.first_bytes_mut::<HEADER>() {
            *header = [VERSION, low, high];
        }
        true
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        usize::from(self.samples)
    }

    /// Whether there are no samples.
    pub fn is_empty(&self) -> bool {
        self.samples == 0
    }

    /// The stored form of the samples so far, for [`SequenceReader`](crate::SequenceReader).
    pub fn bytes(&self) -> &[u8] {
        self.out.bytes()
    }

    fn put_form(&mut self, form: Form) {
        let (bits, number) = form.bits();
        self.out.put(bits, number);
    }

    /// Appends an update. Returns false if the sample has to be complete.
    fn put_update(&mut self, sample: &Histogram) -> bool {
        let is_same = self
            .shape
            .as_ref()
            .is_some_and(|(flavor, bounds)| (*flavor, bounds) == (sample.flavor, &sample.bounds));
        let Some(counts) = WholeCounts::of(sample).filter(|_| is_same && !self.layout.is_empty()) else {
            return false;
        };
        if self.sums.is_last(sample.sum) && self.layout.is_last(&counts) {
            self.put_form(Form::Repeat);
            self.layout.repeat();
            return true;
        }
        let added = self.layout.missing(&counts);
        // The keys come from a valid histogram, so that they are unique.
        if !self.layout.has_room(added.len()) || self.layout.add(&added).is_err() {
            return false;
        }
        if added.is_empty() {
            self.put_form(Form::Update);
        } else {
            self.put_form(Form::UpdateWithNewBuckets);
            self.put_keys(&added);
        }
        self.sums.put(&mut self.out, sample.sum);
        self.counts.put(&mut self.out, &mut self.layout, &counts);
        true
    }

    /// Writes the keys of new buckets. Count and zero bucket are in every layout.
    fn put_keys(&mut self, keys: &[Key]) {
        self.keys.put(&mut self.out, (keys.len() as u64).saturating_sub(1));
        let mut before = 0;
        for key in keys {
            let (is_negative, index) = match key {
                Key::Positive(index) => (false, *index),
                Key::Negative(index) => (true, *index),
                Key::Outside | Key::Zero => continue,
            };
            self.out.put(u64::from(is_negative), 1);
            self.keys.put_signed(&mut self.out, i64::from(index) - before);
            before = i64::from(index);
        }
    }

    fn put_complete(&mut self, sample: &Histogram) {
        let bytes = sample.encode();
        self.put_form(Form::Complete);
        // At most 8,192 buckets of 20 bytes and 1,024 bounds of 8, which is below 2^24.
        self.out.put(bytes.len() as u64, LENGTH_BITS);
        self.out.put_bytes(&bytes);
        self.layout = Layout::of(sample);
        self.sums.restart(sample.sum);
        self.shape = Some((sample.flavor, sample.bounds.clone()));
    }
}
