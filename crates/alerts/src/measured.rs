//! What is judged: the newest readings of all series.

use watchglass_model::{Labels, Metric, Series, SeriesId, Timestamp};

/// Tells the newest readings. Whoever has them implements it; it is asked once for each series that a rule is about.
pub trait Measured {
    /// All series met so far; the one with number `n` is the `n`-th. New ones come at the end.
    fn series(&self) -> &[Series];

    /// The newest readings of a series, the same again until there are newer ones; `None` when they are overdue.
    fn newest(&self, series: SeriesId) -> Option<Point>;

    /// The metric with that name.
    fn metric(&self, name: &str) -> Option<&Metric>;

    /// What is known of why a series has the value that it has, such as the problem of a probe that is down.
    fn reason(&self, _metric: &str, _labels: &Labels) -> Option<&str> {
        None
    }
}

/// Readings of one series, as few numbers as a window needs: one reading, or many that the history has put together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// When the newest of them was measured.
    pub time: Timestamp,
    /// The smallest.
    pub low: f64,
    /// The largest.
    pub high: f64,
    /// Their sum.
    pub sum: f64,
    /// How many there are; 0 when the series was measured but has no reading, as a counter that has just restarted.
    pub count: u32,
    /// By how much a counter grew, if that is known; otherwise it is made of the reading and the time since the point before.
    pub increase: Option<f64>,
}

impl Point {
    /// The point of one sample. What is not finite is no reading.
    pub fn of(time: Timestamp, reading: Option<f64>) -> Self {
        match reading.filter(|reading| reading.is_finite()) {
            Some(reading) => {
                Self { time, low: reading, high: reading, sum: reading, count: 1, increase: None }
            }
            None => Self { time, low: 0.0, high: 0.0, sum: 0.0, count: 0, increase: None },
        }
    }

    /// The mean of its readings, if it has any.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| (self.sum / f64::from(self.count)).max(self.low).min(self.high))
    }
}
