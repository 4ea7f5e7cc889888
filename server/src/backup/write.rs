//! Backup: write to a temporary file, verify it, then rename it into target.

use super::snapshot::{self, OpenFile, Snapshot};
use super::{BackupError, restore};
use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Seek};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use watchglass_backup::{Entry, Manifest};
use watchglass_model::Timestamp;

/// Result of a backup.
#[derive(Debug)]
pub(super) struct WrittenBackup {
    pub(super) manifest: Manifest,
    /// Names of skipped entries of the folder.
    pub(super) skipped: Vec<String>,
}

/// Writes an archive of the data directory.
///
/// # Errors
/// The folder is unreadable, or the archive cannot be written or would be inside it. An existing archive stays unchanged.
pub(super) fn write(folder: &Path, file: &Path, now: Timestamp) -> Result<WrittenBackup, BackupError> {
    let folder = &fs::canonicalize(folder).map_err(|_| BackupError::NoData(folder.to_owned()))?;
    let target = target_path(file)?;
    if target.starts_with(folder) {
        return Err(BackupError::InsideDataDir { file: file.to_owned(), folder: folder.clone() });
    }
    // One file descriptor per file: more than the default limit of 1,024 with a long retention.
    crate::open_files::raise_open_file_limit();
    let Snapshot { files, skipped: left_out } = snapshot::take(folder)?;
    if files.is_empty() {
        return Err(BackupError::NoData(folder.clone()));
    }
    let entries = files.iter().map(|found| {
        let mut from = rewound(found).map_err(BackupError::file(&folder.join(&found.name)))?;
        Entry::hash(&found.name, found.size, &mut from)
            .map_err(BackupError::archive(&folder.join(&found.name)))
    });
    let entries = entries.collect::<Result<Vec<Entry>, BackupError>>()?;
    let made = u64::try_from(now.millis()).unwrap_or(0);
    let program = concat!("watchglass ", env!("CARGO_PKG_VERSION"));
    let manifest = Manifest::new(program, made, entries).map_err(BackupError::archive(folder))?;
    let mut temporary = target.clone().into_os_string();
    temporary.push(format!(".{}.new", std::process::id()));
    let temporary = PathBuf::from(temporary);
    let written = pack(&temporary, &manifest, &files)
        .and_then(|()| restore::verify(&temporary))
        .and_then(|_| fs::rename(&temporary, &target).map_err(BackupError::file(&target)));
    if let Err(error) = written {
        // If the removal fails, the file's name tells that it is temporary.
        let _ = fs::remove_file(&temporary);
        return Err(error);
    }
    if let Some(parent) = target.parent() {
        File::open(parent).and_then(|parent| parent.sync_all()).map_err(BackupError::file(parent))?;
    }
    Ok(WrittenBackup { manifest, skipped: left_out })
}

/// Path of the archive in its canonical folder.
fn target_path(file: &Path) -> Result<PathBuf, BackupError> {
    let absolute = std::path::absolute(file).map_err(BackupError::file(file))?;
    match (absolute.parent(), absolute.file_name()) {
        (Some(parent), Some(name)) => {
            Ok(fs::canonicalize(parent).map_err(BackupError::file(parent))?.join(name))
        }
        _ => Err(BackupError::file(file)(io::ErrorKind::IsADirectory.into())),
    }
}

fn pack(to: &Path, manifest: &Manifest, files: &[OpenFile]) -> Result<(), BackupError> {
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(to);
    let mut out = BufWriter::new(file.map_err(BackupError::file(to))?);
    let mut files = files.iter();
    // The files are opened in manifest order.
    let open = |_: &Entry| match files.next() {
        Some(found) => rewound(found),
        None => Err(io::ErrorKind::NotFound.into()),
    };
    watchglass_backup::write(&mut out, manifest, open).map_err(BackupError::archive(to))?;
    let file = out.into_inner().map_err(|error| BackupError::file(to)(error.into_error()))?;
    file.sync_all().map_err(BackupError::file(to))
}

fn rewound(found: &OpenFile) -> io::Result<&File> {
    let mut file = &found.file;
    file.rewind()?;
    Ok(file)
}
