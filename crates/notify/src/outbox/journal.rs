//! The file of the outbox: records are appended and synced; when it has grown it is written anew.

use super::record::{self, Found, HEADER, MAGIC, Record, VERSION};
use super::{OpenError, Opened};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const NAME: &str = "outbox.1";
const NEW: &str = "outbox.new";
const DAMAGED: &str = "outbox.damaged";
const LOCK: &str = "outbox.lock";
/// A file shorter than this is not written anew, in bytes.
const LEAST_COMPACTED: u64 = 1 << 20;
/// The largest file that is read, in bytes: far more than any that is written.
const MOST_BYTES: u64 = 1 << 30;

/// The file, open for appending.
#[derive(Debug)]
pub(super) struct Journal {
    folder: PathBuf,
    /// `None` while it cannot be written.
    file: Option<File>,
    length: u64,
    /// How long it was when it was last written anew.
    compacted: u64,
    /// Held as long as this is there: two programs with one outbox would send everything twice.
    _lock: File,
    /// A disk that is full.
    #[cfg(test)]
    pub(super) is_full: bool,
}

impl Journal {
    /// Reads the file in a folder, which is made when it is not there.
    ///
    /// # Errors
    /// Another program has it, it cannot be read, or it is of another version. It stays as it is.
    pub(super) fn open(folder: &Path) -> Result<(Self, Vec<Record>, Opened), OpenError> {
        let failed = |path: &Path| {
            let path = path.to_owned();
            move |error| OpenError::Io { path, error }
        };
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let lock = folder.join(LOCK);
        let lock_file = File::create(&lock).map_err(failed(&lock))?;
        lock_file.try_lock().map_err(|error| match error {
            fs::TryLockError::WouldBlock => OpenError::InUse { folder: folder.to_owned() },
            fs::TryLockError::Error(error) => OpenError::Io { path: lock, error },
        })?;

        let path = folder.join(NAME);
        let bytes = match fs::metadata(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(OpenError::Io { path, error }),
            Ok(metadata) if metadata.len() > MOST_BYTES => return Err(OpenError::NotOurs { path }),
            Ok(_) => fs::read(&path).map_err(failed(&path))?,
        };
        let found = parse(&path, &bytes)?;
        if found.damaged > 0 {
            // What could be read is written anew; the rest stays for whoever wants to look into it.
            let damaged = folder.join(DAMAGED);
            let _ = fs::remove_file(&damaged);
            // A second name takes no room, should there be none.
            let kept = fs::hard_link(&path, &damaged).or_else(|_| fs::copy(&path, &damaged).map(drop));
            kept.map_err(failed(&damaged))?;
        }
        let opened = Opened { torn: found.torn, damaged: found.damaged };
        let journal = Self {
            folder: folder.to_owned(),
            file: None,
            length: 0,
            compacted: 0,
            _lock: lock_file,
            #[cfg(test)]
            is_full: false,
        };
        Ok((journal, found.records, opened))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the file has all that was given to it.
    pub(super) fn is_open(&self) -> bool {
        self.file.is_some()
    }

    /// Appends records and waits until the disk has them.
    ///
    /// # Errors
    /// It could not be done: the file is behind until it is written anew.
    pub(super) fn append(&mut self, records: &[Record]) -> io::Result<()> {
        let Some(file) = self.file.as_mut() else { return Err(io::ErrorKind::NotConnected.into()) };
        #[cfg(test)]
        if self.is_full {
            self.file = None;
            return Err(io::ErrorKind::StorageFull.into());
        }
        let result = encode(records.iter(), Vec::new()).and_then(|bytes| {
            file.write_all(&bytes)?;
            file.sync_data()?;
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

    /// Whether it is time to write it anew.
    pub(super) fn has_grown(&self) -> bool {
        self.length > LEAST_COMPACTED.max(self.compacted.saturating_mul(2))
    }

    /// Writes the file anew and puts it in the place of the old one in one step.
    ///
    /// # Errors
    /// It could not be done: the old file stays.
    pub(super) fn rewrite(&mut self, records: impl Iterator<Item = Record>) -> io::Result<()> {
        // Should this fail it is tried again when the file has doubled, and not with every record.
        self.compacted = self.length;
        #[cfg(test)]
        if self.is_full {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let bytes = encode(records, record::header())?;
        let new = self.folder.join(NEW);
        if let Err(error) = write_new(&new, &bytes) {
            // Half a file would only take the room that is missing.
            let _ = fs::remove_file(&new);
            return Err(error);
        }
        fs::rename(&new, self.folder.join(NAME))?;
        // What is open now is no file of the folder any more.
        self.file = None;
        File::open(&self.folder)?.sync_all()?;
        self.file = Some(OpenOptions::new().append(true).open(self.folder.join(NAME))?);
        self.length = bytes.len() as u64;
        self.compacted = self.length;
        Ok(())
    }
}

/// Writes a file that nobody else may read: messages have links in them that let people in.
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

fn parse(path: &Path, bytes: &[u8]) -> Result<Found, OpenError> {
    let Some((header, rest)) = bytes.split_at_checked(HEADER) else {
        // A file is put in its place whole, so one that has no header was emptied by a crash of the machine.
        return Ok(Found { torn: bytes.len(), ..Found::default() });
    };
    match header.strip_prefix(MAGIC.as_slice()) {
        Some([a, b, ..]) => match u16::from_le_bytes([*a, *b]) {
            VERSION => Ok(record::read(rest)),
            version => Err(OpenError::Version { path: path.to_owned(), version }),
        },
        _ => Err(OpenError::NotOurs { path: path.to_owned() }),
    }
}
