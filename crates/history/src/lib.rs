//! Keeps samples and answers queries over them. Knows series and times, and no metric by its name.

mod bucket;
mod latest;
mod memory;
mod query;

pub use latest::{Latest, Newest};
pub use memory::MemoryHistory;
pub use query::{Column, Columns, Query, QueryError, Selector};
