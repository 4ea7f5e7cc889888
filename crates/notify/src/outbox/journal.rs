//! Journal of the outbox: records are appended and synced; a grown file is compacted.

use super::folder_lock::FolderLock;
use super::record::{self, HEADER_LEN, READ_VERSIONS, ReadResult, Record};
use super::{OpenError, Opened};
use same_file::Handle;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// The same in all versions of the format: another name would let an older program start without the messages in it.
const NAME: &str = "outbox.1";
const NEW: &str = "outbox.new";
const DAMAGED: &str = "outbox.damaged";
/// Minimum size of a file to compact, in bytes.
const MIN_COMPACTED: u64 = 1 << 20;
/// Maximum size of a file to read, in bytes: far larger than any written file.
const MAX_FILE_BYTES: u64 = 1 << 30;

/// Journal file, open for appending.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    /// `None` after a failed write, until the next compaction.
    file: Option<Handle>,
    length: u64,
    /// Length after the last compaction.
    compacted: u64,
    lock: FolderLock,
    /// Simulates a full disk.
    #[cfg(test)]
    pub(super) is_full: bool,
}

impl Journal {
    /// Reads the file in a folder, which is created if it is missing.
    ///
    /// # Errors
    /// The file is in use, unreadable, or of another version. It stays unchanged.
    pub(super) fn open(folder: &Path) -> Result<(Self, Vec<Record>, Opened), OpenError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| OpenError::Io { path, error }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let lock = FolderLock::take(folder)?;

        let path = folder.join(NAME);
        let bytes = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(OpenError::Io { path, error }),
            Ok(metadata) if metadata.len() > MAX_FILE_BYTES => return Err(OpenError::NotOurs { path }),
            Ok(_) => fs::read(&path).map_err(failed(&path))?,
        };
        let found = parse(&path, &bytes)?;
        if found.damaged > 0 {
            // The readable records are rewritten; the damaged file is kept for analysis.
            let damaged = folder.join(DAMAGED);
            let _ = fs::remove_file(&damaged);
            // A hard link needs no space, in case the disk is full.
            let kept = fs::hard_link(&path, &damaged).or_else(|_| fs::copy(&path, &damaged).map(drop));
            kept.map_err(failed(&damaged))?;
        }
        let opened = Opened { torn: found.torn, damaged: found.damaged, dispatcher_state: None };
        let journal = Self {
            folder: folder.to_owned(),
            file: None,
            length: 0,
            compacted: 0,
            lock,
            #[cfg(test)]
            is_full: false,
        };
        Ok((journal, found.records, opened))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the file has all records.
    pub(super) fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// Appends records and syncs them to disk.
    ///
    /// # Errors
    /// The write failed: the file is incomplete until it is rewritten.
    pub(super) fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let Some(file) = self.file.as_ref() else { return Err(io::ErrorKind::NotConnected.into()) };
        #[cfg(test)]
        if self.is_full {
            self.file = None;
            return Err(io::ErrorKind::StorageFull.into());
        }
        let path = self.folder.join(NAME);
        let in_place = || {
            // A deleted file can still be written, and is lost.
            if Handle::from_path(&path)? == *file {
                Ok(())
            } else {
                Err(io::Error::other("the file was replaced"))
            }
        };
        let encoded = in_place().and_then(|()| encode(records.iter(), Vec::new()));
        let result = encoded.and_then(|bytes| {
            file.as_file().write_all(&bytes)?;
            file.as_file().sync_data()?;
            Ok(bytes.len() as u64)
        });
        match result {
            Ok(length) => self.length += length,
            Err(error) => {
                self.file = None;
                return Err(error);
            }
        }
        Ok(())
    }

    /// Whether compaction is due.
    pub(super) fn needs_compaction(&self) -> bool {
        self.length > MIN_COMPACTED.max(self.compacted.saturating_mul(2))
    }

    /// Writes a new file and atomically replaces the old one.
    ///
    /// # Errors
    /// The write failed: the old file stays.
    pub(super) fn rewrite(&mut self, records: impl Iterator<Item = Record>) -> io::Result<()> {
        self.lock.check()?;
        // After a failure, retry when the file has doubled, not with every record.
        self.compacted = self.length;
        #[cfg(test)]
        if self.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let bytes = encode(records, record::header())?;
        let new = self.folder.join(NEW);
        if let Err(error) = write_new(&new, &bytes) {
            // A partial file would take space on a full disk.
            let _ = fs::remove_file(&new);
            return Err(error);
        }
        fs::rename(&new, self.folder.join(NAME))?;
        // The open file is no longer the one in the folder.
        self.file = None;
        File::open(&self.folder)?.sync_all()?;
        let file = OpenOptions::new().append(true).open(self.folder.join(NAME))?;
        self.file = Some(Handle::from_file(file)?);
        self.length = bytes.len() as u64;
        self.compacted = self.length;
        Ok(())
    }
}

/// Writes a file with mode 0600: messages contain signed action links.
fn write_new(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn encode(
    records: impl Iterator<Item = impl std::borrow::Borrow<Record>>,
    mut bytes: Vec<u8>,
) -> io::Result<Vec<u8>> {
    for record in records {
        record::encode(record.borrow(), &mut bytes).map_err(io::Error::other)?;
    }
    Ok(bytes)
}

fn parse(path: &Path, bytes: &[u8]) -> Result<ReadResult, OpenError> {
    let Some((header, rest)) = bytes.split_at_checked(HEADER_LEN) else {
        // Files are replaced atomically, so a missing header means that a system crash truncated the file.
        return Ok(ReadResult { torn: bytes.len(), ..ReadResult::default() });
    };
    let found = match record::version(header) {
        Some(version) if READ_VERSIONS.contains(&version) => return Ok(record::read(rest)),
        Some(version) => return Err(OpenError::Version { path: path.to_owned(), version }),
        None => record::read(rest),
    };
    // Records are the same in all versions: only the header is damaged if there are some.
    if found.records.is_empty() && !rest.is_empty() {
        return Err(OpenError::NotOurs { path: path.to_owned() });
    }
    Ok(ReadResult { damaged: found.damaged + HEADER_LEN, ..found })
}
