//! Restore: verify the archive, unpack it next to the target (verifying again), then rename it into place.

use super::BackupError;
use crate::persist::data_dir;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use watchglass_backup::{ArchiveError, Discard, Entry, Manifest, Sink, read};
use watchglass_model::Timestamp;

/// Result of a restore.
#[derive(Debug)]
pub(super) struct Restored {
    pub(super) manifest: Manifest,
    /// New path of the replaced folder.
    pub(super) previous: Option<PathBuf>,
}

/// Verifies every byte of an archive.
///
/// # Errors
/// The archive is unreadable or damaged.
pub(super) fn verify(file: &Path) -> Result<Manifest, BackupError> {
    let opened = File::open(file).map_err(BackupError::file(file))?;
    read(BufReader::new(opened), &mut Discard).map_err(BackupError::archive(file))
}

/// Restores an archive into a folder. With `replace`, a non-empty folder is renamed first.
///
/// # Errors
/// The archive is invalid, the folder is in use or not empty, or I/O fails. Nothing is changed then.
pub(super) fn restore(
    file: &Path,
    folder: &Path,
    replace: bool,
    now: Timestamp,
) -> Result<Restored, BackupError> {
    let mut archive = File::open(file).map_err(BackupError::file(file))?;
    read(BufReader::new(&archive), &mut Discard).map_err(BackupError::archive(file))?;
    archive.rewind().map_err(BackupError::file(file))?;

    let folder = canonical(folder)?;
    let (Some(parent), Some(_)) = (folder.parent(), folder.file_name()) else {
        return Err(BackupError::InvalidTarget(folder));
    };
    fs::create_dir_all(parent).map_err(BackupError::file(parent))?;
    // Held until the folder is renamed, so that no server starts in it meanwhile.
    let lock = lock_folder(&folder)?;
    let is_occupied = has_entries(&folder).map_err(BackupError::file(&folder))?;
    if is_occupied && !replace {
        return Err(BackupError::NotEmpty(folder));
    }
    let staging = with_suffix(&folder, &format!(".restoring-{}", std::process::id()));
    data_dir::create_new(&staging).map_err(BackupError::file(&staging))?;
    let aside = is_occupied.then(|| with_suffix(&folder, &format!(".before-{}", now.millis() / 1000)));
    let placed = unpack(&archive, &staging, file)
        .and_then(|manifest| swap(&staging, &folder, aside.as_deref()).map(|()| manifest));
    drop(lock);
    match placed {
        Ok(manifest) => {
            File::open(parent).and_then(|parent| parent.sync_all()).map_err(BackupError::file(parent))?;
            Ok(Restored { manifest, previous: aside })
        }
        Err(error) => {
            // If the removal fails, the folder's name tells what it is.
            let _ = fs::remove_dir_all(&staging);
            Err(error)
        }
    }
}

/// Canonical path of the folder, which may not exist.
fn canonical(folder: &Path) -> Result<PathBuf, BackupError> {
    match fs::canonicalize(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::path::absolute(folder),
        found => found,
    }
    .map_err(BackupError::file(folder))
}

/// Appends a suffix to the folder name.
fn with_suffix(folder: &Path, suffix: &str) -> PathBuf {
    let mut name = folder.file_name().map(OsString::from).unwrap_or_default();
    name.push(suffix);
    folder.with_file_name(name)
}

/// Locks the folder if a server has used it. The lock file is not created: the folder may not be ours.
fn lock_folder(folder: &Path) -> Result<Option<File>, BackupError> {
    let path = folder.join(data_dir::LOCK_FILE);
    let file = match OpenOptions::new().write(true).open(&path) {
        Ok(file) => file,
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
            return Ok(None);
        }
        Err(error) => return Err(BackupError::file(&path)(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(BackupError::InUse(folder.to_owned())),
        Err(TryLockError::Error(error)) => Err(BackupError::file(&path)(error)),
    }
}

fn has_entries(folder: &Path) -> io::Result<bool> {
    match fs::read_dir(folder) {
        Ok(mut entries) => Ok(entries.next().is_some()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

/// Renames the new folder into place. On failure the old one stays.
fn swap(staging: &Path, folder: &Path, aside: Option<&Path>) -> Result<(), BackupError> {
    if let Some(aside) = aside {
        if aside.exists() {
            return Err(BackupError::file(aside)(io::ErrorKind::AlreadyExists.into()));
        }
        fs::rename(folder, aside).map_err(BackupError::file(folder))?;
    }
    fs::rename(staging, folder).map_err(|error| {
        if let Some(aside) = aside {
            // If this fails as well, the folder's name tells what it is.
            let _ = fs::rename(aside, folder);
        }
        BackupError::file(folder)(error)
    })
}

fn unpack(archive: &File, root: &Path, file: &Path) -> Result<Manifest, BackupError> {
    let mut folder = Folder { root: root.to_owned(), open: None };
    let manifest = read(BufReader::new(archive), &mut folder).map_err(|error| match error {
        // The archive was read successfully before: the error is on the target disk.
        ArchiveError::Io(source) => BackupError::file(root)(source),
        source => BackupError::archive(file)(source),
    })?;
    File::open(root).and_then(|root| root.sync_all()).map_err(BackupError::file(root))?;
    Ok(manifest)
}

/// Sink that writes files with mode 0600 into an empty folder.
#[derive(Debug)]
struct Folder {
    root: PathBuf,
    open: Option<File>,
}

impl Sink for Folder {
    fn begin(&mut self, entry: &Entry) -> io::Result<()> {
        let path = self.root.join(&entry.name);
        if let Some(parent) = path.parent() {
            DirBuilder::new().recursive(true).mode(0o700).create(parent)?;
        }
        self.open = Some(OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?);
        Ok(())
    }

    fn bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.open.as_mut().map_or(Ok(()), |file| file.write_all(bytes))
    }

    fn end(&mut self) -> io::Result<()> {
        self.open.take().map_or(Ok(()), |file| file.sync_all())
    }
}
