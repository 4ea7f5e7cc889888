//! The newest values, asked for by metric.

use std::collections::BTreeMap;
use watchglass_history::{Latest, Newest};
use watchglass_model::{Catalogue, Labels, Metric, Series, Timestamp};

/// The newest value of every series, as far as it is not overdue.
#[derive(Clone, Copy, Debug)]
pub struct Current<'a> {
    /// All metrics.
    pub catalogue: &'a Catalogue,
    /// All series.
    pub series: &'a [Series],
    /// The newest samples.
    pub latest: &'a Latest,
    /// Milliseconds between ticks.
    pub tick_millis: u32,
    /// Milliseconds between the values of metrics that are slower than the tick.
    pub paces: &'a BTreeMap<String, u32>,
}

impl<'a> Current<'a> {
    /// When the newest values were measured; `None` before the first tick.
    pub fn time(&self) -> Option<Timestamp> {
        self.latest.time()
    }

    /// The newest sample of each series of `metric`. One that is older than two and a half times the pace of its metric
    /// is missing: what stopped being measured has no value now.
    pub fn samples(&self, metric: &str) -> impl Iterator<Item = (&'a Labels, Newest)> + use<'a> {
        let pace = self.paces.get(metric).copied().unwrap_or(self.tick_millis);
        let most_millis = i64::from(pace) * 5 / 2;
        let (latest, metric) = (self.latest, metric.to_owned());
        self.series
            .iter()
            .filter(move |series| series.metric == metric)
            .filter_map(move |series| Some((&series.labels, latest.get(series.id, most_millis)?)))
    }

    /// Readings of each series of `metric`: a gauge's values, a counter's rates per second.
    pub fn readings(&self, metric: &str) -> impl Iterator<Item = (&'a Labels, f64)> + use<'a> {
        self.samples(metric).filter_map(|(labels, newest)| Some((labels, newest.reading?)))
    }

    /// The reading of a metric that has one series; of several, the first that has one.
    pub fn reading(&self, metric: &str) -> Option<f64> {
        self.readings(metric).map(|(_, reading)| reading).next()
    }

    /// The sum of the newest values of all series of `metric`; `None` when there is none.
    pub fn sum(&self, metric: &str) -> Option<f64> {
        self.samples(metric).map(|(_, newest)| newest.value).reduce(|left, right| left + right)
    }

    /// All metrics with the newest values of their series, those without any left out.
    pub fn families(&self) -> impl Iterator<Item = (&'a Metric, Vec<(&'a Labels, f64)>)> + use<'a> {
        let current = *self;
        self.catalogue.metrics().iter().filter_map(move |metric| {
            let values: Vec<_> =
                current.samples(&metric.name).map(|(labels, newest)| (labels, newest.value)).collect();
            (!values.is_empty()).then_some((metric, values))
        })
    }
}
