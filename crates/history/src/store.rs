//! What every store of samples can do.

use crate::{Columns, Query, QueryError, Selector};
use std::fmt::Debug;
use std::sync::Arc;
use watchglass_model::{Batch, Catalogue, Kind, Labels, Series, TimeRange, Timestamp};

/// What lasts of a series. Its number does not: that is one run's.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct StoredSeries {
    /// Name of its metric.
    pub metric: String,
    /// All its labels, `host` among them.
    pub labels: Labels,
    /// How its value moves.
    pub kind: Kind,
}

impl StoredSeries {
    /// What lasts of `series`. Of a metric that the catalogue does not have, the values are taken as they are: a gauge.
    pub fn new(series: &Series, catalogue: &Catalogue) -> Self {
        let kind = catalogue.metric(&series.metric).map_or(Kind::Gauge, |metric| metric.kind);
        Self { metric: series.metric.clone(), labels: series.labels.clone(), kind }
    }

    /// The series as Prometheus writes it: `host_load{host="a"}`.
    pub fn key(&self) -> String {
        format!("{}{}", self.metric, self.labels)
    }

    /// By metric, then labels.
    pub(crate) fn order(&self, other: &Self) -> std::cmp::Ordering {
        let rank = |series: &Self| series.kind == Kind::Counter;
        (&self.metric, &self.labels, rank(self)).cmp(&(&other.metric, &other.labels, rank(other)))
    }
}

/// How a store is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// Bytes that the store takes where it lasts; 0 for one in memory.
    pub stored_bytes: u64,
    /// Samples at full resolution.
    pub samples: u64,
    /// Series with samples in the newest hours.
    pub series: usize,
    /// How many samples were refused since the start, because their series would have been one too many or their time
    /// is none that a calendar has.
    pub refused: u64,
    /// The moment from which on there are samples at full resolution.
    pub oldest: Option<Timestamp>,
    /// What is wrong: files that are damaged, by name; a disk that is full. Empty when all is well.
    pub problems: Vec<String>,
}

/// Takes samples of a series, in the order of time.
pub type Visit<'a> = dyn FnMut(&StoredSeries, &[(Timestamp, f64)]) + 'a;

/// A store of samples: takes batches, answers queries.
///
/// For each series it is a map from time to value: a batch may come in any order, and of two values for the same
/// moment the later one stays. A counter's readings are rates since the sample before, if that is at most
/// [`LOOKBACK`](crate::LOOKBACK) older.
pub trait History: Send + Sync + Debug {
    /// Keeps a batch; returns at once and never waits for a disk or a network.
    ///
    /// `series` are all the series known, in the order of their numbers. The kind of a metric is asked of the catalogue
    /// when a series is met first. Samples of unknown series and values that are not finite are left out.
    fn append(&self, batch: &Batch, series: &[Series], catalogue: &Catalogue);

    /// Answers a query.
    ///
    /// # Errors
    /// Whatever makes the question impossible; see [`QueryError`].
    fn query(&self, query: &Query) -> Result<Columns, QueryError>;

    /// The samples as they were measured, of each series that is selected and has any in the range. A series may be
    /// visited several times in a row, with times that only grow.
    ///
    /// # Errors
    /// Whatever makes the question impossible; see [`QueryError`].
    fn raw(&self, selector: &Selector, range: TimeRange, visit: &mut Visit<'_>) -> Result<(), QueryError>;

    /// Time of the batch that came last; after a start, of the newest one stored. Where the clock is set back, so is
    /// this: pages end at what is measured now.
    fn newest(&self) -> Option<Timestamp>;

    /// The series that are selected and have samples, by name and labels.
    ///
    /// # Errors
    /// A regular expression that is none; see [`QueryError`].
    fn series(&self, selector: &Selector) -> Result<Vec<Arc<StoredSeries>>, QueryError>;

    /// How the store is doing.
    fn status(&self) -> Status;

    /// Ends the store's work; everything appended before lasts. A second call does nothing.
    fn close(&self);
}
