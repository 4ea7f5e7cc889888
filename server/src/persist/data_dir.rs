//! Data directory: created, checked for write access, and locked against a second server for as long as the server runs.

use super::dir_guard::LockedDir;
use rustix::fs::{Mode, mkdirat};
use same_file::Handle;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use thiserror::Error;

pub(crate) use super::dir_guard::LOCK_FILE;

/// Name of the file that a check writes and removes.
pub(super) const CHECK_FILE: &str = "write-check.new";
/// Subdirectories that parts of the server write into, and create only at its start.
const SUBDIRECTORIES: [&str; 2] = ["history", "outbox"];

/// Data directory, locked by this process until all clones are dropped.
#[derive(Clone, Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    held: Arc<Mutex<Held>>,
}

/// What is locked.
#[derive(Debug)]
struct Held {
    place: LockedDir,
    /// Open, so that the file system gives its inode to no other directory.
    directory: Handle,
}

/// Why the data directory is no longer the one that this process has locked.
#[derive(Debug, Error)]
pub(crate) enum DataDirLost {
    #[error(
        "it was deleted while the server was running; create it again, empty, with the same owner: the server \
         then saves in it what it has in memory"
    )]
    Deleted,
    #[error(
        "it was replaced by a directory with other data while the server was running; the server does not change \
         that one: move it away, or restart the server to use it"
    )]
    Replaced,
    #[error(
        "it was deleted or replaced while the server was running, and is in use by another watchglass; stop one of them"
    )]
    InUse,
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Error of opening the data directory.
#[derive(Debug, Error)]
pub(crate) enum DataDirError {
    #[error("no data directory: HOME is not set; set one with --data-dir DIR")]
    HomeNotSet,
    #[error(
        "data directory {path} is not usable: {source}; make it writable, or set another one with --data-dir DIR"
    )]
    Unusable { path: PathBuf, source: io::Error },
    #[error(
        "data directory {0} is in use by another watchglass; stop it, or set another directory with --data-dir DIR"
    )]
    InUse(PathBuf),
}

impl DataDir {
    /// Opens and locks the directory; creates it with mode 0700 if missing.
    ///
    /// # Errors
    /// The directory cannot be created, written to or locked.
    pub(crate) fn open(path: PathBuf) -> Result<Self, DataDirError> {
        match Self::lock(&path) {
            Ok(held) => Ok(Self { path, held: Arc::new(Mutex::new(held)) }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::InUse(path)),
            Err(TryLockError::Error(source)) => Err(DataDirError::Unusable { path, source }),
        }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Mode of the directory, if other users may read it: one that existed before may have any mode.
    ///
    /// # Errors
    /// Its metadata cannot be read.
    pub(crate) fn public_mode(&self) -> io::Result<Option<u32>> {
        let mode = std::fs::metadata(&self.path)?.permissions().mode() & 0o777;
        Ok(Some(mode).filter(|mode| mode & 0o077 != 0))
    }

    /// Checks that the directory is still the one that was locked. If it was replaced by an empty one, or if only its lock
    /// file was removed, it is locked again. A missing one is not created: its disk may have been unmounted. Missing
    /// subdirectories are. Returns whether something was missing, so that everything has to be saved.
    ///
    /// # Errors
    /// Nothing can be written into it, since it is not the locked one.
    pub(crate) fn keep_locked(&self) -> Result<bool, DataDirLost> {
        let mut held = self.held();
        let mut is_renewed = !held.place.is_in_place()?;
        if is_renewed {
            self.lock_again(&mut held)?;
            tracing::warn!(data_dir = %self.path.display(), "data directory or its lock was replaced: locked again");
        }
        for name in SUBDIRECTORIES {
            let path = self.path.join(name);
            if !path.is_dir() {
                create_new(&path)?;
                tracing::warn!(directory = %path.display(), "missing directory created");
                is_renewed = true;
            }
        }
        Ok(is_renewed)
    }

    fn lock_again(&self, held: &mut Held) -> Result<(), DataDirLost> {
        let found = match Handle::from_path(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(DataDirLost::Deleted),
            found => found?,
        };
        if found != held.directory && has_data(&self.path)? {
            return Err(DataDirLost::Replaced);
        }
        *held = Self::lock(&self.path).map_err(|error| match error {
            TryLockError::WouldBlock => DataDirLost::InUse,
            TryLockError::Error(error) => DataDirLost::Io(error),
        })?;
        Ok(())
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lock(path: &Path) -> Result<Held, TryLockError> {
        let mut lock = prepare(path).map_err(TryLockError::Error)?;
        lock.try_lock()?;
        // The write checks free space and permission; the process id helps to find the holder.
        let number = format!("{}\n", std::process::id());
        lock.set_len(0).and_then(|()| lock.write_all(number.as_bytes())).map_err(TryLockError::Error)?;
        let directory = Handle::from_path(path).map_err(TryLockError::Error)?;
        let lock = Handle::from_file(lock).map_err(TryLockError::Error)?;
        Ok(Held { place: LockedDir::new(path, lock), directory })
    }
}

/// Whether a directory has more than the files that every check makes.
fn has_data(path: &Path) -> io::Result<bool> {
    for entry in std::fs::read_dir(path)? {
        let name = entry?.file_name();
        if name != LOCK_FILE && name != CHECK_FILE {
            return Ok(true);
        }
    }
    Ok(false)
}

fn prepare(path: &Path) -> io::Result<File> {
    create(path)?;
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path.join(LOCK_FILE))
}

/// Creates a directory with mode 0700 if it is missing.
///
/// # Errors
/// The directory cannot be created.
pub(crate) fn create(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    create_new(path)
}

/// Creates a new directory with mode 0700.
///
/// # Errors
/// The directory exists or cannot be created.
pub(crate) fn create_new(path: &Path) -> io::Result<()> {
    Ok(mkdirat(rustix::fs::CWD, path, Mode::RWXU)?)
}

/// Default data directory, after the XDG base directory specification.
///
/// # Errors
/// Neither `XDG_DATA_HOME` nor `HOME` is set.
pub(crate) fn default_path(variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, DataDirError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("watchglass")).ok_or(DataDirError::HomeNotSet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::persist::atomic_file;

    #[test]
    fn directory_is_private_and_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let first = DataDir::open(path.clone()).unwrap();
        assert_eq!(std::fs::metadata(first.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert_eq!(first.public_mode().unwrap(), None);
        std::fs::set_permissions(first.path(), std::fs::Permissions::from_mode(0o755)).unwrap();
        assert_eq!(first.public_mode().unwrap(), Some(0o755));
        assert!(matches!(DataDir::open(path.clone()), Err(DataDirError::InUse(_))));
        drop(first);
        DataDir::open(path).unwrap();
    }

    #[test]
    fn deleted_directory_is_not_created_and_an_empty_one_is_locked_again() {
        let parent = tempfile::tempdir().unwrap();
        let path = parent.path().join("data");
        let data = DataDir::open(path.clone()).unwrap();
        let write = || atomic_file::replace(&path, "rules.json", b"{}");
        write().unwrap();
        // The subdirectories, at the first time or after they were removed.
        for _ in 0..2 {
            assert!(data.keep_locked().unwrap());
            assert!(!data.keep_locked().unwrap());
            std::fs::remove_dir_all(path.join(SUBDIRECTORIES[0])).unwrap();
        }

        std::fs::remove_dir_all(&path).unwrap();
        assert!(matches!(data.keep_locked(), Err(DataDirLost::Deleted)));
        assert!(write().unwrap_err().to_string().contains("was deleted or replaced"));
        assert!(atomic_file::lock(&path.join("access.lock")).is_err() && !path.exists());

        std::fs::create_dir(&path).unwrap();
        assert!(write().is_err(), "not before it is locked");
        assert!(data.keep_locked().unwrap());
        assert!(!data.keep_locked().unwrap());
        write().unwrap();
        assert!(SUBDIRECTORIES.iter().all(|name| path.join(name).is_dir()));
        assert!(matches!(DataDir::open(path.clone()), Err(DataDirError::InUse(_))));
        // The lock file alone.
        std::fs::remove_file(path.join(LOCK_FILE)).unwrap();
        assert!(write().is_err() && data.keep_locked().unwrap());
        write().unwrap();
        assert!(matches!(DataDir::open(path), Err(DataDirError::InUse(_))));
    }

    #[test]
    fn directory_with_data_and_one_in_use_are_not_changed() {
        let parent = tempfile::tempdir().unwrap();
        let (path, aside) = (parent.path().join("data"), parent.path().join("aside"));
        let data = DataDir::open(path.clone()).unwrap();
        assert!(data.keep_locked().unwrap(), "subdirectories");
        std::fs::rename(&path, &aside).unwrap();
        std::fs::create_dir(&path).unwrap();
        std::fs::write(path.join("access.json"), "restored").unwrap();
        assert!(matches!(data.keep_locked(), Err(DataDirLost::Replaced)));
        assert!(atomic_file::replace(&path, "access.json", b"{}").is_err());
        assert_eq!(std::fs::read_to_string(path.join("access.json")).unwrap(), "restored");

        std::fs::remove_dir_all(&path).unwrap();
        // Another process would not have this entry.
        let second = DataDir::open(path.clone()).unwrap();
        assert!(matches!(data.keep_locked(), Err(DataDirLost::InUse)));
        drop(second);
        std::fs::remove_dir_all(&path).unwrap();
        std::fs::rename(&aside, &path).unwrap();
        assert!(!data.keep_locked().unwrap(), "the old one is back");
    }

    #[test]
    fn file_in_place_of_the_directory_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "").unwrap();
        let error = DataDir::open(path.clone()).unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()) && error.contains("--data-dir"), "{error}");
    }

    #[test]
    fn default_follows_the_environment() {
        let path = |pairs: &[(&str, &str)]| {
            let pairs: Vec<_> =
                pairs.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
            default_path(|name| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()))
                .ok()
        };
        assert_eq!(path(&[("XDG_DATA_HOME", "/x"), ("HOME", "/h")]).unwrap(), Path::new("/x/watchglass"));
        assert_eq!(
            path(&[("XDG_DATA_HOME", ""), ("HOME", "/h")]).unwrap(),
            Path::new("/h/.local/share/watchglass")
        );
        assert_eq!(path(&[]), None);
    }
}
