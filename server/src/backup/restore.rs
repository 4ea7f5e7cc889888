//! Restores a backup: verified, unpacked beside the folder, verified once more on the way, and only then put in its place.

use super::BackupError;
use crate::data_dir;
use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, BufReader, Seek, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use watchglass_backup::{ArchiveError, Entry, Manifest, Nowhere, Sink, read};
use watchglass_model::Timestamp;

/// A backup that is now the data folder.
#[derive(Debug)]
pub(super) struct Restored {
    /// What is in it.
    pub(super) manifest: Manifest,
    /// Where the folder is now that was in its place.
    pub(super) aside: Option<PathBuf>,
}

/// Looks at every byte of an archive.
///
/// # Errors
/// It cannot be read, or is not as it was written.
pub(super) fn verify(file: &Path) -> Result<Manifest, BackupError> {
    let opened = File::open(file).map_err(BackupError::file(file))?;
    read(BufReader::new(opened), &mut Nowhere).map_err(BackupError::archive(file))
}

/// Makes the folder what it was when the archive was written. One that is not empty is renamed if `replace` says so.
///
/// # Errors
/// The archive is not good, the folder is in use or not empty, or the system does not write. Then nothing has changed.
pub(super) fn restore(
    file: &Path,
    folder: &Path,
    replace: bool,
    now: Timestamp,
) -> Result<Restored, BackupError> {
    let mut archive = File::open(file).map_err(BackupError::file(file))?;
    read(BufReader::new(&archive), &mut Nowhere).map_err(BackupError::archive(file))?;
    archive.rewind().map_err(BackupError::file(file))?;

    let folder = real(folder)?;
    let (Some(parent), Some(_)) = (folder.parent(), folder.file_name()) else {
        return Err(BackupError::NoFolder(folder));
    };
    fs::create_dir_all(parent).map_err(BackupError::file(parent))?;
    // Held until the folder has its new name: no server begins in it meanwhile.
    let lock = locked(&folder)?;
    let is_occupied = has_entries(&folder).map_err(BackupError::file(&folder))?;
    if is_occupied && !replace {
        return Err(BackupError::Occupied(folder));
    }
    let beside = named(&folder, &format!(".restoring-{}", std::process::id()));
    data_dir::make_new(&beside).map_err(BackupError::file(&beside))?;
    let aside = is_occupied.then(|| named(&folder, &format!(".before-{}", now.millis() / 1000)));
    let placed = unpack(&archive, &beside, file)
        .and_then(|manifest| put(&beside, &folder, aside.as_deref()).map(|()| manifest));
    drop(lock);
    match placed {
        Ok(manifest) => {
            File::open(parent).and_then(|parent| parent.sync_all()).map_err(BackupError::file(parent))?;
            Ok(Restored { manifest, aside })
        }
        Err(error) => {
            // What cannot be removed says by its name what it is.
            let _ = fs::remove_dir_all(&beside);
            Err(error)
        }
    }
}

/// The folder by its real name, whether it is there or not.
fn real(folder: &Path) -> Result<PathBuf, BackupError> {
    match fs::canonicalize(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => std::path::absolute(folder),
        found => found,
    }
    .map_err(BackupError::file(folder))
}

/// The name with something at its end.
fn named(folder: &Path, end: &str) -> PathBuf {
    let mut name = folder.file_name().map(OsString::from).unwrap_or_default();
    name.push(end);
    folder.with_file_name(name)
}

/// The lock of the folder, where a server has been in it. None is made: who knows whose folder it is.
fn locked(folder: &Path) -> Result<Option<File>, BackupError> {
    let path = folder.join(data_dir::LOCK);
    let file = match OpenOptions::new().write(true).open(&path) {
        Ok(file) => file,
        Err(error) if [io::ErrorKind::NotFound, io::ErrorKind::NotADirectory].contains(&error.kind()) => {
            return Ok(None);
        }
        Err(error) => return Err(BackupError::file(&path)(error)),
    };
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Err(BackupError::Running(folder.to_owned())),
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

/// Puts the new folder in its place. If that fails, the old one is where it was.
fn put(beside: &Path, folder: &Path, aside: Option<&Path>) -> Result<(), BackupError> {
    if let Some(aside) = aside {
        if aside.exists() {
            return Err(BackupError::file(aside)(io::ErrorKind::AlreadyExists.into()));
        }
        fs::rename(folder, aside).map_err(BackupError::file(folder))?;
    }
    fs::rename(beside, folder).map_err(|error| {
        if let Some(aside) = aside {
            // If this fails as well, its name tells.
            let _ = fs::rename(aside, folder);
        }
        BackupError::file(folder)(error)
    })
}

fn unpack(archive: &File, root: &Path, file: &Path) -> Result<Manifest, BackupError> {
    let mut folder = Folder { root: root.to_owned(), open: None };
    let manifest = read(BufReader::new(archive), &mut folder).map_err(|error| match error {
        // Reading went well a moment ago: it is the disk that is written to.
        ArchiveError::Io(source) => BackupError::file(root)(source),
        source => BackupError::archive(file)(source),
    })?;
    File::open(root).and_then(|root| root.sync_all()).map_err(BackupError::file(root))?;
    Ok(manifest)
}

/// Writes files into a folder that was empty, each for its owner only.
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
