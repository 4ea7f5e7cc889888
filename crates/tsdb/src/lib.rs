//! Time series database: stores samples and answers range queries. Independent of specific metrics.
//!
//! Implementations of [`History`]: [`EmbeddedHistory`] stores samples on disk, [`RedisHistory`] also shares them with
//! other servers, [`MemoryHistory`] keeps them in memory. All pass the same conformance suite.

#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod embedded;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
mod head;
mod index;
mod latest;
mod memory;
mod query;
mod redis;
mod row;
mod row_aggregator;
mod samples;
mod selector;
mod step;
mod store;
mod value_matcher;

pub use embedded::{EmbeddedHistory, OpenError, Options};
pub use index::{Index, LabelCardinality, SelectError, SeriesSet};
pub use latest::{Latest, LatestSample};
pub use memory::MemoryHistory;
pub use query::{Column, Columns, Query, QueryError};
pub use redis::{Instance, RedisHistory, RedisOptions};
pub use row::LOOKBACK;
pub use selector::{Matcher, Operator, Selector};
pub use step::step_for;
pub use store::{History, Status, StoredSeries, Visit};
