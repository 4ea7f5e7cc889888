//! Rewrite of block files: without deleted records, several as one, small blocks as larger ones.

use crate::block::Block;
use crate::block_builder::{BlockBuilder, EncodedBlock};
use crate::block_file::{BlockFile, FileError, FileName, filter_of};
use crate::compactor::report_block;
use crate::deletions::{Deletions, cover, overlapping};
use crate::file_index::BlockEntry;
use crate::file_writer::FileWriter;
use crate::plan::{self, Candidate};
use crate::state::StoreState;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::Range;
use std::sync::{Arc, MutexGuard};
use watchglass_model::Labels;

/// Removes deleted records from files; returns whether all of them are gone.
pub(crate) fn apply_deletions(shared: &StoreState, _maintenance: &MutexGuard<'_, ()>) -> io::Result<bool> {
    let (deletions, files) = {
        let records = shared.records();
        (Arc::clone(&records.deletions), records.files.clone())
    };
    let Some(newest) = deletions.newest_generation() else { return Ok(true) };
    for file in files.iter().filter(|file| deletions.affect(file)) {
        rewrite(shared, std::slice::from_ref(file))?;
    }
    drop(files);
    // Until then a restart could find deleted records again.
    let is_gone = {
        let records = shared.records();
        records.stale_logs.is_empty()
            && records.frozen.iter().all(|frozen| frozen.generation > newest)
            && records.unread.iter().all(|unread| unread.start > newest)
    };
    if !is_gone || !shared.leftovers.retry() {
        return Ok(false);
    }
    let left = shared.records().deletions.without(deletions.last());
    left.save(&shared.folder, shared.disk.as_ref())?;
    shared.records_mut().deletions = Arc::new(left);
    Ok(true)
}

/// Merges small files until there are few.
pub(crate) fn merge_files(shared: &StoreState, _maintenance: &MutexGuard<'_, ()>) -> io::Result<()> {
    loop {
        let files = shared.records().files.clone();
        let mut candidates = Vec::new();
        let mut before: Option<&BlockFile> = None;
        for file in &files {
            let is_adjacent = before.is_some_and(|before| is_adjacent(shared, before, file));
            candidates.push(Candidate { content_bytes: file.index.content_bytes(), is_adjacent });
            before = Some(file);
        }
        let run = plan::merge(&candidates, shared.options.file_bytes);
        let Some(run) = run.and_then(|run| files.get(run)) else { return Ok(()) };
        rewrite(shared, run)?;
    }
}

/// Removes files without records: they have replaced files that are gone now.
pub(crate) fn remove_empty_files(shared: &StoreState, _maintenance: &MutexGuard<'_, ()>) {
    if !shared.records().deletions.is_empty() || !shared.leftovers.retry() {
        return;
    }
    let mut empty = Vec::new();
    shared.records_mut().files.retain(|file| {
        let is_empty = file.index.blocks.is_empty();
        if is_empty {
            empty.push(Arc::clone(file));
        }
        !is_empty
    });
    empty.iter().for_each(|file| file.retire(&shared.leftovers));
}

/// Whether a file may have the place of both: it has all records that arrived from the first of one to the last of the other.
fn is_adjacent(shared: &StoreState, before: &BlockFile, file: &BlockFile) -> bool {
    let between = before.name.last + 1..file.name.first;
    let records = shared.records();
    let is_intact = before.index.filters.is_some() && file.index.filters.is_some();
    is_intact
        && !records.frozen.iter().any(|frozen| between.contains(&frozen.generation))
        && !records.unread.iter().any(|unread| unread.start < between.end && between.start < unread.end)
}

/// Writes adjacent files as one, without deleted and expired records. Damaged blocks are kept as they are, except where
/// something of them is deleted.
pub(crate) fn rewrite(shared: &StoreState, files: &[Arc<BlockFile>]) -> io::Result<Arc<BlockFile>> {
    let (Some(first), Some(last)) = (files.first(), files.last()) else {
        return Err(io::ErrorKind::InvalidInput.into());
    };
    let revision = if files.len() == 1 { first.name.revision + 1 } else { 0 };
    let name = FileName { first: first.name.first, last: last.name.last, revision };
    let (deletions, floor) = {
        let records = shared.records();
        (Arc::clone(&records.deletions), records.floor)
    };
    let path = shared.folder.join(name.text());
    let mut rewriter = Rewriter {
        shared,
        deletions: &deletions,
        floor,
        writer: FileWriter::create(shared.disk.as_ref(), &path)?,
        builder: BlockBuilder::new(shared.options.level, shared.options.has_word_filter)?,
        pending: Vec::new(),
        damaged: Vec::new(),
    };
    if let Err(error) = rewriter.add(files) {
        rewriter.writer.abort();
        return Err(error);
    }
    let Rewriter { writer, damaged, .. } = rewriter;
    let written = match writer.finish(&path) {
        Ok(written) => written,
        Err(error) => {
            // It may have its name already, and would hide the files that it was made of after a restart.
            shared.leftovers.remove(&path);
            return Err(error);
        }
    };
    shared.leftovers.keep(&path);
    let new = Arc::new(BlockFile::new(&shared.folder, name, written, deletions.last()));
    {
        let mut records = shared.records_mut();
        let at = records.files.iter().position(|file| Arc::ptr_eq(file, first)).unwrap_or(0);
        records.files.retain(|file| !files.iter().any(|old| Arc::ptr_eq(old, file)));
        records.files.insert(at, Arc::clone(&new));
    }
    for old in files {
        shared.problems.clear_file(&old.name.text());
        old.retire(&shared.leftovers);
    }
    damaged.iter().for_each(|(offset, error)| report_block(shared, &new, *offset, error));
    Ok(new)
}

/// Block that is written together with others.
struct Pending {
    block: Block,
    /// The block as it is in its file.
    original: EncodedBlock,
    deleted: Vec<Range<i64>>,
}

struct Rewriter<'a> {
    shared: &'a StoreState,
    deletions: &'a Deletions,
    floor: i64,
    writer: FileWriter<'a>,
    builder: BlockBuilder,
    /// Blocks of one stream, one after the other.
    pending: Vec<Pending>,
    /// Places of damaged blocks in the new file.
    damaged: Vec<(u64, FileError)>,
}

impl Rewriter<'_> {
    fn add(&mut self, files: &[Arc<BlockFile>]) -> io::Result<()> {
        let mut opened = Vec::new();
        let mut streams: BTreeMap<&Arc<Labels>, Vec<(usize, &BlockEntry)>> = BTreeMap::new();
        for (number, file) in files.iter().enumerate() {
            let handle = File::open(&file.path)?;
            // Without a filter a block is found nevertheless.
            let filters = file.read_filters(&handle).unwrap_or_default();
            opened.push((file, handle, filters));
            for entry in &file.index.blocks {
                if let Some(stream) = file.stream(entry) {
                    streams.entry(stream).or_default().push((number, entry));
                }
            }
        }
        for (stream, blocks) in streams {
            for (number, entry) in blocks {
                let Some((file, handle, filters)) = opened.get(number) else { continue };
                self.add_block(stream, file, handle, filters, entry)?;
            }
            self.flush(stream)?;
        }
        Ok(())
    }

    fn add_block(
        &mut self,
        stream: &Arc<Labels>,
        file: &BlockFile,
        handle: &File,
        filters: &[u8],
        entry: &BlockEntry,
    ) -> io::Result<()> {
        let deleted = self.deletions.times(stream, file.name.last, file.applied);
        let deleted = overlapping(&deleted, entry);
        if entry.summary.newest < self.floor || cover(&deleted, entry) {
            return Ok(());
        }
        let frame = match file.frame(handle, entry) {
            Ok(frame) => frame,
            Err(FileError::Io(error)) => return Err(error),
            Err(error) => {
                self.damaged.push((0, error));
                return Ok(());
            }
        };
        let is_small = (entry.summary.content_bytes as usize) < self.shared.options.block_bytes / 2;
        let content = file.content(&frame, entry);
        let block = match content {
            Ok(content) if is_small || !deleted.is_empty() => {
                Block::decode(&entry.summary, content).map(Some)
            }
            Ok(_) => Ok(None),
            Err(error) => Err(error),
        };
        let filter = filter_of(filters, entry).to_vec();
        let original = EncodedBlock { frame, filter, summary: entry.summary };
        match block {
            Ok(Some(block)) => {
                let summaries = self.pending.iter().map(|pending| pending.original.summary);
                let pending: usize = summaries.map(|summary| summary.content_bytes as usize).sum();
                if pending + entry.summary.content_bytes as usize > self.shared.options.block_bytes {
                    self.flush(stream)?;
                }
                self.pending.push(Pending { block, original, deleted });
                Ok(())
            }
            Ok(None) => {
                self.flush(stream)?;
                self.writer.add(stream, &original)
            }
            Err(error) => {
                self.flush(stream)?;
                self.damaged.push((self.writer.next(), error.into()));
                // Nobody knows whether it has deleted records.
                if deleted.is_empty() { self.writer.add(stream, &original) } else { Ok(()) }
            }
        }
    }

    /// Writes the pending blocks as one.
    fn flush(&mut self, stream: &Arc<Labels>) -> io::Result<()> {
        let pending = std::mem::take(&mut self.pending);
        if let [Pending { original, deleted, .. }] = pending.as_slice()
            && deleted.is_empty()
        {
            return self.writer.add(stream, original);
        }
        let mut wanted = Vec::new();
        for (number, Pending { block, deleted, .. }) in pending.iter().enumerate() {
            let times = block.times().iter().enumerate();
            let kept = times.filter(|(_, time)| !deleted.iter().any(|deleted| deleted.contains(time)));
            wanted.extend(kept.map(|(at, &time)| (time, number, at)));
        }
        // Equal times in the order of arrival.
        wanted.sort_unstable();
        let mut fields = Vec::new();
        for (time, number, at) in wanted {
            let Some(Pending { block, .. }) = pending.get(number) else { continue };
            match block.record(at, &mut fields) {
                Ok(body) => self.builder.push(time, &fields, body),
                Err(error) => self.damaged.push((self.writer.next(), error.into())),
            }
        }
        if self.builder.is_empty() {
            return Ok(());
        }
        let block = self.builder.finish(stream)?;
        self.writer.add(stream, &block)
    }
}
