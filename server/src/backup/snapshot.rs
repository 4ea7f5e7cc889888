//! Consistent snapshot of a data directory, while a server may write to it.
//!
//! The server replaces files atomically by renaming and appends to logs. So open file handles keep their state, and logs
//! their current length; if no file was added, removed or replaced while the files were opened, they belong to one point in
//! time.

use super::BackupError;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::thread;
use std::time::Duration;

/// Maximum attempts. Opening takes milliseconds, and files change rarely.
const ATTEMPTS: u32 = 100;
/// Delay between attempts.
const RETRY_DELAY: Duration = Duration::from_millis(20);
/// Maximum depth of nested folders.
const MAX_DEPTH: usize = 2;
/// Names and extensions to ignore: locks, partial files, and quarantined damaged files.
const TRANSIENT: [&str; 5] = ["lock", "new", "tmp", "damaged", "access.lock"];

/// Open file.
#[derive(Debug)]
pub(super) struct OpenFile {
    /// Name relative to the data directory, with `/` between folders.
    pub(super) name: String,
    /// Length in bytes when it was opened.
    pub(super) size: u64,
    pub(super) file: File,
}

/// Files of one point in time.
#[derive(Debug)]
pub(super) struct Snapshot {
    /// The files. The outbox, which grows, comes last: it is then as new as the files that are replaced.
    pub(super) files: Vec<OpenFile>,
    /// Names of entries that are neither files nor folders, or nested too deep.
    pub(super) skipped: Vec<String>,
}

/// Directory listing by name: inode number, which changes when a file is replaced; `None` for skipped entries.
type Listing = BTreeMap<String, Option<u64>>;

/// Opens all files of a folder.
///
/// # Errors
/// A file is unreadable, or the folder keeps changing.
pub(super) fn take(folder: &Path) -> Result<Snapshot, BackupError> {
    for attempt in 0..ATTEMPTS {
        if attempt > 0 {
            thread::sleep(RETRY_DELAY);
        }
        let before = list(folder).map_err(BackupError::file(folder))?;
        let Some(files) = open(folder, &before)? else { continue };
        if list(folder).map_err(BackupError::file(folder))? == before {
            let left_out = before.into_iter().filter(|(_, file)| file.is_none()).map(|(name, _)| name);
            return Ok(Snapshot { files, skipped: left_out.collect() });
        }
    }
    Err(BackupError::Unstable { folder: folder.to_owned(), attempts: ATTEMPTS })
}

/// `None` if a file has been removed meanwhile.
fn open(folder: &Path, listing: &Listing) -> Result<Option<Vec<OpenFile>>, BackupError> {
    let mut files = Vec::with_capacity(listing.len());
    let mut names: Vec<&String> =
        listing.iter().filter(|(_, file)| file.is_some()).map(|(name, _)| name).collect();
    names.sort_by_key(|name| name.starts_with("outbox/"));
    for name in names {
        let path = folder.join(name);
        let opened = File::open(&path).and_then(|file| Ok((file.metadata()?.len(), file)));
        match opened {
            Ok((size, file)) => files.push(OpenFile { name: name.clone(), size, file }),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(BackupError::file(&path)(error)),
        }
    }
    Ok(Some(files))
}

fn list(folder: &Path) -> io::Result<Listing> {
    let mut listing = Listing::new();
    walk(folder, "", MAX_DEPTH, &mut listing)?;
    Ok(listing)
}

fn walk(folder: &Path, prefix: &str, depth: usize, listing: &mut Listing) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let shown = format!("{prefix}{}", name.to_string_lossy());
        if is_transient(&name.to_string_lossy()) {
            continue;
        }
        // A removed file is missing from the second listing as well, or the listings differ.
        let found = match entry.metadata() {
            Ok(found) => found,
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            Err(error) => return Err(error),
        };
        let is_plain = name.to_str().is_some_and(|name| !name.starts_with('.'));
        if found.is_file() && is_plain {
            listing.insert(shown, Some(found.ino()));
        } else if found.is_dir() && is_plain && depth > 0 {
            match walk(&entry.path(), &format!("{shown}/"), depth - 1, listing) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                walked => walked?,
            }
        } else {
            listing.insert(shown, None);
        }
    }
    Ok(())
}

fn is_transient(name: &str) -> bool {
    TRANSIENT.contains(&name) || name.rsplit_once('.').is_some_and(|(_, end)| TRANSIENT.contains(&end))
}
