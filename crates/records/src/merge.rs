//! Merge of blocks and chunks in the order of time. A block is read when its first record may be the next one.

use crate::block::Block;
use crate::block_file::{BlockFile, FileError};
use crate::file_index::BlockEntry;
use crate::head::Chunk;
use crate::query::{Direction, Query, QueryError, QueryStats, Visit};
use crate::record::{Field, Record};
use std::collections::BinaryHeap;
use std::fs::File;
use std::ops::Range;
use std::sync::Arc;
use watchglass_model::{Labels, Timestamp};

/// Number of records between two looks at the cancellation.
const CANCEL_INTERVAL: u64 = 1024;

/// Records of a stream in one place.
pub(crate) struct Source {
    pub(crate) stream: Arc<Labels>,
    /// Position in the order of arrival.
    pub(crate) order: usize,
    pub(crate) oldest: i64,
    pub(crate) newest: i64,
    /// Times without records, although its data has some.
    pub(crate) deleted: Vec<Range<i64>>,
    pub(crate) data: SourceData,
}

pub(crate) enum SourceData {
    Block { file: Arc<BlockFile>, entry: BlockEntry },
    Chunk(Arc<Chunk>),
}

/// Position of a record in the order of the result, the next one is the greatest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    time: i64,
    stream: usize,
    order: usize,
}

/// Source whose records are in memory.
struct Cursor {
    stream: Arc<Labels>,
    data: CursorData,
    /// Times and numbers of the wanted records, the next one last.
    wanted: Vec<(i64, u32)>,
    /// Memory in bytes.
    memory: usize,
}

enum CursorData {
    Block(Block),
    Chunk(Arc<Chunk>),
}

impl CursorData {
    fn record<'a>(&'a self, number: u32, fields: &mut Vec<Field<'a>>) -> Option<&'a [u8]> {
        match self {
            Self::Block(block) => block.record(number as usize, fields).ok(),
            Self::Chunk(chunk) => chunk.record(number, fields).ok(),
        }
    }

    /// Memory of its own.
    fn memory(&self) -> usize {
        match self {
            Self::Block(block) => block.memory(),
            Self::Chunk(_) => 0,
        }
    }
}

pub(crate) struct Merge<'a> {
    query: &'a Query<'a>,
    stats: QueryStats,
    report: &'a dyn Fn(&BlockFile, u64, &FileError),
    /// Not read yet; the next one last.
    pending: Vec<(Key, Source)>,
    cursors: Vec<Option<Cursor>>,
    /// Numbers of the cursors that have ended.
    free: Vec<usize>,
    heap: BinaryHeap<(Key, usize)>,
    memory: usize,
}

impl<'a> Merge<'a> {
    pub(crate) fn new(
        query: &'a Query<'a>,
        sources: Vec<Source>,
        stats: QueryStats,
        report: &'a dyn Fn(&BlockFile, u64, &FileError),
    ) -> Self {
        let mut streams: Vec<Arc<Labels>> = sources.iter().map(|source| Arc::clone(&source.stream)).collect();
        streams.sort();
        streams.dedup();
        let mut merge = Self {
            query,
            stats,
            report,
            pending: Vec::new(),
            cursors: Vec::new(),
            free: Vec::new(),
            heap: BinaryHeap::new(),
            memory: 0,
        };
        for source in sources {
            let time = if merge.is_backward() { source.newest } else { source.oldest };
            let stream = streams.partition_point(|stream| *stream < source.stream);
            merge.pending.push((merge.key(time, stream, source.order), source));
        }
        merge.pending.sort_by_key(|(key, _)| *key);
        merge
    }

    fn is_backward(&self) -> bool {
        self.query.direction == Direction::Backward
    }

    /// Forward, the order is reversed by the bitwise complement.
    fn key(&self, time: i64, stream: usize, order: usize) -> Key {
        match self.query.direction {
            Direction::Backward => Key { time, stream, order },
            Direction::Forward => Key { time: !time, stream: !stream, order: !order },
        }
    }

    pub(crate) fn run(mut self, visit: &mut Visit<'_>) -> Result<QueryStats, QueryError> {
        if self.query.limit == 0 {
            self.stats.is_limited = true;
            return Ok(self.stats);
        }
        loop {
            while let Some((key, _)) = self.pending.last() {
                // Equal times: the order of streams and of arrival is that of the keys.
                if self.heap.peek().is_some_and(|(top, _)| top > key) {
                    break;
                }
                let Some((key, source)) = self.pending.pop() else { break };
                self.open(key, source)?;
            }
            let Some((key, number)) = self.heap.pop() else { return Ok(self.stats) };
            let Some(cursor) = self.cursors.get_mut(number).and_then(Option::as_mut) else { continue };
            let Some((time, place)) = cursor.wanted.pop() else { continue };
            let mut fields = Vec::new();
            if let Some(body) = cursor.data.record(place, &mut fields) {
                let time = Timestamp::from_millis(time);
                let record = Record { stream: &cursor.stream, time, fields: &fields, body };
                self.stats.records += 1;
                if visit(&record).is_break() {
                    return Ok(self.stats);
                }
            }
            match cursor.wanted.last() {
                Some(&(time, _)) => {
                    let time = if self.query.direction == Direction::Backward { time } else { !time };
                    self.heap.push((Key { time, ..key }, number));
                }
                None => self.close(number),
            }
            if self.stats.records as usize >= self.query.limit {
                self.stats.is_limited = true;
                return Ok(self.stats);
            }
            if self.stats.records.is_multiple_of(CANCEL_INTERVAL) && (self.query.is_cancelled)() {
                return Err(QueryError::Cancelled);
            }
        }
    }

    /// Reads a source.
    fn open(&mut self, key: Key, source: Source) -> Result<(), QueryError> {
        if (self.query.is_cancelled)() {
            return Err(QueryError::Cancelled);
        }
        let (data, mut wanted) = match source.data {
            SourceData::Chunk(chunk) => {
                let sorted = chunk.sorted();
                (CursorData::Chunk(chunk), sorted)
            }
            SourceData::Block { file, entry } => {
                self.stats.blocks_read += 1;
                self.stats.bytes_read += u64::from(entry.summary.content_bytes);
                if self.stats.bytes_read > self.query.max_read_bytes {
                    return Err(QueryError::TooManyBytes(self.query.max_read_bytes));
                }
                // Open for this block alone: a query may read thousands of files.
                let read = File::open(&file.path).map_err(FileError::Io);
                match read.and_then(|opened| file.read(&opened, &entry)) {
                    Ok(block) => {
                        let numbered = self.candidates(&block);
                        (CursorData::Block(block), numbered)
                    }
                    Err(error) => {
                        self.stats.blocks_damaged += 1;
                        (self.report)(&file, entry.offset, &error);
                        return Ok(());
                    }
                }
            }
        };
        let (start, end) = (self.query.start.millis(), self.query.end.millis());
        let search = &self.query.search;
        let mut fields = Vec::new();
        wanted.retain(|&(time, place)| {
            let is_inside =
                (start..end).contains(&time) && !source.deleted.iter().any(|deleted| deleted.contains(&time));
            is_inside
                && (search.is_empty()
                    || data.record(place, &mut fields).is_some_and(|body| search.matches(&fields, body)))
        });
        drop(fields);
        if !self.is_backward() {
            wanted.reverse();
        }
        let Some(&(time, _)) = wanted.last() else { return Ok(()) };
        let memory = data.memory() + wanted.len() * size_of::<(i64, u32)>();
        self.memory += memory;
        if self.memory > self.query.max_memory_bytes {
            return Err(QueryError::TooMuchMemory(self.query.max_memory_bytes));
        }
        let time = if self.is_backward() { time } else { !time };
        let cursor = Some(Cursor { stream: source.stream, data, wanted, memory });
        let number = self.free.pop().unwrap_or(self.cursors.len());
        match self.cursors.get_mut(number) {
            Some(place) => *place = cursor,
            None => self.cursors.push(cursor),
        }
        self.heap.push((Key { time, ..key }, number));
        Ok(())
    }

    /// Records of a block that may be wanted: with a substring, those in whose body it is found.
    fn candidates(&self, block: &Block) -> Vec<(i64, u32)> {
        let numbered = || block.times().iter().copied().zip(0..);
        let Some(part) = self.query.search.substrings.iter().max_by_key(|part| part.len()) else {
            return numbered().collect();
        };
        if part.is_empty() {
            return numbered().collect();
        }
        let mut found: Vec<usize> = memchr::memmem::find_iter(block.bodies(), part)
            .flat_map(|place| block.record_at(place)..=block.record_at(place + part.len() - 1))
            .collect();
        found.dedup();
        found
            .into_iter()
            .filter_map(|number| Some((*block.times().get(number)?, u32::try_from(number).ok()?)))
            .collect()
    }

    fn close(&mut self, number: usize) {
        if let Some(cursor) = self.cursors.get_mut(number).and_then(Option::take) {
            self.memory = self.memory.saturating_sub(cursor.memory);
            self.free.push(number);
        }
    }
}
