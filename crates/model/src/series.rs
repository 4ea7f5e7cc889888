//! Series (a metric with its label values), their numbers, and the samples of one moment.

use crate::{Labels, Readings, Row, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// Number of a series within one run of the program. Not stored: a [`Series::key`] is what lasts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeriesId(pub u32);

/// A metric with its label values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Its number.
    pub id: SeriesId,
    /// Name of its metric.
    pub metric: String,
    /// All its labels, `host` among them.
    pub labels: Labels,
}

impl Series {
    /// The series as Prometheus writes it: `host_load{host="a"}`. The same in every run and on every server.
    pub fn key(&self) -> String {
        format!("{}{}", self.metric, self.labels)
    }
}

/// A value of a series; its time is the [`Batch`]'s.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// The series.
    pub series: SeriesId,
    /// The value, finite, in the metric's unit.
    pub value: f64,
}

/// Everything that was measured at one moment: what is stored, judged and shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// When.
    pub time: Timestamp,
    /// What, in the order of the numbers of the series, none twice. A series that is not here has no value at this
    /// moment.
    pub samples: Vec<Sample>,
}

/// The series met so far, numbered from zero in the order of their first appearance.
#[derive(Debug)]
pub struct SeriesTable {
    base: Vec<(String, String)>,
    limit: usize,
    refused: u64,
    series: Vec<Series>,
    by_metric: HashMap<&'static str, Known>,
}

/// The series of one metric. Probes report them in the same order each time, so the search for the next starts
/// where the last one ended and almost always ends there at once.
#[derive(Debug, Default)]
struct Known {
    values: Vec<(Vec<String>, SeriesId)>,
    next: usize,
}

impl SeriesTable {
    /// An empty table whose series all carry the `base` labels, and which takes no more than `limit` series.
    pub fn new(base: &[(&str, &str)], limit: usize) -> Self {
        Self {
            base: base.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect(),
            limit,
            refused: 0,
            series: Vec::new(),
            by_metric: HashMap::new(),
        }
    }

    /// All series; the one with number `n` is the `n`-th.
    pub fn series(&self) -> &[Series] {
        &self.series
    }

    /// How many values were refused because their series would have been one too many.
    pub fn refused(&self) -> u64 {
        self.refused
    }

    /// Numbers the series of `readings` and adds their values to `samples`, which are then in the order of the numbers.
    /// A series that comes twice counts once.
    pub fn resolve(&mut self, readings: &Readings, samples: &mut Vec<Sample>) {
        for row in readings.rows() {
            match self.number(&row) {
                Some(series) => samples.push(Sample { series, value: row.value }),
                None => self.refused = self.refused.saturating_add(1),
            }
        }
        samples.sort_by_key(|sample| sample.series);
        samples.dedup_by_key(|sample| sample.series);
    }

    fn number(&mut self, row: &Row<'_>) -> Option<SeriesId> {
        let known = self.by_metric.entry(row.metric.name).or_default();
        let count = known.values.len();
        for step in 0..count {
            let place = (known.next + step) % count;
            if let Some((values, id)) = known.values.get(place)
                && row.label_values().eq(values.iter().map(String::as_str))
            {
                known.next = place + 1;
                return Some(*id);
            }
        }
        if self.series.len() >= self.limit {
            return None;
        }
        let id = SeriesId(u32::try_from(self.series.len()).ok()?);
        let values: Vec<String> = row.label_values().map(str::to_owned).collect();
        let own = row.metric.labels.iter().map(|&name| name.to_owned()).zip(values.iter().cloned());
        // To Prometheus a label that is empty is the same as none: what not every series of a metric has is left empty.
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
        let mut readings = Readings::new();
        for (core, value) in cores {
            readings.record(&CORE, &[core], *value);
        }
        let mut samples = Vec::new();
        table.resolve(&readings, &mut samples);
        samples.iter().map(|sample| (sample.series.0, sample.value)).collect()
    }

    #[test]
    fn a_series_keeps_its_number_whatever_the_order_and_the_gaps() {
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
    fn an_empty_label_is_none() {
        let mut table = SeriesTable::new(&[("host", "h")], 10);
        assert_eq!(resolve(&mut table, &[("", 0.1), ("0", 0.2)]), [(0, 0.1), (1, 0.2)]);
        assert_eq!(resolve(&mut table, &[("0", 0.3), ("", 0.4)]), [(0, 0.4), (1, 0.3)]);
        assert_eq!(table.series()[0].key(), r#"core{host="h"}"#);
    }

    #[test]
    fn samples_stay_in_order_over_several_readings() {
        let mut table = SeriesTable::new(&[], 10);
        let mut samples = Vec::new();
        for (cores, expected) in [(["0", "1"], vec![0, 1]), (["2", "1"], vec![0, 1, 2])] {
            let mut readings = Readings::new();
            cores.iter().for_each(|core| readings.record(&CORE, &[core], 1.0));
            table.resolve(&readings, &mut samples);
            assert_eq!(samples.iter().map(|sample| sample.series.0).collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn a_series_that_comes_twice_in_one_moment_counts_once() {
        let mut table = SeriesTable::new(&[], 10);
        assert_eq!(resolve(&mut table, &[("0", 0.1), ("0", 0.2)]), [(0, 0.1)]);
    }

    #[test]
    fn refuses_and_counts_what_is_over_the_limit() {
        let mut table = SeriesTable::new(&[], 1);
        assert_eq!(resolve(&mut table, &[("0", 0.1), ("1", 0.2)]), [(0, 0.1)]);
        assert_eq!(resolve(&mut table, &[("1", 0.2), ("0", 0.3)]), [(0, 0.3)]);
        assert_eq!((table.series().len(), table.refused()), (1, 2));
    }
}
