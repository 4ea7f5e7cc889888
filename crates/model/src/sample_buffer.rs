//! Buffer of raw samples of a probe, not yet resolved to series.

use crate::{Declaration, SkipReason, SkippedReadings, visible};

/// Values measured by one run of a probe, and the readings that it skipped.
///
/// Label values are stored back to back in one string, so that reusing the buffer allocates nothing. It is `Send`:
/// background probes pass it to the collector.
#[derive(Debug, Default)]
pub struct SampleBuffer {
    rows: Vec<(&'static Declaration, f64)>,
    label_ends: Vec<usize>,
    label_text: String,
    skipped: SkippedReadings,
}

/// One measured value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RawSample<'a> {
    /// Metric.
    pub metric: &'static Declaration,
    /// Finite value in the metric's unit.
    pub value: f64,
    labels: LabelValues<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct LabelValues<'a> {
    text: &'a str,
    start: usize,
    ends: &'a [usize],
}

impl<'a> RawSample<'a> {
    /// Values of the metric's labels, in the order of [`Declaration::labels`].
    pub fn label_values(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        let LabelValues { text, mut start, ends } = self.labels;
        ends.iter().map(move |&end| {
            let value = text.get(start..end).unwrap_or_default();
            start = end;
            value
        })
    }
}

impl SampleBuffer {
    /// An empty buffer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value of `metric` with its label values, in the order of the declaration.
    ///
    /// Hidden characters in label values are escaped, see [`visible`]: names come from outside, and are shown everywhere.
    /// Values that are not finite are skipped. Missing label values count as empty, surplus ones are ignored; debug
    /// builds panic in both cases.
    pub fn record(&mut self, metric: &'static Declaration, label_values: &[&str], value: f64) {
        debug_assert_eq!(label_values.len(), metric.labels.len(), "labels of {}", metric.name);
        if !value.is_finite() {
            return;
        }
        self.rows.push((metric, value));
        for index in 0..metric.labels.len() {
            self.label_text.push_str(&visible(label_values.get(index).copied().unwrap_or_default()));
            self.label_ends.push(self.label_text.len());
        }
    }

    /// Notes that a reading was skipped: its name, the text that was read, and why it is not usable. The source keeps its
    /// other values.
    pub fn skip(&mut self, field: &str, text: &str, reason: SkipReason) {
        self.skipped.add(field, text, reason);
    }

    /// The skipped readings.
    pub fn skipped(&self) -> &SkippedReadings {
        &self.skipped
    }

    /// The values, in recording order.
    pub fn raw_samples(&self) -> impl Iterator<Item = RawSample<'_>> {
        let (mut start, mut ends) = (0, self.label_ends.as_slice());
        self.rows.iter().map(move |&(metric, value)| {
            let (own, rest) = ends.split_at_checked(metric.labels.len()).unwrap_or((&[], &[]));
            let labels = LabelValues { text: &self.label_text, start, ends: own };
            start = own.last().copied().unwrap_or(start);
            ends = rest;
            RawSample { metric, value, labels }
        })
    }

    /// Number of samples.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether the buffer is empty.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Removes all samples and skipped readings, and keeps the allocation.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.label_ends.clear();
        self.label_text.clear();
        self.skipped.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Kind, Unit};

    const fn gauge(name: &'static str, labels: &'static [&'static str]) -> Declaration {
        Declaration {
            name,
            kind: Kind::Gauge,
            unit: Unit::Count,
            help: "A test.",
            labels,
            panel: None,
            legend: "",
        }
    }
    static PLAIN: Declaration = gauge("plain", &[]);
    static PAIR: Declaration = gauge("pair", &["a", "b"]);

    #[test]
    fn hidden_characters_in_label_values_are_escaped() {
        let mut buffer = SampleBuffer::new();
        buffer.record(&PAIR, &["/mnt/u\u{202e}d", "a\nb"], 1.0);
        let row = buffer.raw_samples().next().unwrap();
        assert_eq!(row.label_values().collect::<Vec<_>>(), ["/mnt/u\\u{202e}d", "a\\nb"]);
    }

    #[test]
    fn samples_are_returned_in_recording_order() {
        let mut buffer = SampleBuffer::new();
        for round in 0..2 {
            buffer.clear();
            buffer.record(&PAIR, &["x", ""], 1.0);
            buffer.record(&PLAIN, &[], 2.0);
            buffer.record(&PLAIN, &[], f64::NAN);
            buffer.record(&PAIR, &["é", "y"], 3.0);
            let rows: Vec<_> = buffer
                .raw_samples()
                .map(|row| (row.metric.name, row.value, row.label_values().collect::<Vec<_>>()))
                .collect();
            assert_eq!(
                rows,
                [("pair", 1.0, vec!["x", ""]), ("plain", 2.0, vec![]), ("pair", 3.0, vec!["é", "y"])],
                "round {round}"
            );
        }
    }
}
