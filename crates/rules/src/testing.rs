//! Test input for the evaluation.

use crate::{EvalInput, Point};
use std::collections::BTreeMap;
use watchglass_model::{Kind, Labels, Metric, Series, SeriesId, Timestamp, Unit};

/// Series and their newest readings, set by the test.
#[derive(Debug, Default)]
pub struct Fake {
    series: Vec<Series>,
    newest: Vec<Option<Point>>,
    metrics: BTreeMap<String, Metric>,
    /// Why the metrics have no values.
    pub reason: Option<String>,
}

/// A timestamp, in seconds.
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

/// Labels of one of several series.
pub fn labels(which: &str) -> Labels {
    [("which", which), ("host", "h")].into_iter().collect()
}

/// A gauge without a panel.
pub fn gauge(name: &str) -> Metric {
    Metric {
        name: name.to_owned(),
        kind: Kind::Gauge,
        unit: Unit::Count,
        help: String::new(),
        labels: Vec::new(),
        panel: None,
        legend: String::new(),
    }
}

impl Fake {
    /// Adds a series unless it exists. Metrics ending in `_total` are counters.
    pub fn meet(&mut self, metric: &str, labels: Labels) {
        let kind = if metric.ends_with("_total") { Kind::Counter } else { Kind::Gauge };
        self.metrics.insert(metric.to_owned(), Metric { kind, ..gauge(metric) });
        if !self.series.iter().any(|series| series.metric == metric && series.labels == labels) {
            let id = SeriesId(self.series.len() as u32);
            self.series.push(Series { id, metric: metric.to_owned(), labels });
        }
    }

    /// The last series again, with another number.
    pub fn repeat_last(&mut self) {
        let id = SeriesId(self.series.len() as u32);
        self.series.extend(self.series.last().cloned().map(|series| Series { id, ..series }));
    }

    /// Sets the readings of all series at `now`; missing ones have none.
    pub fn set(&mut self, now: Timestamp, readings: &[Option<f64>]) {
        self.newest = readings
            .iter()
            .map(|reading| reading.map(|reading| Point::from_sample(now, Some(reading))))
            .collect();
    }
}

impl EvalInput for Fake {
    fn series(&self) -> &[Series] {
        &self.series
    }

    fn newest(&self, series: SeriesId) -> Option<Point> {
        *self.newest.get(series.0 as usize)?
    }

    fn metric(&self, name: &str) -> Option<&Metric> {
        self.metrics.get(name)
    }

    fn reason(&self, _metric: &str, _labels: &Labels) -> Option<&str> {
        self.reason.as_deref()
    }
}
