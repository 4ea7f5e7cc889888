//! Writer of block files. The format is in `file_index.rs`.

use crate::block_builder::EncodedBlock;
use crate::bytes::HEADER;
use crate::disk::{Disk, DiskFile};
use crate::file_index::{BlockEntry, FileIndex, Filters, file_header};
use crate::folder::TEMPORARY;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use watchglass_model::Labels;

/// Write buffer size in bytes.
const BUFFER: usize = 256 * 1024;

/// Writer of a block file under a temporary name.
#[derive(Debug)]
pub(crate) struct FileWriter<'a> {
    disk: &'a dyn Disk,
    file: Arc<dyn DiskFile>,
    temporary: PathBuf,
    buffer: Vec<u8>,
    next: u64,
    filters: Vec<u8>,
    index: FileIndex,
}

impl<'a> FileWriter<'a> {
    /// Creates a file that will have this path.
    pub(crate) fn create(disk: &'a dyn Disk, path: &Path) -> io::Result<Self> {
        let mut temporary = path.as_os_str().to_owned();
        temporary.push(TEMPORARY);
        let temporary = PathBuf::from(temporary);
        let file = disk.create(&temporary)?;
        let (buffer, next) = (file_header(), HEADER as u64);
        Ok(Self { disk, file, temporary, buffer, next, filters: Vec::new(), index: FileIndex::default() })
    }

    /// Place of the next block.
    pub(crate) fn next(&self) -> u64 {
        self.next
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.index.blocks.is_empty()
    }

    /// Appends a block. Blocks of a stream come one after the other, in the order of arrival.
    pub(crate) fn add(&mut self, stream: &Arc<Labels>, block: &EncodedBlock) -> io::Result<()> {
        let entry = BlockEntry {
            stream: self.index.stream_number(stream),
            frame_bytes: block.frame.len() as u32,
            offset: self.next,
            summary: block.summary,
            filter_start: self.filters.len() as u32,
            filter_bytes: block.filter.len() as u32,
        };
        self.index.blocks.push(entry);
        self.next += block.frame.len() as u64;
        self.filters.extend_from_slice(&block.filter);
        self.buffer.extend_from_slice(&block.frame);
        if self.buffer.len() >= BUFFER { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        let written = self.file.append(&self.buffer);
        self.buffer.clear();
        written
    }

    /// Completes the file and gives it its name. Returns its index and size. After an error it may have its name already.
    pub(crate) fn finish(mut self, path: &Path) -> io::Result<(FileIndex, u64)> {
        let sum = crc32fast::hash(&self.filters);
        let filters = Filters { offset: self.next, bytes: self.filters.len() as u32, sum };
        self.index.filters = Some(filters);
        let footer = self.index.encode(sum);
        let bytes = self.next + (self.filters.len() + footer.len()) as u64;
        self.buffer.extend_from_slice(&self.filters);
        self.buffer.extend_from_slice(&footer);
        self.flush()?;
        self.file.sync()?;
        self.disk.rename(&self.temporary, path)?;
        if let Some(folder) = path.parent() {
            self.disk.sync_folder(folder)?;
        }
        self.index.streams.shrink_to_fit();
        self.index.blocks.shrink_to_fit();
        Ok((self.index, bytes))
    }

    /// Removes the unfinished file.
    pub(crate) fn abort(self) {
        // Otherwise it is removed at the next start.
        let _ = self.disk.remove(&self.temporary);
    }
}
