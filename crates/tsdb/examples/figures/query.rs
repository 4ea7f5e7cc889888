//! Queries for all stores, and their durations.

use watchglass_model::{TimeRange, Timestamp};
use watchglass_tsdb::step_for;

/// A query of some metrics of all hosts over the last hours, with about 1,000 points.
#[derive(Clone)]
pub(crate) struct RangeQuery {
    pub(crate) metrics: Vec<String>,
    pub(crate) range: TimeRange,
    pub(crate) step_millis: i64,
}

impl RangeQuery {
    pub(crate) fn new(metrics: &[String], end: Timestamp, hours: u64) -> Self {
        let range = TimeRange::ending_at(end, std::time::Duration::from_secs(hours * 3600));
        Self { metrics: metrics.to_vec(), range, step_millis: step_for(range, 1000) }
    }

    /// The same query for each metric alone.
    pub(crate) fn each(&self) -> impl Iterator<Item = Self> + '_ {
        self.metrics.iter().map(|metric| Self { metrics: vec![metric.clone()], ..self.clone() })
    }
}

/// Durations of a repeated query in milliseconds.
#[derive(Default)]
pub(crate) struct Times(Vec<f64>);

impl Times {
    pub(crate) fn add(&mut self, millis: f64) {
        self.0.push(millis);
        self.0.sort_by(f64::total_cmp);
    }

    pub(crate) fn median(&self) -> f64 {
        self.0[self.0.len() / 2]
    }

    /// 95th percentile.
    pub(crate) fn p95(&self) -> f64 {
        self.0[(self.0.len() * 95).div_ceil(100) - 1]
    }
}

/// Prints a row of the table: the figure of both stores, and the ratio.
pub(crate) fn row(what: &str, ours: f64, other: Option<f64>, unit: &str) {
    match other {
        Some(other) => println!("| {what} | {ours:.2} {unit} | {other:.2} {unit} | {:.1} |", other / ours),
        None => println!("| {what} | {ours:.2} {unit} | | |"),
    }
}
