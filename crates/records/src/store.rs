//! The store: opens and closes the parts.

use crate::append::{append, freeze};
use crate::compactor::{self, Pass};
use crate::delete;
use crate::disk::Disk;
use crate::folder;
use crate::leftovers::Leftovers;
use crate::options::{AppendError, DeleteError, OpenError, Options, Removed, Retention, Status};
use crate::problems::Problems;
use crate::query::{self, Query, QueryError, QueryStats, Visit};
use crate::record::NewRecord;
use crate::retention;
use crate::state::{Command, Log, StoreState};
use crate::syncer;
use crate::wal::{WalFile, wal_path};
use crate::wal_format::BatchEncoder;
use std::fs;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use watchglass_model::{Labels, Timestamp};

/// Maximum wait for a thread to end.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);

/// Store of records in a folder. See the [crate documentation](crate).
#[derive(Debug)]
pub struct RecordStore {
    pub(crate) shared: Arc<StoreState>,
    ends: Mutex<Vec<Receiver<()>>>,
}

impl RecordStore {
    /// Opens the store in `folder`, created if missing. Damaged files are reported in [`Status::problems`].
    ///
    /// # Errors
    /// The folder is unusable, or a file has an unsupported version.
    pub fn open(folder: &Path, options: Options, disk: Arc<dyn Disk>) -> Result<Self, OpenError> {
        fs::create_dir_all(folder)
            .map_err(|source| OpenError::Folder { folder: folder.to_owned(), source })?;
        let problems = Arc::new(Problems::default());
        let leftovers = Arc::new(Leftovers::new(Arc::clone(&disk), Arc::clone(&problems)));
        let mut content = folder::read(folder, &disk, &problems, &leftovers)?;
        let log = Log {
            encoder: BatchEncoder::new().map_err(OpenError::Start)?,
            file: None,
            next_generation: content.next_generation,
            is_closed: false,
        };
        let last_log = content.last_log.map(|(generation, length)| {
            let path = wal_path(folder, generation);
            (generation, length, WalFile::reopen(disk.as_ref(), &path, generation, length))
        });
        let mut reopened = None;
        match last_log {
            Some((_, _, Ok(file))) => reopened = Some(file),
            Some((generation, log_bytes, Err(_))) => {
                // Its records become a block file as soon as one can be written.
                let head = std::mem::take(&mut content.records.head);
                let frozen = crate::state::FrozenHead { generation, head, log_bytes, damage: None };
                content.records.frozen.push(Arc::new(frozen));
            }
            None => {}
        }
        let (compactor, wake_compactor) = mpsc::sync_channel(1);
        let (syncer, wake_syncer) = mpsc::sync_channel(1);
        let shared = Arc::new(StoreState::new(
            Log { file: reopened, ..log },
            content.records,
            (problems, leftovers),
            folder.to_owned(),
            disk,
            options.clamped(),
            compactor,
            syncer,
        ));
        {
            let mut log = shared.log();
            if log.file.is_none() {
                // On a full disk the first batch tries again.
                let _ = freeze(&shared, &mut log);
            }
        }
        let ends = vec![
            start("records-log", &shared, move |shared| syncer::run(shared, &wake_syncer))?,
            start("records-blocks", &shared, move |shared| compactor::run(shared, &wake_compactor))?,
        ];
        let _ = shared.compactor.try_send(Command::Look);
        Ok(Self { shared, ends: Mutex::new(ends) })
    }

    /// Appends a batch: all of its records or none. They were written to the operating system when this returns, and
    /// are synced to disk at most a second later. Waits for a hanging disk. Expired records ([`Retention::oldest`]) are
    /// taken and not returned.
    ///
    /// # Errors
    /// No record was taken.
    pub fn append(&self, batch: &[NewRecord<'_>]) -> Result<(), AppendError> {
        append(&self.shared, batch)
    }

    /// Calls `visit` with the records that the query selects. Records are in the order of time; those of equal times in
    /// the order of their labels, then of arrival. Backwards it is the reverse of that.
    ///
    /// # Errors
    /// Cancelled, or a limit was reached; after visiting some records.
    pub fn query(&self, query: &Query<'_>, visit: &mut Visit<'_>) -> Result<QueryStats, QueryError> {
        query::query(&self.shared, query, visit)
    }

    /// Deletes the records of these streams from `start` to just before `end` that have arrived so far. Queries do not
    /// return them from now on, also after a restart; the files are rewritten in the background. Files that were
    /// quarantined because of damage are not changed.
    ///
    /// # Errors
    /// The disk failed: the records may or may not be deleted. Or too many deletions are pending, or the store is closed.
    pub fn delete(
        &self,
        streams: &dyn Fn(&Labels) -> bool,
        start: Timestamp,
        end: Timestamp,
    ) -> Result<(), DeleteError> {
        delete::delete(&self.shared, streams, start.millis()..end.millis())
    }

    /// Applies limits of time and bytes, now and until the next call: call it after opening and then every minute or so.
    /// Works on a full disk.
    pub fn retain(&self, retention: &Retention) -> Removed {
        retention::retain(&self.shared, retention, &self.shared.maintenance())
    }

    /// Does now what is otherwise done in the background: moves all records from memory into block files, rewrites files
    /// with deleted records, and merges small files. Returns whether it succeeded.
    pub fn flush(&self) -> bool {
        let maintenance = self.shared.maintenance();
        let is_frozen = {
            let mut log = self.shared.log();
            self.shared.records().head.is_empty() || freeze(&self.shared, &mut log).is_ok()
        };
        compactor::run_once(&self.shared, &maintenance) != Pass::Failed && is_frozen
    }

    /// Current status.
    pub fn status(&self) -> Status {
        let records = self.shared.records();
        let (files, frozen) = (&records.files, &records.frozen);
        let heads = || frozen.iter().map(|frozen| &frozen.head).chain([&records.head]);
        let oldest =
            files.iter().map(|file| file.index.oldest()).chain(heads().map(|head| head.oldest)).min();
        let newest =
            files.iter().map(|file| file.index.newest()).chain(heads().map(|head| head.newest)).max();
        let head_records: u64 = heads().map(|head| head.records).sum();
        Status {
            stored_bytes: records.stored_bytes(),
            content_bytes: files.iter().map(|file| file.index.content_bytes()).sum(),
            head_bytes: records.head_bytes(),
            files: files.len(),
            records: files.iter().map(|file| file.index.records()).sum::<u64>() + head_records,
            streams: records.streams.len(),
            oldest: oldest.filter(|&time| time < i64::MAX).map(Timestamp::from_millis),
            newest: newest.filter(|&time| time > i64::MIN).map(Timestamp::from_millis),
            pending_deletions: records.deletions.len(),
            refused: records.refused,
            outage: records.outage,
            problems: self.shared.problems.list(),
        }
    }

    /// Syncs and ends the threads. Later appends fail; queries still work.
    pub fn close(&self) {
        let ends = std::mem::take(&mut *self.ends.lock().unwrap_or_else(PoisonError::into_inner));
        if ends.is_empty() {
            return;
        }
        let shared = Arc::clone(&self.shared);
        let stop = move || {
            // Waits for a batch that is being written, and a full channel for its thread.
            shared.log().is_closed = true;
            let _ = shared.syncer.send(Command::Close);
            let _ = shared.compactor.send(Command::Close);
        };
        if thread::Builder::new().name("records-end".to_owned()).spawn(stop).is_err() {
            return;
        }
        for end in ends {
            if end.recv_timeout(SHUTDOWN_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
                let text = "disk does not respond: records closed without waiting for it".to_owned();
                self.shared.problems.set("end", text);
            }
        }
    }
}

impl Drop for RecordStore {
    fn drop(&mut self) {
        self.close();
    }
}

/// Starts a thread; the channel closes when it ends.
fn start(
    name: &str,
    shared: &Arc<StoreState>,
    work: impl FnOnce(&StoreState) + Send + 'static,
) -> Result<Receiver<()>, OpenError> {
    let (alive, end) = mpsc::sync_channel::<()>(0);
    let shared = Arc::clone(shared);
    let run = move || {
        work(&shared);
        drop(alive);
    };
    thread::Builder::new().name(name.to_owned()).spawn(run).map_err(OpenError::Start)?;
    Ok(end)
}
