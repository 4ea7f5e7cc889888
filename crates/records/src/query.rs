//! Queries: which records, and in which order.

use crate::block_file::{BlockFile, FileError, filter_of};
use crate::compactor::report_block;
use crate::deletions::{Deletions, cover, overlapping};
use crate::merge::{Merge, Source, SourceData};
use crate::record::Record;
use crate::search::Search;
use crate::state::StoreState;
use crate::words;
use std::fs::File;
use std::ops::{ControlFlow, Range};
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
    /// Records in memory, in the order of arrival.
    chunks: Vec<Source>,
    deletions: Arc<Deletions>,
}

/// Takes a snapshot; expired records are excluded from the query.
fn snapshot(shared: &StoreState, query: &mut Query<'_>) -> Snapshot {
    let records = shared.records();
    query.start = query.start.max(Timestamp::from_millis(records.floor));
    let is_wanted = |file: &&Arc<BlockFile>| query.overlaps(file.index.oldest(), file.index.newest());
    let frozen = records.frozen.iter().map(|frozen| (frozen.generation, &frozen.head));
    let deletions = Arc::clone(&records.deletions);
    // Nothing is deleted from the head that takes records.
    let chunks = frozen
        .chain([(u64::MAX, &records.head)])
        .filter(|(_, head)| query.overlaps(head.oldest, head.newest))
        .flat_map(|(generation, head)| head.streams().map(move |(stream, chunk)| (generation, stream, chunk)))
        .filter(|(_, stream, chunk)| query.overlaps(chunk.oldest, chunk.newest) && (query.streams)(stream))
        .map(|(generation, stream, chunk)| Source {
            stream: Arc::clone(stream),
            order: 0,
            oldest: chunk.oldest,
            newest: chunk.newest,
            deleted: deletions.times(stream, generation, 0),
            data: SourceData::Chunk(Arc::clone(chunk)),
        })
        .collect();
    Snapshot { files: records.files.iter().filter(is_wanted).cloned().collect(), chunks, deletions }
}

/// Runs a query. The store is not locked meanwhile.
pub(crate) fn query(
    shared: &StoreState,
    query: &Query<'_>,
    visit: &mut Visit<'_>,
) -> Result<QueryStats, QueryError> {
    let mut query = *query;
    let snapshot = snapshot(shared, &mut query);
    let query = &query;
    let mut stats = QueryStats::default();
    let mut sources = Vec::new();
    let hashes = query.search.filter_hashes();
    for file in &snapshot.files {
        let deleted = |stream: &Labels| snapshot.deletions.times(stream, file.name.last, file.applied);
        add_blocks(shared, query, &hashes, file, &deleted, &mut sources, &mut stats);
    }
    sources.extend(snapshot.chunks);
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
    deleted: &dyn Fn(&Labels) -> Vec<Range<i64>>,
    sources: &mut Vec<Source>,
    stats: &mut QueryStats,
) {
    // Of each stream: whether it is wanted, and its deleted times.
    let streams = file.index.streams.iter();
    let wanted: Vec<_> = streams.map(|stream| (query.streams)(stream).then(|| deleted(stream))).collect();
    let mut filters = None;
    for entry in &file.index.blocks {
        let Some(Some(deleted)) = wanted.get(entry.stream as usize) else { continue };
        if !query.overlaps(entry.summary.oldest, entry.summary.newest) || cover(deleted, entry) {
            continue;
        }
        let Some(stream) = file.stream(entry) else { continue };
        let filters = filters.get_or_insert_with(|| match hashes.is_empty() {
            true => Vec::new(),
            false => read_filters(shared, file),
        });
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
            deleted: overlapping(deleted, entry),
            data: SourceData::Block { file: Arc::clone(file), entry: *entry },
        });
    }
}

/// Reads the filters of a file. Without them all blocks are read.
fn read_filters(shared: &StoreState, file: &BlockFile) -> Vec<u8> {
    let read = File::open(&file.path).map_err(FileError::Io).and_then(|opened| file.read_filters(&opened));
    read.unwrap_or_else(|error| {
        let name = file.name.text();
        shared.problems.set(&format!("{name} filters"), format!("{name}: filters: {error}"));
        Vec::new()
    })
}
