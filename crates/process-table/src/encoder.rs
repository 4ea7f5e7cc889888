//! Writer of process tables.

use crate::format::{Changes, VERSION, Whole};
use crate::stream;
use serde::Serialize;
use watchglass_model::{Labels, ProcessTable};
use watchglass_records::{AppendError, NewRecord, RecordStore, Value};

/// Readings with changes between two whole tables: ten minutes of them.
const CHANGES: u32 = 119;
/// Maximum time between a reading and the next whole table, in milliseconds.
pub(crate) const MAX_SPAN_MILLIS: i64 = 900_000;

/// Writes the process tables of a host into a record store.
#[derive(Debug)]
pub struct TableWriter {
    stream: Labels,
    /// The previous table, and the number of readings since the last whole one; `None` if the next one has to be whole.
    last: Option<(ProcessTable, u32)>,
}

impl TableWriter {
    /// Writer for the host with that name. The first table is written as a whole.
    pub fn new(host: &str) -> Self {
        Self { stream: stream(host), last: None }
    }

    /// Writes a table, whose processes must be in the order of their ids.
    ///
    /// # Errors
    /// The table was not written; the next one is written as a whole.
    pub fn append(&mut self, store: &RecordStore, table: &ProcessTable) -> Result<(), AppendError> {
        let last = self.last.take().filter(|(before, count)| {
            let elapsed = table.time.millis().saturating_sub(before.time.millis());
            *count < CHANGES && elapsed.saturating_mul(i64::from(CHANGES)) < MAX_SPAN_MILLIS
        });
        let changes = last.and_then(|(before, count)| Some((Changes::between(&before, table)?, count)));
        let (whole, body, count) = match changes {
            Some((changes, count)) => (false, encode(&changes)?, count + 1),
            None => (true, encode(&Whole::new(table))?, 0),
        };
        let fields = [("version", Value::Int(VERSION)), ("whole", Value::Bool(whole))];
        let record = NewRecord { stream: &self.stream, time: table.time, fields: &fields, body: &body };
        store.append(&[record])?;
        self.last = Some((table.clone(), count));
        Ok(())
    }
}

fn encode(body: &impl Serialize) -> Result<Vec<u8>, AppendError> {
    postcard::to_allocvec(body).map_err(|error| AppendError::Disk(std::io::Error::other(error)))
}
