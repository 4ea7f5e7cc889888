//! Series (a metric with its label values), series ids, and the samples of one tick.

use crate::{Labels, Timestamp};
use serde::{Deserialize, Serialize};

/// Id of a series within one run of the program. Not persisted: [`Series::key`] is the stable name. Once a series has
/// ended, its id is given to another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SeriesId(pub u32);

/// A metric with its label values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Series {
    /// Series id.
    pub id: SeriesId,
    /// Metric name.
    pub metric: String,
    /// All labels, including `host`.
    pub labels: Labels,
}

impl Series {
    /// Placeholder for an id that belongs to no series, in lists that are indexed by id. No metric has its empty name.
    pub fn vacant(id: SeriesId) -> Self {
        Self { id, metric: String::new(), labels: Labels::default() }
    }

    /// Whether the id belongs to no series: the former one has ended.
    pub fn is_vacant(&self) -> bool {
        self.metric.is_empty()
    }

    /// Series name in Prometheus notation: `host_load{host="a"}`. The same in every run and on every server.
    pub fn key(&self) -> String {
        format!("{}{}", self.metric, self.labels)
    }
}

/// Value of a series at the time of its [`Batch`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sample {
    /// Series id.
    pub series: SeriesId,
    /// Finite value in the metric's unit.
    pub value: f64,
}

/// All samples of one tick: stored, evaluated by rules and displayed.
#[derive(Clone, Debug, PartialEq)]
pub struct Batch {
    /// Time of the tick.
    pub time: Timestamp,
    /// Samples sorted by series id, at most one per series. A missing series has no value at this time.
    pub samples: Vec<Sample>,
}
