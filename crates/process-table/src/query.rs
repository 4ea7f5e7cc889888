//! Queries of past tables.

use crate::encoder::MAX_SPAN_MILLIS;
use crate::format::{Changes, VERSION, Whole};
use crate::{HOST, KIND};
use std::ops::ControlFlow;
use thiserror::Error;
use watchglass_model::{Labels, ProcessTable, Timestamp};
use watchglass_records::{Direction, Query, QueryError, Record, RecordStore, Value};

/// Maximum size in bytes of the blocks that are read for one table, before compression.
const MAX_TABLE_BYTES: u64 = 64 << 20;

/// Error of a query.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TableError {
    /// Error of the record store.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// Records that a newer version has written.
    #[error("process tables of format {0} are of a newer version: this one reads format {VERSION}")]
    Version(i64),
}

/// Whether a stream has the process tables of a host.
pub(crate) fn is_stream_of(labels: &Labels, host: &str) -> bool {
    labels.get(KIND.0) == Some(KIND.1) && labels.get(HOST) == Some(host)
}

/// A record without its stream.
struct Reading {
    time: Timestamp,
    whole: bool,
    body: Vec<u8>,
}

/// Whether a record has a whole table.
fn is_whole(record: &Record<'_>) -> Result<bool, TableError> {
    let field = |wanted: &str| record.fields.iter().find(|(name, _)| *name == wanted).map(|(_, value)| value);
    match field("version") {
        Some(Value::Int(VERSION)) => Ok(matches!(field("whole"), Some(Value::Bool(true)))),
        Some(Value::Int(version)) => Err(TableError::Version(*version)),
        _ => Err(TableError::Version(0)),
    }
}

/// The table that follows another one; `None` if it cannot be made, since a record is missing or damaged.
pub(crate) fn next_table(
    before: Option<ProcessTable>,
    time: Timestamp,
    whole: bool,
    body: &[u8],
) -> Option<ProcessTable> {
    if whole {
        return Some(postcard::from_bytes::<Whole>(body).ok()?.into_table(time));
    }
    postcard::from_bytes::<Changes>(body).ok()?.apply(before?, time)
}

/// The last table of a host at `time` or before, if it is not older than `max_age_millis`.
///
/// # Errors
/// The records cannot be read.
pub fn table_at(
    store: &RecordStore,
    host: &str,
    time: Timestamp,
    max_age_millis: i64,
) -> Result<Option<ProcessTable>, TableError> {
    let millis = time.millis();
    let query = Query {
        streams: &|labels| is_stream_of(labels, host),
        start: Timestamp::from_millis(millis.saturating_sub(MAX_SPAN_MILLIS)),
        end: Timestamp::from_millis(millis.saturating_add(1)),
        direction: Direction::Backward,
        max_read_bytes: MAX_TABLE_BYTES,
        ..Query::default()
    };
    let (mut readings, mut failure) = (Vec::new(), None);
    store.query(&query, &mut |record| {
        let is_old = readings.is_empty() && millis.saturating_sub(record.time.millis()) > max_age_millis;
        let whole = match is_whole(record) {
            Ok(whole) => whole,
            Err(error) => {
                failure = Some(error);
                return ControlFlow::Break(());
            }
        };
        if is_old {
            return ControlFlow::Break(());
        }
        readings.push(Reading { time: record.time, whole, body: record.body.to_vec() });
        if whole { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    })?;
    if let Some(error) = failure {
        return Err(error);
    }
    let table = readings
        .into_iter()
        .rev()
        .fold(None, |table, reading| next_table(table, reading.time, reading.whole, &reading.body));
    Ok(table.filter(|table| millis.saturating_sub(table.time.millis()) <= max_age_millis))
}

/// Calls `visit` with all tables of a host from `start` to just before `end`, in the order of time.
///
/// # Errors
/// The records cannot be read, or more than `max_read_bytes` of them.
pub(crate) fn tables(
    store: &RecordStore,
    host: &str,
    (start, end): (Timestamp, Timestamp),
    max_read_bytes: u64,
    visit: &mut dyn FnMut(&ProcessTable),
) -> Result<(), TableError> {
    let query = Query {
        streams: &|labels| is_stream_of(labels, host),
        start: Timestamp::from_millis(start.millis().saturating_sub(MAX_SPAN_MILLIS)),
        end,
        max_read_bytes,
        ..Query::default()
    };
    let (mut table, mut failure) = (None, None);
    store.query(&query, &mut |record| match is_whole(record) {
        Ok(whole) => {
            table = next_table(table.take(), record.time, whole, record.body);
            if let Some(table) = table.as_ref().filter(|_| record.time >= start) {
                visit(table);
            }
            ControlFlow::Continue(())
        }
        Err(error) => {
            failure = Some(error);
            ControlFlow::Break(())
        }
    })?;
    failure.map_or(Ok(()), Err)
}
