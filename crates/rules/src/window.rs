//! Sliding window over the readings of a series, updated with each reading.
//!
//! A window has at most 60 buckets of whole seconds, so a day needs no more memory than a minute. It starts at a
//! bucket boundary: up to one sixtieth of its length is cut off at its far end.

use crate::Point;
use serde::{Deserialize, Serialize};
use watchglass_model::{Metric, Unit};

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
        match self {
            Self::Count => Unit::Count,
            Self::Increase => metric.unit,
            Self::Last | Self::Mean | Self::Min | Self::Max | Self::Sum => metric.display_unit(),
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
mod tests {
    use super::*;
    use proptest::prelude::*;
    use watchglass_model::Timestamp;

    fn add(window: &mut Window, second: i64, reading: f64) {
        let point = Point::from_sample(Timestamp::from_millis(second * 1000), Some(reading));
        window.advance(second * 1000);
        window.add(second * 1000, &point, Some(reading));
    }

    fn value(window: &mut Window, second: i64) -> Option<f64> {
        window.advance(second * 1000);
        window.value(second * 1000)
    }

    #[test]
    fn window_has_value_once_half_is_covered() {
        for (aggregation, expected) in [
            (Aggregation::Mean, 12.0),
            (Aggregation::Min, 10.0),
            (Aggregation::Max, 14.0),
            (Aggregation::Sum, 36.0),
            (Aggregation::Increase, 36.0),
            (Aggregation::Count, 3.0),
        ] {
            let mut window = Window::new(aggregation, 4);
            for (second, reading) in [(100, 10.0), (101, 12.0)] {
                add(&mut window, second, reading);
                assert_eq!(value(&mut window, second), None, "{aggregation:?}");
            }
            add(&mut window, 102, 14.0);
            assert_eq!(value(&mut window, 102), Some(expected), "{aggregation:?}");
        }
    }

    #[test]
    fn old_readings_expire_and_empty_window_restarts() {
        let mut window = Window::new(Aggregation::Max, 3);
        for (second, reading) in [(1, 9.0), (2, 1.0), (3, 2.0)] {
            add(&mut window, second, reading);
        }
        assert_eq!(value(&mut window, 3), Some(9.0));
        assert_eq!(value(&mut window, 4), Some(2.0));
        assert_eq!(value(&mut window, 6), None);
        add(&mut window, 7, 5.0);
        assert_eq!(value(&mut window, 7), None);
        assert_eq!(value(&mut window, 9), Some(5.0));
        let mut count = Window::new(Aggregation::Count, 3);
        add(&mut count, 1, 1.0);
        assert_eq!(value(&mut count, 100), Some(0.0));
    }

    #[test]
    fn window_has_at_most_60_buckets() {
        for (seconds, buckets) in [(1, 1), (59, 59), (60, 60), (61, 31), (600, 60), (86_400, 60)] {
            assert_eq!(Window::new(Aggregation::Mean, seconds).buckets.len(), buckets, "{seconds}");
        }
    }

    #[test]
    fn clock_step_back_keeps_or_restarts_window() {
        let mut window = Window::new(Aggregation::Sum, 10);
        (0..20).for_each(|second| add(&mut window, second, 1.0));
        add(&mut window, 17, 1.0);
        assert_eq!(value(&mut window, 17), Some(11.0));
        add(&mut window, 5, 1.0);
        assert_eq!(value(&mut window, 5), None);
        (6..11).for_each(|second| add(&mut window, second, 1.0));
        assert_eq!(value(&mut window, 10), Some(6.0));
    }

    proptest! {
        #[test]
        fn minute_window_equals_aggregated_readings(
            readings in prop::collection::vec(prop::option::of(-1e6..1e6_f64), 60..200),
        ) {
            let mut minimum = Window::new(Aggregation::Min, 60);
            let mut mean = Window::new(Aggregation::Mean, 60);
            for (second, reading) in readings.iter().enumerate() {
                let second = second as i64;
                for window in [&mut minimum, &mut mean] {
                    window.advance(second * 1000);
                    if let Some(reading) = reading {
                        add(window, second, *reading);
                    }
                }
            }
            let last: Vec<f64> = readings.iter().rev().take(60).rev().copied().flatten().collect();
            let now = readings.len() as i64 - 1;
            if let Some(least) = minimum.value(now * 1000) {
                prop_assert_eq!(Some(least), last.iter().copied().reduce(f64::min));
                let expected = last.iter().sum::<f64>() / last.len() as f64;
                prop_assert!((mean.value(now * 1000).unwrap() - expected).abs() < 1e-6);
            }
        }
    }
}
