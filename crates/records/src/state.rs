//! Shared state of the store's threads and callers.

use crate::block_file::BlockFile;
use crate::bytes::CorruptData;
use crate::deletions::Deletions;
use crate::disk::{Disk, DiskFile};
use crate::head::Head;
use crate::leftovers::Leftovers;
use crate::options::{Options, Outage};
use crate::problems::Problems;
use crate::wal::WalFile;
use crate::wal_format::BatchEncoder;
use std::collections::{BTreeSet, HashSet};
use std::ops::Range;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::mpsc::SyncSender;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};
use watchglass_model::Labels;

/// Lock order is the field order of the locks. Nobody waits for a disk with `records` locked, so that queries are served
/// while a disk hangs.
#[derive(Debug)]
pub(crate) struct StoreState {
    /// Locked while the set of block files changes.
    maintenance: Mutex<()>,
    log: Mutex<Log>,
    records: RwLock<Records>,
    /// WAL files with batches that are not synced yet.
    unsynced: Mutex<Vec<Arc<dyn DiskFile>>>,
    /// Whether the current WAL file is among them.
    pub(crate) is_unsynced: AtomicBool,
    /// Whether a sync has failed and the records in memory are not in another file yet.
    pub(crate) is_suspect: AtomicBool,
    pub(crate) problems: Arc<Problems>,
    pub(crate) leftovers: Arc<Leftovers>,
    pub(crate) folder: PathBuf,
    pub(crate) disk: Arc<dyn Disk>,
    pub(crate) options: Options,
    /// Wakes the compactor.
    pub(crate) compactor: SyncSender<Command>,
    /// Wakes the thread that syncs.
    pub(crate) syncer: SyncSender<Command>,
}

/// Message to a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    /// There is something to do.
    Look,
    /// Stop.
    Close,
}

/// What appends need.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) encoder: BatchEncoder,
    /// `None` as long as none can be created.
    pub(crate) file: Option<WalFile>,
    pub(crate) next_generation: u64,
    pub(crate) is_closed: bool,
}

/// All records.
#[derive(Debug)]
pub(crate) struct Records {
    /// Block files in the order of arrival.
    pub(crate) files: Vec<Arc<BlockFile>>,
    /// Heads that become block files, in the order of arrival.
    pub(crate) frozen: Vec<Arc<FrozenHead>>,
    pub(crate) head: Head,
    /// Newest time before the first record in memory.
    pub(crate) head_start: Option<i64>,
    pub(crate) streams: Streams,
    pub(crate) deletions: Arc<Deletions>,
    /// Older records are expired: queries do not return them.
    pub(crate) floor: i64,
    /// Numbers of WAL files whose records are in files that could not be read.
    pub(crate) unread: Vec<Range<u64>>,
    /// WAL files that could not be removed although a block file has their records.
    pub(crate) stale_logs: BTreeSet<u64>,
    /// Size of the WAL file that is being written.
    pub(crate) log_bytes: u64,
    pub(crate) refused: u64,
    pub(crate) outage: Option<Outage>,
}

/// Head that takes no more records.
#[derive(Debug)]
pub(crate) struct FrozenHead {
    /// Number of its WAL file.
    pub(crate) generation: u64,
    pub(crate) head: Head,
    /// Size of its WAL file.
    pub(crate) log_bytes: u64,
    /// Damage of its WAL file.
    pub(crate) damage: Option<CorruptData>,
}

impl Default for Records {
    fn default() -> Self {
        Self {
            files: Vec::new(),
            frozen: Vec::new(),
            head: Head::default(),
            head_start: None,
            streams: Streams::default(),
            deletions: Arc::default(),
            floor: i64::MIN,
            unread: Vec::new(),
            stale_logs: BTreeSet::new(),
            log_bytes: 0,
            refused: 0,
            outage: None,
        }
    }
}

impl Records {
    /// Size of block files and WAL files.
    pub(crate) fn stored_bytes(&self) -> u64 {
        let files: u64 = self.files.iter().map(|file| file.bytes).sum();
        let frozen: u64 = self.frozen.iter().map(|frozen| frozen.log_bytes).sum();
        files + frozen + self.log_bytes
    }

    /// Memory of records that are not in a block file yet.
    pub(crate) fn head_bytes(&self) -> usize {
        self.head.bytes + self.frozen.iter().map(|frozen| frozen.head.bytes).sum::<usize>()
    }
}

/// One shared form of the labels of each stream.
#[derive(Debug, Default)]
pub(crate) struct Streams(HashSet<Arc<Labels>>);

impl Streams {
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Arc<Labels>> {
        self.0.iter()
    }

    /// Removes streams without records.
    pub(crate) fn prune(&mut self) {
        self.0.retain(|labels| Arc::strong_count(labels) > 1);
    }

    pub(crate) fn has(&self, labels: &Labels) -> bool {
        self.0.contains(labels)
    }

    /// The shared form of labels.
    pub(crate) fn intern(&mut self, labels: &Labels) -> Arc<Labels> {
        if let Some(known) = self.0.get(labels) {
            return Arc::clone(known);
        }
        let new = Arc::new(labels.clone());
        self.0.insert(Arc::clone(&new));
        new
    }
}

impl StoreState {
    #[expect(clippy::too_many_arguments, reason = "the parts of the store")]
    pub(crate) fn new(
        log: Log,
        records: Records,
        (problems, leftovers): (Arc<Problems>, Arc<Leftovers>),
        folder: PathBuf,
        disk: Arc<dyn Disk>,
        options: Options,
        compactor: SyncSender<Command>,
        syncer: SyncSender<Command>,
    ) -> Self {
        Self {
            maintenance: Mutex::default(),
            log: Mutex::new(log),
            records: RwLock::new(records),
            unsynced: Mutex::default(),
            is_unsynced: AtomicBool::new(false),
            is_suspect: AtomicBool::new(false),
            problems,
            leftovers,
            folder,
            disk,
            options,
            compactor,
            syncer,
        }
    }

    pub(crate) fn maintenance(&self) -> MutexGuard<'_, ()> {
        self.maintenance.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn records(&self) -> RwLockReadGuard<'_, Records> {
        self.records.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn records_mut(&self) -> RwLockWriteGuard<'_, Records> {
        self.records.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn unsynced(&self) -> MutexGuard<'_, Vec<Arc<dyn DiskFile>>> {
        self.unsynced.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
