//! Test input for the evaluation.

use crate::{EvalInput, Point};
use std::collections::BTreeMap;
use watchglass_model::{Kind, Labels, Metric, Series, SeriesId, Timestamp, Unit};

/// Series and their newest readings, set by the test.
#[derive(Debug, Default)]
pub struct Fake {
    series: Vec<Series>,
    newest: Vec<Option<Point>>,
    /// Series that end with the next readings, and those that ended with these.
    ending: Vec<SeriesId>,
    ended: Vec<SeriesId>,
    metrics: BTreeMap<String, Metric>,
    /// Why the metrics have no values.
    pub reason: Option<String>,
    /// Time of the newest value of the source, while it works.
    pub source: Option<Timestamp>,
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
            let vacant = self.series.iter_mut().find(|series| series.is_vacant());
            if let Some(slot) = vacant {
                *slot = Series { id: slot.id, metric: metric.to_owned(), labels };
                return;
            }
            let id = SeriesId(self.series.len() as u32);
            self.series.push(Series { id, metric: metric.to_owned(), labels });
        }
    }

    /// Ends a series with the next readings; its number is then free for the next one.
    pub fn end(&mut self, metric: &str, labels: &Labels) {
        let is_it = |series: &&mut Series| series.metric == metric && series.labels == *labels;
        if let Some(series) = self.series.iter_mut().find(is_it) {
            self.ending.push(series.id);
            *series = Series::vacant(series.id);
        }
    }

    /// The last series again, with another number.
    pub fn repeat_last(&mut self) {
        let id = SeriesId(self.series.len() as u32);
        self.series.extend(self.series.last().cloned().map(|series| Series { id, ..series }));
    }

    /// Sets the readings of all series at `now`; missing ones have none.
    pub fn set(&mut self, now: Timestamp, readings: &[Option<f64>]) {
        self.ended = std::mem::take(&mut self.ending);
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

    fn ended(&self) -> &[SeriesId] {
        &self.ended
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

    fn working_source(&self, _metric: &str, _labels: &Labels, _last: Option<Timestamp>) -> Option<Timestamp> {
        self.source
    }
}
