//! Block files and their names.

use crate::block::{Block, open_payload};
use crate::bytes::{CorruptData, Cursor, HEADER, frame, header_version, is_intact};
use crate::file_index::{BlockEntry, FileIndex, Intern, MAGIC, TRAILER, VERSION};
use crate::leftovers::Leftovers;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use thiserror::Error;
use watchglass_model::Labels;

/// Maximum size of a file without a usable footer, which is read at once.
const MAX_REBUILT_BYTES: u64 = 1 << 30;

/// Error of reading a file.
#[derive(Debug, Error)]
pub(crate) enum FileError {
    #[error("cannot be read: {0}")]
    Io(#[from] io::Error),
    #[error("damaged: {0}")]
    Damage(#[from] CorruptData),
    #[error("has version {0}, which this program does not read")]
    Version(u16),
}

/// Name of a block file: the WAL files whose records it has, and how often it was rewritten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FileName {
    pub(crate) first: u64,
    pub(crate) last: u64,
    pub(crate) revision: u32,
}

impl FileName {
    pub(crate) fn text(&self) -> String {
        format!("records-{}-{}.{}.blk", self.first, self.last, self.revision)
    }

    pub(crate) fn parse(name: &str) -> Option<Self> {
        let (first, rest) = name.strip_prefix("records-")?.strip_suffix(".blk")?.split_once('-')?;
        let (last, revision) = rest.split_once('.')?;
        let parsed =
            Self { first: first.parse().ok()?, last: last.parse().ok()?, revision: revision.parse().ok()? };
        (parsed.text() == name && parsed.first <= parsed.last).then_some(parsed)
    }

    /// Whether the file has the records of a WAL file.
    pub(crate) fn covers(&self, wal: u64) -> bool {
        (self.first..=self.last).contains(&wal)
    }

    /// Whether another file has taken the place of this one.
    pub(crate) fn is_replaced_by(&self, other: &Self) -> bool {
        let is_part = other.first <= self.first && self.last <= other.last;
        let is_same = (self.first, self.last) == (other.first, other.last);
        is_part && (!is_same || other.revision > self.revision)
    }
}

/// Block file. After [`BlockFile::retire`] it is removed when nothing reads it any more.
#[derive(Debug)]
pub(crate) struct BlockFile {
    pub(crate) name: FileName,
    pub(crate) path: PathBuf,
    pub(crate) index: FileIndex,
    pub(crate) bytes: u64,
    /// Number of the last deletion whose records the file does not have.
    pub(crate) applied: u64,
    retired: OnceLock<Arc<Leftovers>>,
}

impl BlockFile {
    pub(crate) fn new(folder: &Path, name: FileName, (index, bytes): (FileIndex, u64), applied: u64) -> Self {
        Self { name, path: folder.join(name.text()), index, bytes, applied, retired: OnceLock::new() }
    }

    /// The file is no longer part of the store: it is removed when the last query that reads it ends.
    pub(crate) fn retire(&self, leftovers: &Arc<Leftovers>) {
        leftovers.add(&self.path);
        // A second time changes nothing.
        let _ = self.retired.set(Arc::clone(leftovers));
    }

    /// Opens a file. Without a usable footer the blocks are found by their frames, and the damage is returned.
    ///
    /// # Errors
    /// The file is unreadable, is no block file or has an unsupported version.
    pub(crate) fn open(
        folder: &Path,
        name: FileName,
        intern: &mut Intern<'_>,
    ) -> Result<(Self, Option<CorruptData>), FileError> {
        let file = File::open(folder.join(name.text()))?;
        let bytes = file.metadata()?.len();
        let mut damage = None;
        let index = match read_index(&file, bytes, intern) {
            Ok(index) => index,
            Err(FileError::Damage(found)) if bytes <= MAX_REBUILT_BYTES => {
                damage = Some(found);
                let mut content = vec![0; bytes as usize];
                file.read_exact_at(&mut content, 0)?;
                FileIndex::rebuild(&content, intern)
            }
            Err(error) => return Err(error),
        };
        Ok((Self::new(folder, name, (index, bytes), 0), damage))
    }

    pub(crate) fn stream(&self, block: &BlockEntry) -> Option<&Arc<Labels>> {
        self.index.streams.get(block.stream as usize)
    }

    /// Reads the frame of a block.
    pub(crate) fn frame(&self, file: &File, entry: &BlockEntry) -> Result<Vec<u8>, FileError> {
        let is_inside = entry.offset + u64::from(entry.frame_bytes) <= self.bytes;
        if !is_inside {
            return Err(CorruptData("block outside of the file").into());
        }
        let mut bytes = vec![0; entry.frame_bytes as usize];
        file.read_exact_at(&mut bytes, entry.offset).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => FileError::Damage(CorruptData("file too short")),
            _ => FileError::Io(error),
        })?;
        Ok(bytes)
    }

    /// The content of a frame, if it is the one that the index says.
    pub(crate) fn content<'a>(
        &self,
        frame_bytes: &'a [u8],
        entry: &BlockEntry,
    ) -> Result<&'a [u8], CorruptData> {
        let mut cursor = Cursor(frame_bytes);
        let (labels, summary, content) = open_payload(frame(&mut cursor)?)?;
        let is_expected = cursor.is_empty()
            && summary == entry.summary
            && self.stream(entry).is_some_and(|stream| **stream == labels);
        if is_expected { Ok(content) } else { Err(CorruptData("block does not match the footer")) }
    }

    /// Reads a block.
    pub(crate) fn read(&self, file: &File, entry: &BlockEntry) -> Result<Block, FileError> {
        let bytes = self.frame(file, entry)?;
        Ok(Block::decode(&entry.summary, self.content(&bytes, entry)?)?)
    }

    /// Reads the filters of all blocks; empty if they were lost with the footer.
    pub(crate) fn read_filters(&self, file: &File) -> Result<Vec<u8>, FileError> {
        let Some(filters) = self.index.filters else { return Ok(Vec::new()) };
        let mut bytes = vec![0; filters.bytes as usize];
        file.read_exact_at(&mut bytes, filters.offset)?;
        if is_intact(&bytes, filters.sum) {
            Ok(bytes)
        } else {
            Err(CorruptData("filter checksum mismatch").into())
        }
    }
}

impl Drop for BlockFile {
    fn drop(&mut self) {
        if let Some(leftovers) = self.retired.get() {
            leftovers.remove(&self.path);
        }
    }
}

/// Filter of a block; empty if there is none.
pub(crate) fn filter_of<'a>(filters: &'a [u8], entry: &BlockEntry) -> &'a [u8] {
    let (start, length) = (entry.filter_start as usize, entry.filter_bytes as usize);
    filters.get(start..start.saturating_add(length)).unwrap_or_default()
}

/// Reads header and footer.
fn read_index(file: &File, bytes: u64, intern: &mut Intern<'_>) -> Result<FileIndex, FileError> {
    if bytes < (HEADER + TRAILER) as u64 {
        return Err(CorruptData("file too short").into());
    }
    let mut header = [0; HEADER];
    file.read_exact_at(&mut header, 0)?;
    let version = header_version(&header, MAGIC)?;
    if version != VERSION {
        return Err(FileError::Version(version));
    }
    let mut trailer = [0; TRAILER];
    let end = bytes - TRAILER as u64;
    file.read_exact_at(&mut trailer, end)?;
    let (length, sum) = FileIndex::decode_trailer(&trailer)?;
    let start = end.checked_sub(u64::from(length)).ok_or(CorruptData("footer too large"))?;
    let mut footer = vec![0; length as usize];
    file.read_exact_at(&mut footer, start)?;
    Ok(FileIndex::decode(&footer, sum, start, intern)?)
}
