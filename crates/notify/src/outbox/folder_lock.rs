//! Lock on the folder of an outbox: two processes with one outbox would send everything twice.

use super::OpenError;
use same_file::Handle;
use std::fs::{File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

const NAME: &str = "outbox.lock";

/// Lock that is held until it is dropped.
#[derive(Debug)]
pub(super) struct FolderLock {
    path: PathBuf,
    file: Handle,
}

impl FolderLock {
    /// Locks a folder.
    ///
    /// # Errors
    /// Another process holds the lock, or the file cannot be created.
    pub(super) fn take(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join(NAME);
        let failed = |error| OpenError::Io { path: path.clone(), error };
        let file = File::create(&path).map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => OpenError::InUse { folder: folder.to_owned() },
            TryLockError::Error(error) => failed(error),
        })?;
        let file = Handle::from_file(file).map_err(failed)?;
        Ok(Self { path, file })
    }

    /// Checks that the lock file is still in the folder. A folder without one, which is new, is locked again.
    ///
    /// # Errors
    /// The folder is missing, or another one with an outbox.
    pub(super) fn check(&mut self) -> io::Result<()> {
        match Handle::from_path(&self.path) {
            Ok(found) if found == self.file => Ok(()),
            Ok(_) => Err(io::Error::other("the folder was replaced by another one with an outbox")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                let file = File::create_new(&self.path)?;
                file.try_lock()?;
                self.file = Handle::from_file(file)?;
                Ok(())
            }
            Err(error) => Err(error),
        }
    }
}
