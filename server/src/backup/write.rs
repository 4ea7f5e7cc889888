//! Writes a backup: beside its place, verified, and only then put there.

use super::snapshot::{self, Found, Snapshot};
use super::{BackupError, restore};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use watchglass_backup::{Entry, Manifest};
use watchglass_model::Timestamp;

/// A backup that was written.
#[derive(Debug)]
pub(super) struct Written {
    /// What is in it.
    pub(super) manifest: Manifest,
    /// What is in the folder and not in it.
    pub(super) left_out: Vec<String>,
}

/// Writes an archive of the data folder.
///
/// # Errors
/// The folder cannot be read, the archive cannot be written or would be within it. What was there before is there still.
pub(super) fn write(folder: &Path, file: &Path, now: Timestamp) -> Result<Written, BackupError> {
    let folder = &fs::canonicalize(folder).map_err(|_| BackupError::NoData(folder.to_owned()))?;
    let place = place_of(file)?;
    if place.starts_with(folder) {
        return Err(BackupError::Within { file: file.to_owned(), folder: folder.clone() });
    }
    // One file descriptor for each file: more than the usual thousand where the past is kept for long.
    crate::serve::raise_open_files();
    let Snapshot { files, left_out } = snapshot::take(folder)?;
    if files.is_empty() {
        return Err(BackupError::NoData(folder.clone()));
    }
    let entries = files.iter().map(|found| {
        let mut from = at_its_beginning(found).map_err(BackupError::file(&folder.join(&found.name)))?;
        Entry::of(&found.name, found.size, &mut from).map_err(BackupError::archive(&folder.join(&found.name)))
    });
    let entries = entries.collect::<Result<Vec<Entry>, BackupError>>()?;
    let made = u64::try_from(now.millis()).unwrap_or(0);
    let program = concat!("watchglass ", env!("CARGO_PKG_VERSION"));
    let manifest = Manifest::new(program, made, entries).map_err(BackupError::archive(folder))?;
    let mut beside = place.clone().into_os_string();
    beside.push(format!(".{}.new", std::process::id()));
    let beside = PathBuf::from(beside);
    let written = pack(&beside, &manifest, &files)
        .and_then(|()| restore::verify(&beside))
        .and_then(|_| fs::rename(&beside, &place).map_err(BackupError::file(&place)));
    if let Err(error) = written {
        // It is of no use; one that cannot be removed says so by its name.
        let _ = fs::remove_file(&beside);
        return Err(error);
    }
    if let Some(parent) = place.parent() {
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(BackupError::file(parent))?;
    }
    Ok(Written { manifest, left_out })
}

/// Where the archive is to be, by the real name of its folder.
fn place_of(file: &Path) -> Result<PathBuf, BackupError> {
    let whole = std::path::absolute(file).map_err(BackupError::file(file))?;
    match (whole.parent(), whole.file_name()) {
        (Some(parent), Some(name)) => {
            Ok(fs::canonicalize(parent).map_err(BackupError::file(parent))?.join(name))
        }
        _ => Err(BackupError::file(file)(io::ErrorKind::IsADirectory.into())),
    }
}

fn pack(to: &Path, manifest: &Manifest, files: &[Found]) -> Result<(), BackupError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut out = BufWriter::new(file.map_err(BackupError::file(to))?);
    let mut files = files.iter();
    // They are asked for in the order in which they are listed.
    let open = |_: &Entry| match files.next() {
        Some(found) => at_its_beginning(found),
        None => Err(io::ErrorKind::NotFound.into()),
    };
    watchglass_backup::write(&mut out, manifest, open).map_err(BackupError::archive(to))?;
    let file = out.into_inner().map_err(|error| BackupError::file(to)(error.into_error()))?;
    file.sync_all().map_err(BackupError::file(to))
}

fn at_its_beginning(found: &Found) -> io::Result<&File> {
    let mut file = &found.file;
    file.rewind()?;
    Ok(file)
}
