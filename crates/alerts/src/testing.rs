//! What tests judge.

use crate::{Measured, Point};
use std::collections::BTreeMap;
use watchglass_model::{Kind, Labels, Metric, Series, SeriesId, Timestamp, Unit};

/// Series and their newest readings, set by hand.
#[derive(Debug, Default)]
pub(crate) struct Fake {
    series: Vec<Series>,
    newest: Vec<Option<Point>>,
    metrics: BTreeMap<String, Metric>,
    pub(crate) reason: Option<String>,
}

pub(crate) fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

/// The labels of one of several.
pub(crate) fn labels(which: &str) -> Labels {
    [("which", which), ("host", "h")].into_iter().collect()
}

pub(crate) fn gauge(name: &str) -> Metric {
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
    /// A series, if it has not been met before. Metrics that end in `_total` are counters.
    pub(crate) fn meet(&mut self, metric: &str, labels: Labels) {
        let kind = if metric.ends_with("_total") { Kind::Counter } else { Kind::Gauge };
        self.metrics.insert(metric.to_owned(), Metric { kind, ..gauge(metric) });
        if !self.series.iter().any(|series| series.metric == metric && series.labels == labels) {
            let id = SeriesId(self.series.len() as u32);
            self.series.push(Series { id, metric: metric.to_owned(), labels });
        }
    }

    /// The last series once more, with another number.
    pub(crate) fn repeat_last(&mut self) {
        let id = SeriesId(self.series.len() as u32);
        self.series.extend(self.series.last().cloned().map(|series| Series { id, ..series }));
    }

    /// The readings of all series at `now`; those left out have none.
    pub(crate) fn set(&mut self, now: Timestamp, readings: &[Option<f64>]) {
        self.newest =
            readings.iter().map(|reading| reading.map(|reading| Point::of(now, Some(reading)))).collect();
    }
}

impl Measured for Fake {
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
