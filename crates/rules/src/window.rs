//! Sliding window over the readings of a series, updated with each reading.
//!
//! A window has at most 60 buckets of whole seconds, so a day needs no more memory than a minute. It starts at a
//! bucket boundary: up to one sixtieth of its length is cut off at its far end.

use crate::Point;
use serde::{Deserialize, Serialize};
use watchglass_model::{Kind, Metric, Unit};

/// Maximum number of buckets of a window.
const MAX_BUCKETS: i64 = 60;

/// Aggregation of the readings of a window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Aggregation {
    /// Newest reading; no window.
    #[default]
    Last,
    /// Average.
    Mean,
    /// Smallest reading.
    Min,
    /// Largest reading.
    Max,
    /// Sum.
    Sum,
    /// Increase of a counter, ignoring resets.
    Increase,
    /// Number of readings; 0 when there are none.
    Count,
}

impl Aggregation {
    /// Unit of the aggregated readings of a metric.
    pub fn unit(self, metric: &Metric) -> Unit {
        self.unit_of(metric.kind, metric.unit)
    }

    /// Unit of the aggregated readings of a metric that is not in the catalogue, by its name.
    pub fn unit_by_name(self, metric: &str) -> Unit {
        let (kind, unit) = Unit::of_name(metric);
        self.unit_of(kind, unit)
    }

    const fn unit_of(self, kind: Kind, unit: Unit) -> Unit {
        match (self, kind) {
            (Self::Count, _) => Unit::Count,
            (Self::Increase, _) | (_, Kind::Gauge) => unit,
            (Self::Last | Self::Mean | Self::Min | Self::Max | Self::Sum, Kind::Counter) => unit.rate(),
        }
    }
}

/// Readings of one bucket, or of several.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Bucket {
    value: f64,
    count: u32,
}

/// Window over the readings of one series.
#[derive(Debug)]
pub(crate) struct Window {
    aggregation: Aggregation,
    millis: i64,
    bucket_millis: i64,
    /// Ring buffer: bucket number `n` since the epoch is at `n` modulo the bucket count.
    buckets: Box<[Bucket]>,
    /// Number of the newest bucket.
    newest: Option<i64>,
    /// Time of the first reading since the window was empty.
    began: Option<i64>,
    /// All buckets but the newest, merged.
    closed: Bucket,
}

impl Window {
    /// An empty window of `seconds`, at least one.
    pub(crate) fn new(aggregation: Aggregation, seconds: u32) -> Self {
        let seconds = i64::from(seconds.max(1));
        let bucket = (seconds + MAX_BUCKETS - 1) / MAX_BUCKETS;
        let buckets = usize::try_from((seconds + bucket - 1) / bucket).unwrap_or(1);
        let empty = Bucket::empty(aggregation);
        Self {
            aggregation,
            millis: seconds * 1000,
            bucket_millis: bucket * 1000,
            buckets: vec![empty; buckets].into_boxed_slice(),
            newest: None,
            began: None,
            closed: empty,
        }
    }

    /// Moves the window so that it ends at `now`.
    ///
    /// If the clock was set back by less than half the window, new readings go into the newest bucket until the clock
    /// has caught up; if by more, the window restarts.
    pub(crate) fn advance(&mut self, now: i64) {
        let bucket = now.div_euclid(self.bucket_millis);
        let count = self.buckets.len() as i64;
        let Some(newest) = self.newest else {
            self.newest = Some(bucket);
            return;
        };
        if bucket == newest {
            return;
        }
        if bucket < newest {
            if newest.saturating_sub(bucket) > count / 2 {
                *self = Self { newest: Some(bucket), ..Self::new(self.aggregation, self.seconds()) };
            } else {
                self.began = self.began.map(|began| began.min(now));
            }
            return;
        }
        let empty = Bucket::empty(self.aggregation);
        for step in 1..=bucket.saturating_sub(newest).min(count) {
            if let Some(old) = self.at(newest.saturating_add(step)) {
                *old = empty;
            }
        }
        self.newest = Some(bucket);
        // The newest bucket is empty and adds nothing.
        self.closed = self.buckets.iter().fold(empty, |all, bucket| all.with(self.aggregation, bucket));
        if self.closed.count == 0 && self.aggregation != Aggregation::Count {
            self.began = None;
        }
    }

    /// Adds readings of `now`, after [`Window::advance`]. `increase` is the increase of the counter, if it is one.
    pub(crate) fn add(&mut self, now: i64, point: &Point, increase: Option<f64>) {
        let aggregation = self.aggregation;
        let value = match aggregation {
            Aggregation::Last | Aggregation::Mean | Aggregation::Sum => point.sum,
            Aggregation::Min => point.low,
            Aggregation::Max => point.high,
            Aggregation::Count => f64::from(point.count),
            Aggregation::Increase => match increase {
                Some(increase) => increase,
                None => return,
            },
        };
        self.began.get_or_insert(now);
        if let Some(newest) = self.newest
            && let Some(bucket) = self.at(newest)
        {
            *bucket = bucket.with(aggregation, &Bucket { value, count: point.count });
        }
    }

    /// Value of the window that ends at `now`; `None` until its readings cover half of it: what is true of the first
    /// second need not be true of the minute.
    pub(crate) fn value(&self, now: i64) -> Option<f64> {
        if now.saturating_sub(self.began?) < self.millis / 2 {
            return None;
        }
        let newest = self.buckets.get(self.place(self.newest?))?;
        let all = self.closed.with(self.aggregation, newest);
        let value = match self.aggregation {
            Aggregation::Count => all.value,
            _ if all.count == 0 => return None,
            Aggregation::Mean => all.value / f64::from(all.count),
            _ => all.value,
        };
        value.is_finite().then_some(value)
    }

    /// Whether an empty window has a value, too.
    pub(crate) fn is_count(&self) -> bool {
        self.aggregation == Aggregation::Count
    }

    fn seconds(&self) -> u32 {
        u32::try_from(self.millis / 1000).unwrap_or(1)
    }

    fn place(&self, bucket: i64) -> usize {
        usize::try_from(bucket.rem_euclid((self.buckets.len() as i64).max(1))).unwrap_or(0)
    }

    fn at(&mut self, bucket: i64) -> Option<&mut Bucket> {
        let place = self.place(bucket);
        self.buckets.get_mut(place)
    }
}

impl Bucket {
    const fn empty(aggregation: Aggregation) -> Self {
        let value = match aggregation {
            Aggregation::Min => f64::INFINITY,
            Aggregation::Max => f64::NEG_INFINITY,
            _ => 0.0,
        };
        Self { value, count: 0 }
    }

    fn with(self, aggregation: Aggregation, other: &Self) -> Self {
        let value = match aggregation {
            Aggregation::Min => self.value.min(other.value),
            Aggregation::Max => self.value.max(other.value),
            _ => self.value + other.value,
        };
        Self { value, count: self.count.saturating_add(other.count) }
    }
}

#[cfg(test)]
#[path = "window_tests.rs"]
mod tests;
