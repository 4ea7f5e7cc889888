//! Data directory: created, checked for write access, and locked against a second server.

use rustix::fs::{Mode, mkdirat};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use thiserror::Error;

/// Lock file of the running server.
pub(crate) const LOCK_FILE: &str = "lock";

/// Data directory, locked by this process until dropped.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
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
            Ok(lock) => Ok(Self { path, _lock: lock }),
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

    fn lock(path: &Path) -> Result<File, TryLockError> {
        let mut lock = prepare(path).map_err(TryLockError::Error)?;
        lock.try_lock()?;
        // The write checks free space and permission; the process id helps to find the holder.
        let number = format!("{}\n", std::process::id());
        lock.set_len(0).and_then(|()| lock.write_all(number.as_bytes())).map_err(TryLockError::Error)?;
        Ok(lock)
    }
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
