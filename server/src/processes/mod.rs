//! Process tables of this host: the newest one, and those of the past from the record store.

mod recorder;

pub(crate) use recorder::ProcessRecorder;

use std::sync::{Arc, PoisonError, RwLock};
use watchglass_model::{Process, ProcessTable, Timestamp};
use watchglass_process_table::{HistoryOptions, ProcessHistory, TableError, history, table_at};
use watchglass_records::RecordStore;

/// Two and a half intervals of the readings: an older table does not belong to the requested time.
const MAX_AGE_MILLIS: i64 = 12_500;

/// Process tables. Without a store there are none.
#[derive(Debug, Default)]
pub(crate) struct ProcessTables {
    host: String,
    store: Option<Arc<RecordStore>>,
    latest: RwLock<Option<Arc<ProcessTable>>>,
}

impl ProcessTables {
    /// Those of a host in a store.
    pub(crate) fn new(host: &str, store: Arc<RecordStore>) -> Self {
        Self { host: host.to_owned(), store: Some(store), latest: RwLock::default() }
    }

    /// The newest table; `None` while there is none.
    pub(crate) fn latest(&self) -> Option<Arc<ProcessTable>> {
        self.latest.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn set_latest(&self, table: Option<Arc<ProcessTable>>) {
        *self.latest.write().unwrap_or_else(PoisonError::into_inner) = table;
    }

    /// The table of a time; `None` if there was no reading. Reads the disk.
    ///
    /// # Errors
    /// The records cannot be read.
    pub(crate) fn at(&self, time: Timestamp) -> Result<Option<Arc<ProcessTable>>, TableError> {
        if let Some(latest) = self.latest().filter(|latest| latest.time <= time) {
            let age = time.millis().saturating_sub(latest.time.millis());
            return Ok((age <= MAX_AGE_MILLIS).then_some(latest));
        }
        let Some(store) = &self.store else { return Ok(None) };
        Ok(table_at(store, &self.host, time, MAX_AGE_MILLIS)?.map(Arc::new))
    }

    /// Usage over time of the processes for which `is_wanted` returns `true`, and their number. Reads the disk.
    ///
    /// # Errors
    /// The records cannot be read, or too many of them.
    pub(crate) fn history(
        &self,
        options: &HistoryOptions,
        is_wanted: &dyn Fn(&Process) -> bool,
    ) -> Result<(Vec<ProcessHistory>, usize), TableError> {
        match &self.store {
            Some(store) => history(store, &self.host, options, is_wanted),
            None => Ok((Vec::new(), 0)),
        }
    }
}
