//! What a probe hands over: values of declared metrics, not yet tied to series.

use crate::Declaration;

/// The values that one run of a probe measured.
///
/// Label values lie end to end in one string, so that a run after the first allocates nothing; and it can be
/// sent from a thread of its own to the collector.
#[derive(Debug, Default)]
pub struct Readings {
    rows: Vec<(&'static Declaration, f64)>,
    label_ends: Vec<usize>,
    label_text: String,
}

/// One measured value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row<'a> {
    /// The metric.
    pub metric: &'static Declaration,
    /// The value, finite, in the metric's unit.
    pub value: f64,
    labels: LabelValues<'a>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
struct LabelValues<'a> {
    text: &'a str,
    start: usize,
    ends: &'a [usize],
}

impl<'a> Row<'a> {
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

impl Readings {
    /// An empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a value of `metric`, with the values of its labels in the order in which it declares them.
    ///
    /// A value that is not finite is left out: a missing value is missing. Label values that are too few count
    /// as empty, those that are too many are left out; debug builds stop at either.
    pub fn record(&mut self, metric: &'static Declaration, label_values: &[&str], value: f64) {
        debug_assert_eq!(label_values.len(), metric.labels.len(), "labels of {}", metric.name);
        if !value.is_finite() {
            return;
        }
        self.rows.push((metric, value));
        for index in 0..metric.labels.len() {
            self.label_text.push_str(label_values.get(index).copied().unwrap_or_default());
            self.label_ends.push(self.label_text.len());
        }
    }

    /// The values, in the order in which they were recorded.
    pub fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        let (mut start, mut ends) = (0, self.label_ends.as_slice());
        self.rows.iter().map(move |&(metric, value)| {
            let (own, rest) = ends.split_at_checked(metric.labels.len()).unwrap_or((&[], &[]));
            let labels = LabelValues { text: &self.label_text, start, ends: own };
            start = own.last().copied().unwrap_or(start);
            ends = rest;
            Row { metric, value, labels }
        })
    }

    /// Number of values.
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Forgets the values and keeps the memory.
    pub fn clear(&mut self) {
        self.rows.clear();
        self.label_ends.clear();
        self.label_text.clear();
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
    fn give_back_what_was_recorded() {
        let mut readings = Readings::new();
        for round in 0..2 {
            readings.clear();
            readings.record(&PAIR, &["x", ""], 1.0);
            readings.record(&PLAIN, &[], 2.0);
            readings.record(&PLAIN, &[], f64::NAN);
            readings.record(&PAIR, &["é", "y"], 3.0);
            let rows: Vec<_> = readings
                .rows()
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
