//! Keeps samples and answers queries over them. Knows series and times, and no metric by its name.
//!
//! [`History`] is the one trait. [`EmbeddedHistory`] keeps samples in a folder of its own, [`RedisHistory`] shares them
//! with other servers besides, [`MemoryHistory`] keeps them as long as the process lives; all answer alike, which the
//! conformance suite makes sure of.

mod bucket;
#[cfg(any(test, feature = "conformance"))]
pub mod conformance;
mod embedded;
#[cfg(fuzzing)]
pub mod fuzzing;
mod head;
mod latest;
mod memory;
mod query;
mod reading;
mod redis;
mod samples;
mod selector;
mod step;
mod store;

pub use embedded::{EmbeddedHistory, OpenError, Options};
pub use latest::{Latest, Newest};
pub use memory::MemoryHistory;
pub use query::{Column, Columns, Query, QueryError, check_size};
pub use reading::LOOKBACK;
pub use redis::{RedisHistory, RedisOptions};
pub use selector::{Matcher, Operator, Selector};
pub use step::step_for;
pub use store::{History, Status, StoredSeries, Visit};
