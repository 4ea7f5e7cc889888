//! Series (a metric with its label values), series ids, and the samples of one tick.

use crate::{Labels, RawSample, SampleBuffer, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Id of a series within one run of the program. Not persisted: [`Series::key`] is the stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeriesId(pub u32);

/// A metric with its label values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Series id.
    pub id: SeriesId,
    /// Metric name.
    pub metric: String,
    /// All labels, including `host`.
    pub labels: Labels,
}

impl Series {
    /// Series name in Prometheus notation: `host_load{host="a"}`. The same in every run and on every server.
    pub fn key(&self) -> String {
        format!("{}{}", self.metric, self.labels)
    }
}

/// Value of a series at the time of its [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Series id.
    pub series: SeriesId,
    /// Finite value in the metric's unit.
    pub value: f64,
}

/// All samples of one tick: stored, evaluated by rules and displayed.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Time of the tick.
    pub time: Timestamp,
    /// Samples sorted by series id, at most one per series. A missing series has no value at this time.
    pub samples: Vec<Sample>,
}

/// All series seen so far, with ids from zero in order of first appearance.
#[derive(Debug)]
pub struct SeriesTable {
    base: Vec<(String, String)>,
    limit: usize,
    dropped: u64,
    series: Vec<Series>,
    by_metric: HashMap<&'static str, MetricSeries>,
}

/// The series of one metric. Probes report them in the same order each time: the search starts after the last hit
/// and usually matches at once.
#[derive(Debug, Default)]
struct MetricSeries {
    values: Vec<(Vec<String>, SeriesId)>,
    next: usize,
}

impl SeriesTable {
    /// An empty table for at most `limit` series, all with the `base` labels.
    pub fn new(base: &[(&str, &str)], limit: usize) -> Self {
        Self {
            base: base.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            limit,
            dropped: 0,
            series: Vec::new(),
            by_metric: HashMap::new(),
        }
    }

    /// All series, indexed by id.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// Number of values dropped because of the series limit.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Resolves the series of `buffer` to ids and adds their values to `samples`, sorted by id. Of a duplicate series
    /// only the first value is kept.
    pub fn resolve(&mut self, buffer: &SampleBuffer, samples: &mut Vec<Sample>) {
        for row in buffer.raw_samples() {
            match self.id_for(&row) {
                Some(series) => samples.push(Sample { series, value: row.value }),
                None => self.dropped = self.dropped.saturating_add(1),
            }
        }
        samples.sort_by_key(|sample| sample.series);
        samples.dedup_by_key(|sample| sample.series);
    }

    fn id_for(&mut self, row: &RawSample<'_>) -> Option<SeriesId> {
        let known = self.by_metric.entry(row.metric.name).or_default();
        let count = known.values.len();
        for step in 0..count {
            let index = (known.next + step) % count;
            if let Some((values, id)) = known.values.get(index)
                && row.label_values().eq(values.iter().map(String::as_str))
            {
                known.next = index + 1;
                return Some(*id);
            }
        }
        if self.series.len() >= self.limit {
            return None;
        }
        let id = SeriesId(u32::try_from(self.series.len()).ok()?);
        let values: Vec<String> = row.label_values().map(str::to_owned).collect();
        let own = row.metric.labels.iter().map(|&name| name.to_owned()).zip(values.iter().cloned());
        // In Prometheus an empty label equals a missing one: optional labels of a metric are left empty.
        let own = own.filter(|(_, value)| !value.is_empty());
        let labels = self.base.iter().cloned().chain(own).collect();
        self.series.push(Series { id, metric: row.metric.name.to_owned(), labels });
        known.next = count + 1;
        known.values.push((values, id));
        Some(id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Declaration, Kind, Unit};

    static CORE: Declaration = Declaration {
        name: "core",
        kind: Kind::Gauge,
        unit: Unit::Ratio,
        help: "A test.",
        labels: &["core"],
        panel: None,
        legend: "",
    };

    fn resolve(table: &mut SeriesTable, cores: &[(&str, f64)]) -> Vec<(u32, f64)> {
        let mut buffer = SampleBuffer::new();
        for (core, value) in cores {
            buffer.record(&CORE, &[core], *value);
        }
        let mut samples = Vec::new();
        table.resolve(&buffer, &mut samples);
        samples.iter().map(|sample| (sample.series.0, sample.value)).collect()
    }

    #[test]
    fn series_ids_are_stable_across_order_and_gaps() {
        let mut table = SeriesTable::new(&[("host", "h")], 10);
        assert_eq!(resolve(&mut table, &[("0", 0.1), ("1", 0.2)]), [(0, 0.1), (1, 0.2)]);
        assert_eq!(
            resolve(&mut table, &[("1", 0.3), ("2", 0.4), ("0", 0.5)]),
            [(0, 0.5), (1, 0.3), (2, 0.4)]
        );
        assert_eq!(resolve(&mut table, &[("2", 0.6)]), [(2, 0.6)]);
        assert_eq!(table.series()[2].key(), r#"core{core="2",host="h"}"#);
    }

    #[test]
    fn empty_labels_are_dropped() {
        let mut table = SeriesTable::new(&[("host", "h")], 10);
        assert_eq!(resolve(&mut table, &[("", 0.1), ("0", 0.2)]), [(0, 0.1), (1, 0.2)]);
        assert_eq!(resolve(&mut table, &[("0", 0.3), ("", 0.4)]), [(0, 0.4), (1, 0.3)]);
        assert_eq!(table.series()[0].key(), r#"core{host="h"}"#);
    }

    #[test]
    fn samples_stay_sorted_over_several_buffers() {
        let mut table = SeriesTable::new(&[], 10);
        let mut samples = Vec::new();
        for (cores, expected) in [(["0", "1"], vec![0, 1]), (["2", "1"], vec![0, 1, 2])] {
            let mut buffer = SampleBuffer::new();
            cores.iter().for_each(|core| buffer.record(&CORE, &[core], 1.0));
            table.resolve(&buffer, &mut samples);
            assert_eq!(samples.iter().map(|sample| sample.series.0).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn duplicate_series_in_one_tick_count_once() {
        let mut table = SeriesTable::new(&[], 10);
        assert_eq!(resolve(&mut table, &[("0", 0.1), ("0", 0.2)]), [(0, 0.1)]);
    }

    #[test]
    fn series_over_the_limit_are_dropped_and_counted() {
        let mut table = SeriesTable::new(&[], 1);
        assert_eq!(resolve(&mut table, &[("0", 0.1), ("1", 0.2)]), [(0, 0.1)]);
        assert_eq!(resolve(&mut table, &[("1", 0.2), ("0", 0.3)]), [(0, 0.3)]);
        assert_eq!((table.series().len(), table.dropped()), (1, 2));
    }
}
