//! All files of a data folder at one moment, while a server may be writing them.
//!
//! A server replaces its files as a whole, by renaming, and appends to logs. So whoever has them open has them as they were, and
//! of logs as much as there was; and if no file came, went or was replaced while they were opened, they are those of one
//! moment.

use super::BackupError;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// How often it is tried. Opening takes milliseconds, and files come and go once in a while.
const ATTEMPTS: u32 = 100;
/// Between two attempts.
const BETWEEN: Duration = Duration::from_millis(20);
/// Folders within folders.
const DEEPEST: usize = 2;
/// What is of a moment only: locks, and what is half written. What was set aside as damaged is nobody's data any more.
const PASSING: [&str; 5] = ["lock", "new", "tmp", "damaged", "access.lock"];

/// A file that is open.
#[derive(Debug)]
pub(super) struct Found {
    /// Its name in the folder, with `/` between folders.
    pub(super) name: String,
    /// How much of it there was, in bytes.
    pub(super) size: u64,
    /// The file.
    pub(super) file: File,
}

/// The files of one moment.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The files. What is told is written down after it is in the outbox: that comes last.
    pub(super) files: Vec<Found>,
    /// Names of what is neither a file nor a folder, or deeper than any server writes.
    pub(super) left_out: Vec<String>,
}

/// What there is, by name: the number of each file, which is another one once it was replaced; `None` for what is left out.
type Listed = BTreeMap<String, Option<u64>>;

/// Opens all files of a folder.
///
/// # Errors
/// They cannot be read, or never stand still.
pub(super) fn take(folder: &Path) -> Result<Snapshot, BackupError> {
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            thread::sleep(BETWEEN);
        }
        let before = list(folder).map_err(BackupError::file(folder))?;
        let Some(files) = open(folder, &before)? else { continue };
        if list(folder).map_err(BackupError::file(folder))? == before {
            let left_out = before.into_iter().filter(|(_, file)| file.is_none()).map(|(name, _)| name);
            return Ok(Snapshot { files, left_out: left_out.collect() });
        }
    }
    Err(BackupError::Restless { folder: folder.to_owned(), attempts: ATTEMPTS })
}

/// `None` where one of them is gone meanwhile.
fn open(folder: &Path, listed: &Listed) -> Result<Option<Vec<Found>>, BackupError> {
    let mut files = Vec::with_capacity(listed.len());
    let mut names: Vec<&String> =
        listed.iter().filter(|(_, file)| file.is_some()).map(|(name, _)| name).collect();
    names.sort_by_key(|name| name.starts_with("outbox/"));
    for name in names {
        let path = folder.join(name);
        let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
        match opened {
            Ok((size, file)) => files.push(Found { name: name.clone(), size, file }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BackupError::file(&path)(error)),
        }
    }
    Ok(Some(files))
}

fn list(folder: &Path) -> io::Result<Listed> {
    let mut listed = Listed::new();
    walk(folder, "", DEEPEST, &mut listed)?;
    Ok(listed)
}

fn walk(folder: &Path, prefix: &str, deeper: usize, listed: &mut Listed) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let shown = format!("{prefix}{}", name.to_string_lossy());
        if is_passing(&name.to_string_lossy()) {
            continue;
        }
        // What is gone meanwhile is missing from the second list as well, or the lists differ.
        let found = match entry.metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let is_plain = name.to_str().is_some_and(|name| !name.starts_with('.'));
        if found.is_file() && is_plain {
            listed.insert(shown, Some(found.ino()));
        } else if found.is_dir() && is_plain && deeper > 0 {
            match walk(&entry.path(), &format!("{shown}/"), deeper - 1, listed) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                walked => walked?,
            }
        } else {
            listed.insert(shown, None);
        }
    }
    Ok(())
}

fn is_passing(name: &str) -> bool {
    PASSING.contains(&name) || name.rsplit_once('.').is_some_and(|(_, end)| PASSING.contains(&end))
}
