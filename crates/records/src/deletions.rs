//! Deletions whose records still are in files, and the file that keeps them.
//!
//! Version 1 of the file `deletions`: a header (`bytes.rs`) with the magic number `WGLASRDL`, then a frame for each
//! deletion: varint number of the last WAL file whose records it removes, signed varint first time, signed varint time
//! after the last one, varint number of streams, their labels (`record.rs`) in order.
//!
//! The streams are those that existed at the time of the deletion; records that arrive later are not deleted.

use crate::block_file::{BlockFile, FileError};
use crate::bytes::{
    CorruptData, Cursor, HEADER, frame, header, header_version, put_frame, put_signed, put_varint,
    skip_damage,
};
use crate::disk::Disk;
use crate::file_index::BlockEntry;
use crate::folder::TEMPORARY;
use crate::record::{labels, put_labels};
use std::fs;
use std::io;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use watchglass_model::Labels;

const MAGIC: &[u8; 8] = b"WGLASRDL";
const VERSION: u16 = 1;
/// Name of the file.
pub(crate) const FILE: &str = "deletions";
/// Maximum number of streams of a deletion.
const MAX_STREAMS: usize = 1 << 22;

/// Records to remove from files.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Deletion {
    /// The last WAL file whose records are meant.
    pub(crate) generation: u64,
    /// Times in milliseconds.
    pub(crate) times: Range<i64>,
    /// Sorted.
    pub(crate) streams: Vec<Arc<Labels>>,
}

impl Deletion {
    fn has_stream(&self, stream: &Labels) -> bool {
        self.streams.binary_search_by(|known| (**known).cmp(stream)).is_ok()
    }

    fn put(&self, out: &mut Vec<u8>) {
        let mut payload = Vec::new();
        put_varint(&mut payload, self.generation);
        put_signed(&mut payload, self.times.start);
        put_signed(&mut payload, self.times.end);
        put_varint(&mut payload, self.streams.len() as u64);
        self.streams.iter().for_each(|stream| put_labels(&mut payload, stream));
        put_frame(out, &payload);
    }

    fn decode(payload: &[u8]) -> Result<Self, CorruptData> {
        let mut cursor = Cursor(payload);
        let generation = cursor.varint()?;
        let times = cursor.signed()?..cursor.signed()?;
        let count = cursor.count(MAX_STREAMS)?;
        let streams: Result<Vec<_>, _> = (0..count).map(|_| labels(&mut cursor).map(Arc::new)).collect();
        let streams = streams?;
        let is_valid = cursor.is_empty() && streams.is_sorted();
        if is_valid { Ok(Self { generation, times, streams }) } else { Err(CorruptData("invalid deletion")) }
    }
}

/// Deletions in the order of their arrival. Each has a number: 1 and up.
#[derive(Clone, Debug, Default)]
pub(crate) struct Deletions {
    list: Vec<(u64, Arc<Deletion>)>,
    last: u64,
}

impl Deletions {
    pub(crate) fn len(&self) -> usize {
        self.list.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Number of the last deletion.
    pub(crate) fn last(&self) -> u64 {
        self.last
    }

    /// Greatest number of a WAL file from which records are deleted.
    pub(crate) fn newest_generation(&self) -> Option<u64> {
        self.list.iter().map(|(_, deletion)| deletion.generation).max()
    }

    /// These and another one.
    pub(crate) fn with(&self, deletion: Deletion) -> Self {
        let mut new = self.clone();
        new.last += 1;
        new.list.push((new.last, Arc::new(deletion)));
        new
    }

    /// These without the ones up to a number.
    pub(crate) fn without(&self, number: u64) -> Self {
        let list = self.list.iter().filter(|(known, _)| *known > number).cloned().collect();
        Self { list, last: self.last }
    }

    /// Deleted times of records that arrived up to WAL file `generation`, by deletions after number `applied`.
    pub(crate) fn times(&self, stream: &Labels, generation: u64, applied: u64) -> Vec<Range<i64>> {
        self.list
            .iter()
            .filter(|(number, deletion)| *number > applied && generation <= deletion.generation)
            .filter(|(_, deletion)| deletion.has_stream(stream))
            .map(|(_, deletion)| deletion.times.clone())
            .collect()
    }

    /// Whether a file may have deleted records.
    pub(crate) fn affect(&self, file: &BlockFile) -> bool {
        if self.last <= file.applied {
            return false;
        }
        let streams = file.index.streams.iter();
        let times: Vec<_> = streams.map(|stream| self.times(stream, file.name.last, file.applied)).collect();
        file.index.blocks.iter().any(|block| {
            times.get(block.stream as usize).is_some_and(|times| !overlapping(times, block).is_empty())
        })
    }

    /// Writes the file.
    pub(crate) fn save(&self, folder: &Path, disk: &dyn Disk) -> io::Result<()> {
        let mut bytes = header(MAGIC, VERSION);
        self.list.iter().for_each(|(_, deletion)| deletion.put(&mut bytes));
        let temporary = folder.join(format!("{FILE}{TEMPORARY}"));
        let file = disk.create(&temporary)?;
        let written = file.append(&bytes).and_then(|()| file.sync());
        if let Err(error) = written {
            // Otherwise it is removed at the next start.
            let _ = disk.remove(&temporary);
            return Err(error);
        }
        disk.rename(&temporary, &folder.join(FILE))?;
        disk.sync_folder(folder)
    }

    /// Reads the file, if there is one. Damaged deletions are left out, and the damage is returned.
    ///
    /// # Errors
    /// The file is unreadable or has an unsupported version.
    pub(crate) fn read(folder: &Path) -> Result<(Self, Option<CorruptData>), FileError> {
        let (mut deletions, mut damage) = (Self::default(), None);
        let bytes = match fs::read(folder.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok((deletions, None)),
            read => read?,
        };
        match header_version(&bytes, MAGIC) {
            Ok(VERSION) => {}
            Ok(version) => return Err(FileError::Version(version)),
            Err(error) => damage = Some(error),
        }
        let mut rest = Cursor(bytes.get(HEADER..).unwrap_or_default());
        while !rest.is_empty() {
            let before = rest.clone();
            match frame(&mut rest).and_then(Deletion::decode) {
                Ok(deletion) => deletions = deletions.with(deletion),
                Err(error) => {
                    damage.get_or_insert(error);
                    rest = before;
                    skip_damage(&mut rest);
                }
            }
        }
        Ok((deletions, damage))
    }
}

/// The times that a block may have records of.
pub(crate) fn overlapping(times: &[Range<i64>], block: &BlockEntry) -> Vec<Range<i64>> {
    let (oldest, newest) = (block.summary.oldest, block.summary.newest);
    times.iter().filter(|times| times.start <= newest && oldest < times.end).cloned().collect()
}

/// Whether all records of a block are deleted.
pub(crate) fn cover(times: &[Range<i64>], block: &BlockEntry) -> bool {
    times.iter().any(|times| times.contains(&block.summary.oldest) && times.contains(&block.summary.newest))
}
