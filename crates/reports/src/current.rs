//! Newest values by metric.

use std::collections::BTreeMap;
use watchglass_model::{Catalogue, Labels, Metric, Series, Timestamp};
use watchglass_tsdb::{Latest, LatestSample};

/// Newest value of every series, without stale ones.
#[derive(Clone, Copy, Debug)]
pub struct Current<'a> {
    /// All metrics.
    pub catalogue: &'a Catalogue,
    /// All series, indexed by id.
    pub series: &'a [Series],
    /// Changes with the list of series.
    pub version: u32,
    /// The newest samples.
    pub latest: &'a Latest,
    /// Milliseconds between ticks.
    pub tick_millis: u32,
    /// Collection interval in milliseconds of metrics that are slower than the tick.
    pub intervals: &'a BTreeMap<String, u32>,
}

impl<'a> Current<'a> {
    /// Time of the newest values; `None` before the first tick.
    pub fn time(&self) -> Option<Timestamp> {
        self.latest.time()
    }

    /// Maximum age of a metric's newest sample: 2.5 collection intervals.
    fn max_age_millis(&self, metric: &str) -> i64 {
        let interval = self.intervals.get(metric).copied().unwrap_or(self.tick_millis);
        i64::from(interval) * 5 / 2
    }

    /// Newest sample of `series`, unless it is stale.
    pub fn newest(&self, series: &Series) -> Option<LatestSample> {
        self.latest.get(series.id, self.max_age_millis(&series.metric))
    }

    /// Newest sample of each series of `metric`, without series whose sample is older than 2.5 collection intervals.
    pub fn samples(&self, metric: &str) -> impl Iterator<Item = (&'a Labels, LatestSample)> + use<'a> {
        let max_age_millis = self.max_age_millis(metric);
        let (latest, metric) = (self.latest, metric.to_owned());
        self.series
            .iter()
            .filter(move |series| series.metric == metric)
            .filter_map(move |series| Some((&series.labels, latest.get(series.id, max_age_millis)?)))
    }

    /// Reading of each series of `metric`: the value of a gauge, the per-second rate of a counter.
    pub fn readings(&self, metric: &str) -> impl Iterator<Item = (&'a Labels, f64)> + use<'a> {
        self.samples(metric).filter_map(|(labels, newest)| Some((labels, newest.reading?)))
    }

    /// Reading of a metric with one series; of several series, the first reading.
    pub fn reading(&self, metric: &str) -> Option<f64> {
        self.readings(metric).map(|(_, reading)| reading).next()
    }

    /// Sum of the newest values of all series of `metric`; `None` without data.
    pub fn sum(&self, metric: &str) -> Option<f64> {
        self.samples(metric).map(|(_, newest)| newest.value).reduce(|left, right| left + right)
    }

    /// All metrics that have data, with the newest values of their series.
    pub fn families(&self) -> impl Iterator<Item = (&'a Metric, Vec<(&'a Labels, f64)>)> + use<'a> {
        let current = *self;
        self.catalogue.metrics().iter().filter_map(move |metric| {
            let values: Vec<_> =
                current.samples(&metric.name).map(|(labels, newest)| (labels, newest.value)).collect();
            (!values.is_empty()).then_some((metric, values))
        })
    }
}
