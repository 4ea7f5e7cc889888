//! Shared state of the store's threads and callers.

use super::Options;
use super::clock::Clock;
use super::disk::{Disk, DiskFile};
use super::files::{Files, log_name};
use super::problems::Problems;
use crate::head::Head;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Lock order is the field order. Queries hold `files` while reading: an hour leaves the head, and a file the disk, only
/// under its write lock. Appends only lock `head` and never wait for a disk.
#[derive(Debug)]
pub(crate) struct StoreState {
    files: RwLock<Files>,
    head: RwLock<Head>,
    logs: Mutex<Vec<WalFile>>,
    clock: Mutex<Clock>,
    pub(crate) problems: Problems,
    pub(crate) folder: PathBuf,
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) options: Options,
    /// A batch could not be queued for the WAL writer.
    pub(crate) missed: AtomicBool,
    /// Batches that could not be queued or written since the head was last written as a whole.
    pub(crate) unsaved: AtomicU64,
    /// Number of the next WAL file.
    pub(crate) next_log: AtomicU64,
}

/// WAL file. The last one is being written.
#[derive(Debug)]
pub(crate) struct WalFile {
    pub(crate) generation: u64,
    /// Hours with samples in the file.
    pub(crate) hours: BTreeSet<i64>,
    pub(crate) bytes: u64,
    /// `None` for a file of an earlier run.
    pub(crate) file: Option<Arc<dyn DiskFile>>,
}

impl StoreState {
    pub(crate) fn new(
        files: Files,
        head: Head,
        problems: Problems,
        folder: PathBuf,
        disk: Box<dyn Disk>,
        options: Options,
    ) -> Self {
        Self {
            files: RwLock::new(files),
            head: RwLock::new(head),
            logs: Mutex::default(),
            clock: Mutex::default(),
            problems,
            folder,
            disk,
            options,
            missed: AtomicBool::new(false),
            unsaved: AtomicU64::new(0),
            next_log: AtomicU64::new(0),
        }
    }

    pub(crate) fn files(&self) -> RwLockReadGuard<'_, Files> {
        self.files.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn files_mut(&self) -> RwLockWriteGuard<'_, Files> {
        self.files.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn head(&self) -> RwLockReadGuard<'_, Head> {
        self.head.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn head_mut(&self) -> RwLockWriteGuard<'_, Head> {
        self.head.write().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn logs(&self) -> MutexGuard<'_, Vec<WalFile>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn log_path(&self, generation: u64) -> PathBuf {
        self.folder.join(log_name(generation))
    }
}
