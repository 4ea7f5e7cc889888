//! Input of the rule evaluation: the newest readings of all series.

use watchglass_model::{Labels, Metric, Series, SeriesId, Timestamp};

/// Source of the newest readings. It is asked once per series that a rule selects.
pub trait EvalInput {
    /// All known series; index `n` is series number `n`. New ones are appended, or take the place of ended ones.
    fn series(&self) -> &[Series];

    /// Series that have ended since the last evaluation. From now on their numbers are vacant or belong to others.
    fn ended(&self) -> &[SeriesId] {
        &[]
    }

    /// The newest readings of a series, unchanged until there are newer ones; `None` when they are overdue.
    fn newest(&self, series: SeriesId) -> Option<Point>;

    /// The metric with that name.
    fn metric(&self, name: &str) -> Option<&Metric>;

    /// Why a series has its value, if known, such as the problem of a probe that is down.
    fn reason(&self, _metric: &str, _labels: &Labels) -> Option<&str> {
        None
    }

    /// Time of the newest value of the source of a series, while the source works, has no other value of what the series is
    /// about, and cannot have left out just this series; the epoch if it has measured nothing yet. `None` when the source is
    /// down, may have left the series out, is unknown, or has other values of the same disk, route or server.
    ///
    /// `last` is the time of the last value of the series in this run: what its source has left out since before then is
    /// another series. It is asked only for alerts whose series gives no data: what a working source does not report does
    /// not exist.
    fn working_source(&self, _metric: &str, _labels: &Labels, _last: Option<Timestamp>) -> Option<Timestamp> {
        None
    }
}

/// Aggregated readings of one series: a single reading, or a row of stored history.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Point {
    /// Time of the newest reading.
    pub time: Timestamp,
    /// Smallest reading.
    pub low: f64,
    /// Largest reading.
    pub high: f64,
    /// Sum of the readings.
    pub sum: f64,
    /// Number of readings; 0 when the series was measured without a reading, such as a counter that has just
    /// restarted.
    pub count: u32,
    /// Increase of a counter, if known; otherwise it is computed from the reading and the time since the previous
    /// point.
    pub increase: Option<f64>,
}

impl Point {
    /// The point of one sample. Non-finite values are no reading.
    pub fn from_sample(time: Timestamp, reading: Option<f64>) -> Self {
        match reading.filter(|reading| reading.is_finite()) {
            Some(reading) => {
                Self { time, low: reading, high: reading, sum: reading, count: 1, increase: None }
            }
            None => Self { time, low: 0.0, high: 0.0, sum: 0.0, count: 0, increase: None },
        }
    }

    /// Mean of the readings, if there are any.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0).then(|| (self.sum / f64::from(self.count)).max(self.low).min(self.high))
    }
}
