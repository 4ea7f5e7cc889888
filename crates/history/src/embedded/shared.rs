//! What the store's threads and its callers share.

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

/// Locks are taken in the order of the fields. Whoever asks holds `files` for as long as it reads them: an hour leaves the
/// head, and a file the disk, only under its write lock. Whoever appends takes `head` alone and never waits for a disk.
#[derive(Debug)]
pub(crate) struct Shared {
    files: RwLock<Files>,
    head: RwLock<Head>,
    logs: Mutex<Vec<Log>>,
    clock: Mutex<Clock>,
    pub(crate) problems: Problems,
    pub(crate) folder: PathBuf,
    pub(crate) disk: Box<dyn Disk>,
    pub(crate) options: Options,
    /// A batch could not be handed to the thread that writes the log.
    pub(crate) missed: AtomicBool,
    /// Number of the next log.
    pub(crate) next_log: AtomicU64,
}

/// A log on the disk. The last one is being written.
#[derive(Debug)]
pub(crate) struct Log {
    pub(crate) generation: u64,
    /// The hours that it has samples of.
    pub(crate) hours: BTreeSet<i64>,
    pub(crate) bytes: u64,
    /// `None` for one that was found at the start.
    pub(crate) file: Option<Arc<dyn DiskFile>>,
}

impl Shared {
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

    pub(crate) fn logs(&self) -> MutexGuard<'_, Vec<Log>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn clock(&self) -> MutexGuard<'_, Clock> {
        self.clock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn log_path(&self, generation: u64) -> PathBuf {
        self.folder.join(log_name(generation))
    }
}
