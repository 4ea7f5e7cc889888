//! Store trait.

use crate::{Columns, Query, QueryError, Selector};
use std::fmt::Debug;
use std::sync::Arc;
use watchglass_model::{Batch, Catalogue, Kind, Labels, Series, SeriesId, TimeRange, Timestamp};

/// Persistent identity of a series. The id is only valid in one run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoredSeries {
    /// Metric name.
    pub metric: String,
    /// All labels, including `host`.
    pub labels: Labels,
    /// Metric type.
    pub kind: Kind,
}

impl StoredSeries {
    /// The stored form of `series`. Metrics missing in the catalogue count as gauges.
    pub fn new(series: &Series, catalogue: &Catalogue) -> Self {
        let kind = catalogue.metric(&series.metric).map_or(Kind::Gauge, |metric| metric.kind);
        Self { metric: series.metric.clone(), labels: series.labels.clone(), kind }
    }

    /// Series in Prometheus notation: `host_load{host="a"}`.
    pub fn key(&self) -> String {
        format!("{}{}", self.metric, self.labels)
    }

    /// Order by metric, then labels.
    pub(crate) fn order(&self, other: &Self) -> std::cmp::Ordering {
        let rank = |series: &Self| series.kind == Kind::Counter;
        (&self.metric, &self.labels, rank(self)).cmp(&(&other.metric, &other.labels, rank(other)))
    }
}

/// Status of a store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Persistent size in bytes; 0 for an in-memory store.
    pub stored_bytes: u64,
    /// Samples at full resolution.
    pub samples: u64,
    /// Series with samples in the newest hours.
    pub series: usize,
    /// Samples dropped since the start because of the series limit or a time out of range.
    pub refused: u64,
    /// Start of the samples at full resolution.
    pub oldest: Option<Timestamp>,
    /// Batches in memory that are not persisted: a stop would lose them.
    pub unsaved_batches: u64,
    /// Samples that are not in Redis yet; `None` if all are, and for stores that share nothing.
    pub unshared: Option<TimeRange>,
    /// Other running servers that share history under the same name.
    pub conflicts: usize,
    /// Current problems, such as damaged files or a full disk. Empty if healthy.
    pub problems: Vec<String>,
}

/// Callback for samples of a series, sorted by time.
pub type Visit<'a> = dyn FnMut(&StoredSeries, &[(Timestamp, f64)]) + 'a;

/// Store of samples: accepts batches and answers queries.
///
/// Each series is a map from time to value: batches may come in any order, and the last value for a time wins. A
/// counter's displayed values are rates since the previous sample, if that is at most
/// [`LOOKBACK`](crate::LOOKBACK) older.
pub trait History: Send + Sync + Debug {
    /// Appends a batch; never blocks on a disk or network.
    ///
    /// `series` are all known series by id. The metric type of a new series is looked up in the catalogue. Samples of
    /// unknown series and values that are not finite are dropped.
    fn append(&self, batch: &Batch, series: &[Series], catalogue: &Catalogue);

    /// Forgets the ids of series that have ended: they may belong to other series from the next batch on. The samples
    /// remain.
    fn end_series(&self, ended: &[SeriesId]);

    /// Runs a range query.
    ///
    /// # Errors
    /// Whatever makes the question impossible; see [`QueryError`].
    fn query(&self, query: &Query) -> Result<Columns, QueryError>;

    /// Visits the raw samples of each selected series in the range. A series may be visited several times in a row, with
    /// ascending times.
    ///
    /// # Errors
    /// Whatever makes the question impossible; see [`QueryError`].
    fn raw(&self, selector: &Selector, range: TimeRange, visit: &mut Visit<'_>) -> Result<(), QueryError>;

    /// Time of the last batch; after a restart, of the newest stored one. Follows a clock that is set back, so that pages
    /// end at the current samples.
    fn newest(&self) -> Option<Timestamp>;

    /// The selected series with samples, sorted by name and labels.
    ///
    /// # Errors
    /// An invalid regular expression; see [`QueryError`].
    fn series(&self, selector: &Selector) -> Result<Vec<Arc<StoredSeries>>, QueryError>;

    /// Status of the store.
    fn status(&self) -> Status;

    /// Stops the store after persisting everything appended before. Further calls do nothing.
    fn close(&self);
}
