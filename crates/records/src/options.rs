//! Options, status and errors of the store.

use std::io;
use std::path::PathBuf;
use thiserror::Error;
use watchglass_model::Timestamp;

/// Options of a store.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Memory in bytes at which records move from memory into a block file. 64 KiB to 256 MiB.
    pub head_bytes: usize,
    /// Time in milliseconds after which records move from memory into a block file, by the times of the newest records; so
    /// that retention finds old ones. Late records do not count.
    pub head_span_millis: i64,
    /// Size in bytes of the records of a block before compression. 1 KiB to 1 MiB.
    pub block_bytes: usize,
    /// Compression level of [Zstandard](https://facebook.github.io/zstd/), 1 to 19.
    pub level: i32,
    /// Keep a filter of the words of each block, so that searches skip blocks.
    pub has_word_filter: bool,
    /// Maximum number of streams.
    pub max_streams: usize,
    /// Block files are merged up to this size in bytes of their records before compression.
    pub file_bytes: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            head_bytes: 4 << 20,
            head_span_millis: 6 * 3_600_000,
            block_bytes: 128 << 10,
            level: 3,
            has_word_filter: true,
            max_streams: 10_000,
            file_bytes: 64 << 20,
        }
    }
}

impl Options {
    pub(crate) fn clamped(self) -> Self {
        Self {
            head_bytes: self.head_bytes.clamp(64 << 10, 256 << 20),
            head_span_millis: self.head_span_millis.max(1000),
            block_bytes: self.block_bytes.clamp(1 << 10, 1 << 20),
            level: self.level.clamp(1, 19),
            file_bytes: self.file_bytes.min(512 << 20),
            ..self
        }
    }
}

/// Error of opening a store.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder is unusable.
    #[error("{folder}: {source}", folder = folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Error of the operating system.
        source: io::Error,
    },
    /// A file was written by a newer version. It was not touched.
    #[error("{file} has version {version}, which this program does not read", file = file.display())]
    Version {
        /// The file.
        file: PathBuf,
        /// Its version.
        version: u16,
    },
    /// No memory for compression, or no thread.
    #[error("record store cannot be started: {0}")]
    Start(io::Error),
}

/// Error of appending a batch. None of its records was taken.
#[derive(Debug, Error)]
pub enum AppendError {
    /// The batch is larger than 32 MiB.
    #[error("batch too large: at most 32 MiB are allowed")]
    TooLarge,
    /// A record has more than [`MAX_FIELDS`](crate::MAX_FIELDS) fields, or a stream as many labels.
    #[error("too many fields or labels: at most {} are allowed", crate::MAX_FIELDS)]
    TooManyFields,
    /// A time is more than 10 million years away from 1970.
    #[error("invalid time of a record: {0} ms")]
    InvalidTime(i64),
    /// A new stream is above [`Options::max_streams`].
    #[error("too many streams: at most {0} are allowed")]
    TooManyStreams(usize),
    /// The disk is slower than the records, or full: try again later.
    #[error("records arrive faster than they are written to disk")]
    Busy,
    /// The write-ahead log cannot be written, for example since the disk is full.
    #[error("records cannot be written: {0}")]
    Disk(#[from] io::Error),
    /// The store was closed.
    #[error("the record store is closed")]
    Closed,
}

/// Error of a deletion.
#[derive(Debug, Error)]
pub enum DeleteError {
    /// The deletion cannot be written.
    #[error("deletion cannot be written: {0}")]
    Disk(#[from] io::Error),
    /// The records of 1,000 deletions still are in files: try again later.
    #[error("too many deletions are pending")]
    Busy,
    /// The store was closed.
    #[error("the record store is closed")]
    Closed,
}

/// Limits of what is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    /// Older records are expired. Queries do not return them; a file is removed once all of its records are expired, and
    /// rewritten once half of them are.
    pub oldest: Option<Timestamp>,
    /// Maximum size on disk in bytes. Above it the file with the oldest records is removed, so that it should be much larger
    /// than a file: see [`Options::file_bytes`].
    pub max_bytes: Option<u64>,
}

/// What retention has removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Removed {
    /// Number of records.
    pub records: u64,
    /// Bytes on disk.
    pub bytes: u64,
}

/// Time in which the disk takes no records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outage {
    /// Time of the first record that was refused.
    pub since: Timestamp,
    /// Number of records that were refused.
    pub records: u64,
}

/// Status of a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// Bytes on disk: block files and write-ahead log, without quarantined files.
    pub stored_bytes: u64,
    /// Size of the records in block files before compression, in bytes.
    pub content_bytes: u64,
    /// Memory of records that are not in a block file yet, in bytes.
    pub head_bytes: usize,
    /// Number of block files.
    pub files: usize,
    /// Number of records, with deleted and expired ones that still are in files.
    pub records: u64,
    /// Number of streams.
    pub streams: usize,
    /// Time of the oldest record.
    pub oldest: Option<Timestamp>,
    /// Time of the newest record.
    pub newest: Option<Timestamp>,
    /// Number of deletions whose records still are in files.
    pub pending_deletions: usize,
    /// Records that were not taken since the store was opened, because of the disk or a limit.
    pub refused: u64,
    /// Current outage: the disk is full, fails or is too slow. It ends with the next batch that is taken.
    pub outage: Option<Outage>,
    /// Current problems as text, for users.
    pub problems: Vec<String>,
}
