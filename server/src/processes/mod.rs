//! Process tables of this host: the newest one, and those of the past from the record store.

mod recorder;

pub(crate) use recorder::ProcessRecorder;

use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
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
    recent: RwLock<Recent>,
}

/// Newest tables.
#[derive(Debug, Default)]
struct Recent {
    /// `None` after a failed reading.
    latest: Option<Arc<ProcessTable>>,
    /// Those that are not in the store yet, in the order of time.
    waiting: Vec<Arc<ProcessTable>>,
}

impl ProcessTables {
    /// Those of a host in a store.
    pub(crate) fn new(host: &str, store: Arc<RecordStore>) -> Self {
        Self { host: host.to_owned(), store: Some(store), recent: RwLock::default() }
    }

    fn recent(&self) -> RwLockReadGuard<'_, Recent> {
        self.recent.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn recent_mut(&self) -> RwLockWriteGuard<'_, Recent> {
        self.recent.write().unwrap_or_else(PoisonError::into_inner)
    }

    /// The newest table; `None` while there is none.
    pub(crate) fn latest(&self) -> Option<Arc<ProcessTable>> {
        self.recent().latest.clone()
    }

    /// The table of a time; `None` if there was no reading. Reads the disk.
    ///
    /// # Errors
    /// The records cannot be read.
    pub(crate) fn at(&self, time: Timestamp) -> Result<Option<Arc<ProcessTable>>, TableError> {
        let in_memory = {
            let recent = self.recent();
            let waiting = recent.waiting.iter().chain(&recent.latest);
            waiting.filter(|table| table.time <= time).max_by_key(|table| table.time).cloned()
        };
        if let Some(table) = in_memory {
            let age = time.millis().saturating_sub(table.time.millis());
            return Ok((age <= MAX_AGE_MILLIS).then_some(table));
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
            Some(store) => {
                let waiting = self.recent().waiting.clone();
                history(store, &self.host, &waiting, options, is_wanted)
            }
            None => Ok((Vec::new(), 0)),
        }
    }
}
