//! Writer of process tables.

use crate::format::{Changes, VERSION, Whole};
use crate::stream;
use watchglass_model::{Labels, ProcessTable, Timestamp};
use watchglass_records::{AppendError, NewRecord, RecordStore, Value};

/// Readings with changes between two whole tables: ten minutes of them.
const CHANGES: u32 = 119;
/// Maximum time between a reading and the next whole table, in milliseconds.
pub(crate) const MAX_SPAN_MILLIS: i64 = 900_000;

/// Writes the process tables of a host into a record store. Tables wait in memory until [`TableWriter::write`], so that
/// several of them cost one write to the disk.
#[derive(Debug)]
pub struct TableWriter {
    stream: Labels,
    /// The previous table, and the number of readings since the last whole one; `None` if the next one has to be whole.
    last: Option<(ProcessTable, u32)>,
    waiting: Vec<Waiting>,
}

/// Encoded table.
#[derive(Debug)]
struct Waiting {
    time: Timestamp,
    is_whole: bool,
    body: Vec<u8>,
}

impl TableWriter {
    /// Writer for the host with that name. The first table is written as a whole.
    pub fn new(host: &str) -> Self {
        Self { stream: stream(host), last: None, waiting: Vec::new() }
    }

    /// Number of tables that wait.
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Adds a table, whose processes must be in the order of their ids.
    pub fn add(&mut self, table: &ProcessTable) {
        let last = self.last.take().filter(|(before, count)| {
            let elapsed = table.time.millis().saturating_sub(before.time.millis());
            *count < CHANGES && elapsed.saturating_mul(i64::from(CHANGES)) < MAX_SPAN_MILLIS
        });
        let changes = last.and_then(|(before, count)| Some((Changes::between(&before, table)?, count)));
        let (is_whole, body, count) = match changes {
            Some((changes, count)) => (false, postcard::to_allocvec(&changes), count + 1),
            None => (true, postcard::to_allocvec(&Whole::new(table)), 0),
        };
        // It fails for types without a length only.
        if let Ok(body) = body {
            self.last = Some((table.clone(), count));
            self.waiting.push(Waiting { time: table.time, is_whole, body });
        }
    }

    /// Writes the tables that wait.
    ///
    /// # Errors
    /// They were not written, and are lost. The next one is written as a whole.
    pub fn write(&mut self, store: &RecordStore) -> Result<(), AppendError> {
        let waiting = std::mem::take(&mut self.waiting);
        let fields =
            [false, true].map(|whole| [("version", Value::Int(VERSION)), ("whole", Value::Bool(whole))]);
        let [changes, whole] = &fields;
        let records: Vec<NewRecord<'_>> = waiting
            .iter()
            .map(|waiting| {
                let fields = if waiting.is_whole { whole } else { changes };
                NewRecord { stream: &self.stream, time: waiting.time, fields, body: &waiting.body }
            })
            .collect();
        let written = store.append(&records);
        if written.is_err() {
            self.last = None;
        }
        written
    }
}
