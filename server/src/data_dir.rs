//! The folder of everything that the server keeps: made, tried, and locked against a second server.

use rustix::fs::{Mode, mkdirat};
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The file in it that its server holds a lock on.
pub(crate) const LOCK: &str = "lock";

/// A data folder that belongs to this process as long as this lives.
#[derive(Debug)]
pub(crate) struct DataDir {
    path: PathBuf,
    _lock: File,
}

/// Why there is no data folder.
#[derive(Debug, Error)]
pub(crate) enum DataDirError {
    /// Nobody said where.
    #[error("there is no folder for data: HOME is not set; give one with --data-dir DIR")]
    Nowhere,
    /// It cannot be made or written to.
    #[error(
        "the data folder {path} cannot be used: {source}; give another one with --data-dir DIR, or make it writable"
    )]
    Unusable {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// Another server has it.
    #[error(
        "the data folder {0} is in use by another watchglass; stop that one, or give another folder with --data-dir DIR"
    )]
    Taken(PathBuf),
}

impl DataDir {
    /// Opens the folder, making it if it is missing, for its owner only.
    ///
    /// # Errors
    /// It cannot be made, written to or locked.
    pub(crate) fn open(path: PathBuf) -> Result<Self, DataDirError> {
        match Self::lock(&path) {
            Ok(lock) => Ok(Self { path, _lock: lock }),
            Err(TryLockError::WouldBlock) => Err(DataDirError::Taken(path)),
            Err(TryLockError::Error(source)) => Err(DataDirError::Unusable { path, source }),
        }
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    fn lock(path: &Path) -> Result<File, TryLockError> {
        let mut lock = prepare(path).map_err(TryLockError::Error)?;
        lock.try_lock()?;
        // Writing shows that there is room and permission; the number helps whoever looks for the holder.
        let number = format!("{}\n", std::process::id());
        lock.set_len(0).and_then(|()| lock.write_all(number.as_bytes())).map_err(TryLockError::Error)?;
        Ok(lock)
    }
}

fn prepare(path: &Path) -> io::Result<File> {
    make(path)?;
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path.join(LOCK))
}

/// Makes the folder if it is missing, for its owner only.
///
/// # Errors
/// The system does not make it.
pub(crate) fn make(path: &Path) -> io::Result<()> {
    if path.is_dir() {
        return Ok(());
    }
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent)?;
    }
    make_new(path)
}

/// Makes a folder that is not there yet, for its owner only.
///
/// # Errors
/// It is there, or the system does not make it.
pub(crate) fn make_new(path: &Path) -> io::Result<()> {
    Ok(mkdirat(rustix::fs::CWD, path, Mode::RWXU)?)
}

/// The folder that is taken when none is given, following the XDG base directory specification.
///
/// # Errors
/// Neither `XDG_DATA_HOME` nor `HOME` is set.
pub(crate) fn default_path(variable: impl Fn(&str) -> Option<String>) -> Result<PathBuf, DataDirError> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let base = set("XDG_DATA_HOME").or_else(|| set("HOME").map(|home| home.join(".local/share")));
    base.map(|base| base.join("watchglass")).ok_or(DataDirError::Nowhere)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn is_made_for_its_owner_only_and_locked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a/b");
        let first = DataDir::open(path.clone()).unwrap();
        assert_eq!(std::fs::metadata(first.path()).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(matches!(DataDir::open(path.clone()), Err(DataDirError::Taken(_))));
        drop(first);
        DataDir::open(path).unwrap();
    }

    #[test]
    fn a_file_in_its_place_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        std::fs::write(&path, "").unwrap();
        let error = DataDir::open(path.clone()).unwrap_err().to_string();
        assert!(error.contains(&path.display().to_string()) && error.contains("--data-dir"), "{error}");
    }

    #[test]
    fn the_default_follows_the_environment() {
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
