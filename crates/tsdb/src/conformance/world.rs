//! Test data and reference implementation of the conformance suite.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a suite of tests stops at the first surprise"
)]

use crate::row::Row;
use crate::{Column, Columns, EmbeddedHistory, History, Query, Selector, StoredSeries};
use std::collections::BTreeMap;
use watchglass_model::{
    Batch, Catalogue, Declaration, Kind, Sample, Series, SeriesId, TimeRange, Timestamp, Unit,
};

static GAUGE: Declaration = Declaration {
    name: "even",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "A test.",
    labels: &["n"],
    panel: None,
    legend: "",
};
static COUNTER: Declaration = Declaration { name: "odd_total", kind: Kind::Counter, ..GAUGE };

/// Test series: even ids are gauges, odd ids counters; the label `n` is the id.
#[derive(Debug)]
pub struct World {
    series: Vec<Series>,
    catalogue: Catalogue,
}

impl Default for World {
    fn default() -> Self {
        Self::new()
    }
}

fn batch(millis: i64, values: &[(u32, f64)]) -> Batch {
    let samples = values.iter().map(|&(id, value)| Sample { series: SeriesId(id), value }).collect();
    Batch { time: Timestamp::from_millis(millis), samples }
}

impl World {
    /// Eight series.
    pub fn new() -> Self {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&GAUGE).unwrap();
        catalogue.declare(&COUNTER).unwrap();
        let series = (0..8)
            .map(|id| Series {
                id: SeriesId(id),
                metric: if id.is_multiple_of(2) { GAUGE.name } else { COUNTER.name }.to_owned(),
                labels: [("n", id.to_string())].into_iter().collect(),
            })
            .collect();
        Self { series, catalogue }
    }

    /// Gives the id to another series of the same kind: that with the label `n`.
    pub fn rename(&mut self, id: u32, n: u32) {
        let labels = [("n", n.to_string())].into_iter().collect();
        self.series[id as usize].labels = labels;
    }

    /// The kind of a series.
    pub fn kind(id: u32) -> Kind {
        if id.is_multiple_of(2) { Kind::Gauge } else { Kind::Counter }
    }

    /// Appends a batch of ascending series ids with values.
    pub fn append(&self, history: &dyn History, millis: i64, values: &[(u32, f64)]) {
        history.append(&batch(millis, values), &self.series, &self.catalogue);
    }

    /// Appends a batch of a group.
    pub fn append_group(&self, history: &EmbeddedHistory, group: &str, millis: i64, values: &[(u32, f64)]) {
        history.append_group(group, &batch(millis, values), &self.series, &self.catalogue);
    }

    /// All rows of all series.
    pub fn ask(&self, history: &dyn History, range: (i64, i64), step_millis: i64) -> Columns {
        let query = Query { selector: Selector::default(), range: span(range), step_millis };
        history.query(&query).unwrap()
    }

    /// Rows of one series as text, so that NaN compares and a failure is readable: `low..high ~mean`.
    pub fn rows(&self, history: &dyn History, id: u32, range: (i64, i64), step_millis: i64) -> Vec<String> {
        let columns = self.ask(history, range, step_millis);
        let Some(column) = columns.columns.iter().find(|column| number(column) == id) else {
            return Vec::new();
        };
        let row = |row: usize| match column.low[row] {
            low if low.is_nan() => "-".to_owned(),
            low => format!("{low}..{} ~{}", column.high[row], column.mean[row]),
        };
        (0..columns.rows).map(row).collect()
    }

    /// All raw samples in a range.
    pub fn samples(&self, history: &dyn History, range: (i64, i64)) -> BTreeMap<(u32, i64), f64> {
        let mut map = BTreeMap::new();
        let visit = &mut |series: &StoredSeries, samples: &[(Timestamp, f64)]| {
            let id: u32 = series.labels.get("n").unwrap().parse().unwrap();
            assert_eq!(series.kind, Self::kind(id));
            for &(time, value) in samples {
                assert_eq!(map.insert((id, time.millis()), value), None, "a sample came twice");
            }
        };
        history.raw(&Selector::default(), span(range), visit).unwrap();
        map
    }

    /// Compares a query result with that of a plain map.
    ///
    /// # Panics
    /// The results differ.
    pub fn compare(
        &self,
        history: &dyn History,
        map: &BTreeMap<(u32, i64), f64>,
        range: (i64, i64),
        step: i64,
    ) {
        let columns = self.ask(history, range, step);
        let start = columns.start.millis();
        let mut expected: BTreeMap<(u32, usize), Row> = BTreeMap::new();
        let mut before: Option<(u32, (i64, f64))> = None;
        for (&(id, time), &value) in map {
            let same = before.filter(|before| before.0 == id).map(|before| before.1);
            before = Some((id, (time, value)));
            let Ok(row) = usize::try_from((time - start).div_euclid(step)) else { continue };
            if let Some(reading) = Row::reading(Self::kind(id), same, (time, value))
                && row < columns.rows
            {
                expected.entry((id, row)).and_modify(|row| row.add(&reading)).or_insert(reading);
            }
        }
        let mut found = BTreeMap::new();
        for column in &columns.columns {
            for row in (0..columns.rows).filter(|&row| column.count[row] > 0) {
                let increase = column.increase.get(row).copied().unwrap_or(0.0);
                let got = Row {
                    low: column.low[row],
                    high: column.high[row],
                    sum: column.mean[row] * f64::from(column.count[row]),
                    count: column.count[row],
                    increase,
                };
                found.insert((number(column), row), got);
            }
        }
        let (found_places, expected_places): (Vec<_>, Vec<_>) =
            (found.keys().collect(), expected.keys().collect());
        assert_eq!(found_places, expected_places, "rows with readings, range {range:?} step {step}");
        for (place, expected) in &expected {
            let got = &found[place];
            // The order of summation changes the last digits.
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (a.abs() + b.abs() + expected.high.abs());
            assert_eq!(
                (got.low, got.high, got.count),
                (expected.low, expected.high, expected.count),
                "{place:?}"
            );
            assert!(close(got.increase, expected.increase), "{place:?}: {got:?} {expected:?}");
            assert!(close(got.sum, expected.sum), "{place:?}: {got:?} {expected:?}");
        }
    }
}

pub(super) fn span(range: (i64, i64)) -> TimeRange {
    TimeRange { start: Timestamp::from_millis(range.0), end: Timestamp::from_millis(range.1) }
}

/// The label `n` of a series.
pub(super) fn number(column: &Column) -> u32 {
    column.series.labels.get("n").unwrap().parse().unwrap()
}
