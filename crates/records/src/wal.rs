//! Write-ahead log: the file that is being written, and replay of files.

use crate::block_file::FileError;
use crate::bytes::{CorruptData, Cursor, HEADER, frame, header_version, skip_damage};
use crate::disk::{Disk, DiskFile};
use crate::record::NewRecord;
use crate::wal_format::{self, MAGIC, VERSION};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Maximum size of a WAL file that is read, far above what is written.
const MAX_WAL_BYTES: u64 = 4 << 30;

/// File name of a WAL.
pub(crate) fn wal_name(generation: u64) -> String {
    format!("log-{generation}.wal")
}

pub(crate) fn parse_wal_name(name: &str) -> Option<u64> {
    let generation = name.strip_prefix("log-")?.strip_suffix(".wal")?.parse().ok()?;
    (wal_name(generation) == name).then_some(generation)
}

/// WAL file that is being written.
#[derive(Debug)]
pub(crate) struct WalFile {
    pub(crate) file: Arc<dyn DiskFile>,
    pub(crate) generation: u64,
    /// Size of its complete batches.
    pub(crate) length: u64,
    /// Whether there may be a part of a batch behind them.
    is_torn: bool,
    /// Whether the file cannot be written any more: it was deleted, for example.
    pub(crate) is_lost: bool,
}

impl WalFile {
    /// Creates a file.
    pub(crate) fn create(disk: &dyn Disk, folder: &Path, generation: u64) -> io::Result<Self> {
        let path = folder.join(wal_name(generation));
        let file = disk.create(&path)?;
        let header = wal_format::file_header();
        if let Err(error) = file.append(&header) {
            // An empty file is no damage.
            let _ = disk.remove(&path);
            return Err(error);
        }
        Ok(Self { file, generation, length: header.len() as u64, is_torn: false, is_lost: false })
    }

    /// Continues a file of an earlier run behind its complete batches.
    pub(crate) fn reopen(disk: &dyn Disk, path: &Path, generation: u64, length: u64) -> io::Result<Self> {
        let file = disk.open_end(path, length)?;
        Ok(Self { file, generation, length, is_torn: false, is_lost: false })
    }

    /// Writes a batch to the operating system. After an error the file has nothing of it.
    pub(crate) fn append(&mut self, batch: &[u8]) -> io::Result<()> {
        self.repair()?;
        if let Err(error) = self.file.append(batch) {
            self.is_torn = true;
            self.is_lost = !matches!(
                error.kind(),
                io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
            );
            // Otherwise before the next batch.
            let _ = self.repair();
            return Err(error);
        }
        self.length += batch.len() as u64;
        Ok(())
    }

    fn repair(&mut self) -> io::Result<()> {
        if self.is_torn {
            self.file.truncate(self.length)?;
            self.is_torn = false;
        }
        Ok(())
    }
}

/// Outcome of a replay.
#[derive(Debug, Default)]
pub(crate) struct Replayed {
    /// Size up to the end of the last complete batch.
    pub(crate) length: u64,
    /// Damage before that.
    pub(crate) damage: Option<CorruptData>,
}

/// Calls `visit` for each record of a WAL file, without damaged batches. A batch that is incomplete at the end is no damage.
///
/// # Errors
/// The file is unreadable or has an unsupported version.
pub(crate) fn replay(path: &Path, visit: &mut dyn FnMut(&NewRecord<'_>)) -> Result<Replayed, FileError> {
    if fs::metadata(path)?.len() > MAX_WAL_BYTES {
        return Err(CorruptData("file too large").into());
    }
    let bytes = fs::read(path)?;
    // The header is written before any batch.
    if bytes.len() < HEADER {
        return Ok(Replayed::default());
    }
    let mut replayed = Replayed { length: HEADER as u64, damage: None };
    match header_version(&bytes, MAGIC) {
        Ok(VERSION) => {}
        Ok(version) => return Err(FileError::Version(version)),
        Err(error) => replayed.damage = Some(error),
    }
    let mut rest = Cursor(bytes.get(HEADER..).unwrap_or_default());
    while !rest.is_empty() {
        let before = rest.clone();
        let batch = frame(&mut rest).and_then(|payload| wal_format::decode(payload, visit));
        match batch {
            Ok(()) => replayed.length = (bytes.len() - rest.0.len()) as u64,
            Err(error) => {
                rest = before;
                if skip_damage(&mut rest) {
                    replayed.damage.get_or_insert(error);
                }
            }
        }
    }
    Ok(replayed)
}

/// Path of a WAL file.
pub(crate) fn wal_path(folder: &Path, generation: u64) -> PathBuf {
    folder.join(wal_name(generation))
}
