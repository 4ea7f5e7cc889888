//! Guard against writing into a directory that has taken the place of the locked data directory.
//!
//! It is the only global state of this module: files are written by path, by the server and by commands, and only the server
//! holds a lock that can be lost.

use same_file::Handle;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Lock file of the running server.
pub(crate) const LOCK_FILE: &str = "lock";

/// Directories that this process has locked, and their lock files: a server has one.
static LOCKED: Mutex<Vec<(PathBuf, Arc<Handle>)>> = Mutex::new(Vec::new());

/// A directory that this process has locked, until dropped.
#[derive(Debug)]
pub(super) struct LockedDir {
    path: PathBuf,
    lock: Arc<Handle>,
}

impl LockedDir {
    /// The directory of a lock file that is locked.
    pub(super) fn new(path: &Path, lock: Handle) -> Self {
        let lock = Arc::new(lock);
        locked().push((path.to_owned(), Arc::clone(&lock)));
        Self { path: path.to_owned(), lock }
    }

    /// Whether the lock file in the directory is the one that this process holds.
    ///
    /// # Errors
    /// It cannot be opened, except if it is missing.
    pub(super) fn is_in_place(&self) -> io::Result<bool> {
        is_in_place(&self.path, &self.lock)
    }
}

impl Drop for LockedDir {
    fn drop(&mut self) {
        locked().retain(|(_, lock)| !Arc::ptr_eq(lock, &self.lock));
    }
}

/// Checks before a write into `folder` that the directory around it, if this process has locked one, is still that one.
///
/// # Errors
/// It was deleted or replaced.
pub(crate) fn check(folder: &Path) -> io::Result<()> {
    let around = locked().iter().find(|(path, _)| folder.starts_with(path)).cloned();
    match around {
        Some((path, lock)) if !is_in_place(&path, &lock)? => {
            let error = format!("{} was deleted or replaced while the server was running", path.display());
            Err(io::Error::new(io::ErrorKind::NotFound, error))
        }
        _ => Ok(()),
    }
}

fn is_in_place(path: &Path, lock: &Handle) -> io::Result<bool> {
    match Handle::from_path(path.join(LOCK_FILE)) {
        Ok(found) => Ok(found == *lock),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn locked() -> MutexGuard<'static, Vec<(PathBuf, Arc<Handle>)>> {
    LOCKED.lock().unwrap_or_else(PoisonError::into_inner)
}
