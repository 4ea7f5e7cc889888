//! Guard against writing into a directory that has taken the place of the locked data directory.
//!
//! It is the only global state of this module: files are written by path, by the server and by commands, and only the server
//! holds a lock that can be lost.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// Lock file of the running server.
pub(crate) const LOCK_FILE: &str = "lock";

/// Directories that this process has locked: a server has one.
static LOCKED: Mutex<Vec<(PathBuf, FileId)>> = Mutex::new(Vec::new());

/// Device and inode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileId(u64, u64);

impl FileId {
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self(metadata.dev(), metadata.ino())
    }
}

/// Entry of a directory that this process has locked, until dropped.
#[derive(Debug)]
pub(super) struct LockedDir {
    path: PathBuf,
    lock: FileId,
}

impl LockedDir {
    pub(super) fn new(path: &Path, lock: FileId) -> Self {
        locked().push((path.to_owned(), lock));
        Self { path: path.to_owned(), lock }
    }

    /// Whether the lock file in the directory is the one that this process holds.
    ///
    /// # Errors
    /// Its metadata cannot be read, except if it is missing.
    pub(super) fn is_in_place(&self) -> io::Result<bool> {
        is_in_place(&self.path, self.lock)
    }
}

impl Drop for LockedDir {
    fn drop(&mut self) {
        let entry = (std::mem::take(&mut self.path), self.lock);
        locked().retain(|known| *known != entry);
    }
}

/// Checks before a write into `folder` that the directory around it, if this process has locked one, is still that one.
///
/// # Errors
/// It was deleted or replaced.
pub(crate) fn check(folder: &Path) -> io::Result<()> {
    let around = locked().iter().find(|(path, _)| folder.starts_with(path)).cloned();
    match around {
        Some((path, lock)) if !is_in_place(&path, lock)? => {
            let error = format!("{} was deleted or replaced while the server was running", path.display());
            Err(io::Error::new(io::ErrorKind::NotFound, error))
        }
        _ => Ok(()),
    }
}

fn is_in_place(path: &Path, lock: FileId) -> io::Result<bool> {
    match fs::metadata(path.join(LOCK_FILE)) {
        Ok(found) => Ok(FileId::of(&found) == lock),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn locked() -> MutexGuard<'static, Vec<(PathBuf, FileId)>> {
    LOCKED.lock().unwrap_or_else(PoisonError::into_inner)
}
