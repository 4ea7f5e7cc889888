//! Queries: which records, and in which order.

use crate::block_file::{BlockFile, FileError, filter_of};
use crate::compactor::report_block;
use crate::head::Chunk;
use crate::merge::{Merge, Source, SourceData};
use crate::record::Record;
use crate::search::Search;
use crate::state::StoreState;
use crate::words;
use std::fs::File;
use std::ops::ControlFlow;
use std::sync::Arc;
use thiserror::Error;
use watchglass_model::{Labels, Timestamp};

/// Order of the records of a query.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Direction {
    /// Oldest first.
    #[default]
    Forward,
    /// Newest first.
    Backward,
}

/// Selects records.
#[derive(Clone, Copy)]
pub struct Query<'a> {
    /// Whether a stream is wanted.
    pub streams: &'a dyn Fn(&Labels) -> bool,
    /// First time.
    pub start: Timestamp,
    /// Time after the last one.
    pub end: Timestamp,
    /// What the records must contain.
    pub search: Search<'a>,
    /// Order.
    pub direction: Direction,
    /// Maximum number of records.
    pub limit: usize,
    /// Maximum size in bytes of the blocks that are read, before compression.
    pub max_read_bytes: u64,
    /// Maximum memory in bytes of blocks that are read at the same time.
    pub max_memory_bytes: usize,
    /// Asked before each block and now and then between records.
    pub is_cancelled: &'a dyn Fn() -> bool,
}

impl std::fmt::Debug for Query<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Query")
            .field("start", &self.start)
            .field("end", &self.end)
            .field("search", &self.search)
            .field("direction", &self.direction)
            .field("limit", &self.limit)
            .finish_non_exhaustive()
    }
}

impl Default for Query<'_> {
    /// All records, with a limit of 128 MiB of memory.
    fn default() -> Self {
        Self {
            streams: &|_| true,
            start: Timestamp::from_millis(i64::MIN),
            end: Timestamp::from_millis(i64::MAX),
            search: Search::default(),
            direction: Direction::Forward,
            limit: usize::MAX,
            max_read_bytes: u64::MAX,
            max_memory_bytes: 128 << 20,
            is_cancelled: &|| false,
        }
    }
}

/// Receives the records of a query; ends it with [`ControlFlow::Break`].
pub type Visit<'a> = dyn FnMut(&Record<'_>) -> ControlFlow<()> + 'a;

/// Error of a query.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum QueryError {
    /// [`Query::is_cancelled`] returned `true`.
    #[error("query cancelled")]
    Cancelled,
    /// Blocks with more than [`Query::max_read_bytes`] would have to be read.
    #[error("query too large: more than {0} bytes would be read")]
    TooManyBytes(u64),
    /// More than [`Query::max_memory_bytes`] would be needed at the same time.
    #[error("query too wide: more than {0} bytes of memory would be needed; select fewer streams")]
    TooMuchMemory(usize),
}

/// What a query did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueryStats {
    /// Records that were visited.
    pub records: u64,
    /// Blocks that were read.
    pub blocks_read: u64,
    /// Blocks that were skipped because of the filter of their words.
    pub blocks_skipped: u64,
    /// Blocks that are damaged or unreadable; their records are missing.
    pub blocks_damaged: u64,
    /// Size in bytes of the blocks that were read, before compression.
    pub bytes_read: u64,
    /// The limit was reached: there may be more records.
    pub is_limited: bool,
}

impl Query<'_> {
    /// Whether any of these times is wanted.
    pub(crate) fn overlaps(&self, oldest: i64, newest: i64) -> bool {
        oldest < self.end.millis() && newest >= self.start.millis()
    }
}

/// What a query found when it began.
struct Snapshot {
    files: Vec<Arc<BlockFile>>,
    /// Streams and records in memory, in the order of arrival.
    chunks: Vec<(Arc<Labels>, Arc<Chunk>)>,
}

fn snapshot(shared: &StoreState, query: &Query<'_>) -> Snapshot {
    let records = shared.records();
    let is_wanted = |file: &&Arc<BlockFile>| query.overlaps(file.index.oldest(), file.index.newest());
    let heads = records.frozen.iter().map(|frozen| &frozen.head).chain([&records.head]);
    let chunks = heads
        .filter(|head| query.overlaps(head.oldest, head.newest))
        .flat_map(|head| head.streams())
        .filter(|(stream, chunk)| query.overlaps(chunk.oldest, chunk.newest) && (query.streams)(stream))
        .map(|(stream, chunk)| (Arc::clone(stream), Arc::clone(chunk)))
        .collect();
    Snapshot { files: records.files.iter().filter(is_wanted).cloned().collect(), chunks }
}

/// Runs a query. The store is not locked meanwhile.
pub(crate) fn query(
    shared: &StoreState,
    query: &Query<'_>,
    visit: &mut Visit<'_>,
) -> Result<QueryStats, QueryError> {
    let snapshot = snapshot(shared, query);
    let mut stats = QueryStats::default();
    let mut sources = Vec::new();
    let hashes = query.search.filter_hashes();
    for file in &snapshot.files {
        add_blocks(shared, query, &hashes, file, &mut sources, &mut stats);
    }
    for (stream, chunk) in snapshot.chunks {
        let (oldest, newest) = (chunk.oldest, chunk.newest);
        sources.push(Source { stream, order: 0, oldest, newest, data: SourceData::Chunk(chunk) });
    }
    (0..).zip(&mut sources).for_each(|(number, source)| source.order = number);
    let report = |file: &BlockFile, offset: u64, error: &FileError| report_block(shared, file, offset, error);
    Merge::new(query, sources, stats, &report).run(visit)
}

/// Adds the blocks of a file that may have wanted records.
fn add_blocks(
    shared: &StoreState,
    query: &Query<'_>,
    hashes: &[u64],
    file: &Arc<BlockFile>,
    sources: &mut Vec<Source>,
    stats: &mut QueryStats,
) {
    let wanted: Vec<bool> = file.index.streams.iter().map(|stream| (query.streams)(stream)).collect();
    let mut open: Option<(Arc<File>, Vec<u8>)> = None;
    for entry in &file.index.blocks {
        let is_wanted = wanted.get(entry.stream as usize).copied().unwrap_or(false)
            && query.overlaps(entry.summary.oldest, entry.summary.newest);
        let Some(stream) = file.stream(entry).filter(|_| is_wanted) else { continue };
        if open.is_none() {
            open = open_file(shared, file, !hashes.is_empty());
        }
        let Some((opened, filters)) = &open else {
            stats.blocks_damaged += 1;
            continue;
        };
        let filter = filter_of(filters, entry);
        if !filter.is_empty() && !hashes.iter().all(|&hash| words::may_have(filter, hash)) {
            stats.blocks_skipped += 1;
            continue;
        }
        sources.push(Source {
            stream: Arc::clone(stream),
            order: 0,
            oldest: entry.summary.oldest,
            newest: entry.summary.newest,
            data: SourceData::Block { file: Arc::clone(file), opened: Arc::clone(opened), entry: *entry },
        });
    }
}

/// Opens a file, and reads its filters if they are needed.
fn open_file(shared: &StoreState, file: &BlockFile, has_filters: bool) -> Option<(Arc<File>, Vec<u8>)> {
    let opened = match File::open(&file.path) {
        Ok(opened) => opened,
        Err(error) => {
            report_block(shared, file, 0, &error.into());
            return None;
        }
    };
    let filters = match file.read_filters(&opened) {
        _ if !has_filters => Vec::new(),
        Ok(filters) => filters,
        Err(error) => {
            let name = file.name.text();
            shared.problems.set(&format!("{name} filters"), format!("{name}: filters: {error}"));
            Vec::new()
        }
    };
    Some((Arc::new(opened), filters))
}
