//! Process tables as records of a [`RecordStore`](watchglass_records::RecordStore).
//!
//! A reading is one record. Every ten minutes it has the whole table, otherwise what has changed since the previous reading.
//! A table of the past is made of the last whole one before and the changes since then; a lost record costs the tables up to
//! the next whole one.

mod encoder;
mod format;
mod history;
mod query;

#[cfg(test)]
mod tests;

pub use encoder::TableWriter;
pub use history::{HistoryOptions, Point, ProcessHistory, history};
pub use query::{TableError, table_at};

use watchglass_model::Labels;

/// Label of the streams of process tables.
const KIND: (&str, &str) = ("kind", "processes");
/// Label with the name of the host.
const HOST: &str = "host";

/// Labels of the stream of a host.
fn stream(host: &str) -> Labels {
    [KIND, (HOST, host)].into_iter().collect()
}
