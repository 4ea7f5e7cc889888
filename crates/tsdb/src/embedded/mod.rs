//! Embedded time series store on disk.
//!
//! The newest samples are in memory (`head.rs`) and in a WAL (`log.rs`). After each hour its samples are written to a
//! block file, compressed by series (`segment.rs`), and downsampled into the files of the day (`roll.rs`). A query reads
//! only the selected series of each file and caches nothing.

mod block;
mod block_layout;
pub(crate) mod block_reader;
mod block_writer;
pub(crate) mod bytes;
mod clock;
pub(crate) mod column;
mod compactor;
mod compressed;
mod disk;
mod downsample;
mod executor;
mod files;
pub(crate) mod key;
mod options;
mod plan;
mod problems;
mod remote_api;
pub(crate) mod resolution;
mod state;
mod value_code;
pub(crate) mod wal;
mod wal_decoder;
mod wal_encoder;
mod wal_format;
mod wal_header;
pub(crate) mod wal_replay;

#[cfg(test)]
mod tests;

use crate::head::{Entry, Head};
use crate::{Columns, History, Query, QueryError, Selector, Status, StoredSeries, Visit};
use compactor::{Compactor, CompactorCommand, SYNC_BATCHES, flush_bytes, settle_batches};
use disk::{Disk, SystemDisk};
use files::Files;
pub use options::Options;
use problems::Problems;
use resolution::Resolution;
use state::StoreState;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use std::{fs, io};
use thiserror::Error;
use wal::{WalCommand, WalWriter};
use watchglass_model::{Batch, Catalogue, Series, SeriesId, TimeRange, Timestamp};

/// Capacity of the queue to the WAL writer, in batches.
const QUEUE_CAPACITY: usize = 256;
/// Shutdown timeout per thread: a hanging disk must not block the shutdown.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// Maximum number of WAL files of earlier runs that are kept. More are merged into one.
const MAX_KEPT_LOGS: usize = 8;

/// Error of opening a store.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder cannot be created or read.
    #[error("cannot use history folder {}: {source}", folder.display())]
    Folder {
        /// Folder.
        folder: PathBuf,
        /// Cause.
        source: io::Error,
    },
    /// A file has an unsupported version.
    #[error(
        "{} has unsupported version {version}: use the program version that wrote it, or move the file away",
        file.display()
    )]
    Version {
        /// File.
        file: PathBuf,
        /// Version of the file.
        version: u16,
    },
    /// A thread could not be started.
    #[error("cannot start history thread: {0}")]
    Thread(io::Error),
}

/// Store in a folder with exclusive access.
#[derive(Debug)]
pub struct EmbeddedHistory {
    shared: Arc<StoreState>,
    orders: SyncSender<WalCommand>,
    tasks: SyncSender<CompactorCommand>,
    ends: Mutex<Vec<Receiver<()>>>,
}

impl EmbeddedHistory {
    /// Opens the store in `folder`, created if missing. Damaged files are quarantined and reported in
    /// [`Status::problems`].
    ///
    /// # Errors
    /// The folder is unusable, or a file has an unsupported version.
    pub fn open(folder: &Path, options: Options) -> Result<Self, OpenError> {
        Self::open_on(Box::<SystemDisk>::default(), folder, options)
    }

    fn open_on(disk: Box<dyn Disk>, folder: &Path, mut options: Options) -> Result<Self, OpenError> {
        options.minute_retention = options.minute_retention.max(options.raw_retention);
        options.quarter_retention = options.quarter_retention.max(options.minute_retention);
        fs::create_dir_all(folder)
            .map_err(|source| OpenError::Folder { folder: folder.to_owned(), source })?;
        let problems = Problems::default();
        let (files, logs) = Files::find(folder, disk.as_ref(), &problems)?;
        let newest = files.contents().map(|contents| contents.newest).max();
        // Samples accepted earlier must not be dropped now.
        let head = Head::new(usize::MAX);
        let shared = Arc::new(StoreState::new(files, head, problems, folder.to_owned(), disk, options));
        let damaged = wal_replay::replay_all(&shared, &logs)?;
        {
            let mut head = shared.head_mut();
            head.set_limit(shared.options.series_limit);
            if let Some(newest) = head.last_time().max(newest) {
                head.set_newest(newest);
            }
        }
        let mut writer = WalWriter::new(Arc::clone(&shared));
        // Intact files are kept as they are: copying the head takes time and memory.
        let is_written =
            if damaged.is_empty() && logs.len() <= MAX_KEPT_LOGS { writer.start() } else { writer.restart() };
        for (path, error) in damaged {
            // The damaged WAL file is kept until its samples are in another one.
            if is_written {
                files::quarantine(&path, &error, shared.disk.as_ref(), &shared.problems);
            } else {
                shared.problems.set(&path.display().to_string(), format!("{}: {error}", path.display()));
            }
        }
        let compactor = Compactor::new(Arc::clone(&shared));
        let (orders, write) = mpsc::sync_channel(QUEUE_CAPACITY);
        let (tasks, look) = mpsc::sync_channel(1);
        let ends = vec![
            start("history-log", move || writer.run(&write))?,
            start("history-seal", move || compactor.run(&look))?,
        ];
        Ok(Self { shared, orders, tasks, ends: Mutex::new(ends) })
    }

    /// Appends a batch of series that are measured together at times of their own, such as those of a scrape target. `group`
    /// is a name of 1 to 4,096 bytes that is the same for all batches of these series: they share their times. With any other
    /// name the samples are dropped. Otherwise as [`append`](History::append), but values that are not finite are kept as they
    /// are.
    pub fn append_group(&self, group: &str, batch: &Batch, series: &[Series], catalogue: &Catalogue) {
        self.append_to(|head| head.append_group(group, batch, series, catalogue));
    }

    /// Waits until everything appended before is written, or has failed.
    pub fn flush(&self) {
        let (done, wait) = mpsc::sync_channel(1);
        if self.orders.send(WalCommand::Settle(done)).is_ok() {
            // An error means that the thread has ended after writing everything.
            let _ = wait.recv();
        }
    }

    /// Writes the blocks of all hours, including the current one; returns whether it succeeded. For benchmarks and tests.
    pub fn write_blocks(&self) -> bool {
        let (done, wait) = mpsc::sync_channel(1);
        self.tasks.send(CompactorCommand::SealAll(done)).is_ok() && wait.recv().unwrap_or(false)
    }

    /// Whether the compactor has something to do.
    fn is_due(&self, head: &Head) -> bool {
        head.batches().is_multiple_of(SYNC_BATCHES)
            // These look at all series: not for each of many groups.
            || head.batches().is_multiple_of(head.group_count().max(1) as u64)
                && (head.bytes() > flush_bytes(&self.shared.options) || head.is_crowded())
            || head.hours().values().any(|hour| head.batches() >= hour.touched + settle_batches(head))
    }

    fn append_to(&self, append: impl FnOnce(&mut Head) -> Option<Entry>) {
        let (entry, is_due) = {
            let mut head = self.shared.head_mut();
            let Some(entry) = append(&mut head) else { return };
            (entry, self.is_due(&head))
        };
        self.shared.clock().note(entry.time);
        self.hand_over(entry, is_due);
    }

    fn hand_over(&self, entry: Entry, is_due: bool) {
        if self.orders.try_send(WalCommand::Write(entry)).is_err() {
            // The batch is in the head and will be written from there.
            self.shared.unsaved.fetch_add(1, Ordering::Relaxed);
            self.shared.missed.store(true, Ordering::Relaxed);
        }
        if is_due {
            // A busy thread checks again anyway.
            let _ = self.tasks.try_send(CompactorCommand::Look);
        }
    }
}

/// Starts a thread; the channel closes when it ends.
fn start(name: &str, work: impl FnOnce() + Send + 'static) -> Result<Receiver<()>, OpenError> {
    let (alive, end) = mpsc::sync_channel::<()>(0);
    let work = move || {
        work();
        drop(alive);
    };
    thread::Builder::new().name(name.to_owned()).spawn(work).map_err(OpenError::Thread)?;
    Ok(end)
}

impl History for EmbeddedHistory {
    fn append(&self, batch: &Batch, series: &[Series], catalogue: &Catalogue) {
        self.append_to(|head| head.append(batch, series, catalogue));
    }

    fn end_series(&self, ended: &[SeriesId]) {
        self.shared.head_mut().end_series(ended);
    }

    fn query(&self, query: &Query) -> Result<Columns, QueryError> {
        executor::query(&self.shared, query, i64::MIN..i64::MAX)
    }

    fn raw(&self, selector: &Selector, range: TimeRange, visit: &mut Visit<'_>) -> Result<(), QueryError> {
        executor::raw(&self.shared, &selector.compile()?, range, visit);
        Ok(())
    }

    fn newest(&self) -> Option<Timestamp> {
        self.shared.head().newest()
    }

    fn series(&self, selector: &Selector) -> Result<Vec<Arc<StoredSeries>>, QueryError> {
        Ok(executor::series(&self.shared, &selector.compile()?))
    }

    fn status(&self) -> Status {
        let files = self.shared.files();
        let head = self.shared.head();
        let raw = files.of(Resolution::Raw).values();
        let sealed_bytes: u64 = files.contents().map(|contents| contents.bytes).sum();
        let log_bytes: u64 = self.shared.logs().iter().map(|log| log.bytes).sum();
        let oldest =
            raw.clone().next().map(|contents| contents.oldest).into_iter().chain(head.first_time()).min();
        Status {
            stored_bytes: sealed_bytes + log_bytes,
            samples: raw.map(|contents| contents.values).sum::<u64>() + head.samples(),
            series: head.active(),
            refused: head.refused(),
            oldest: oldest.map(Timestamp::from_millis),
            unshared: None,
            conflicts: 0,
            unsaved_batches: self.shared.unsaved.load(Ordering::Relaxed),
            problems: self.shared.problems.list(),
        }
    }

    fn close(&self) {
        let ends = std::mem::take(&mut *self.ends.lock().unwrap_or_else(PoisonError::into_inner));
        if ends.is_empty() {
            return;
        }
        // If the queue is full, the thread either drains it or hangs.
        let (orders, tasks) = (self.orders.clone(), self.tasks.clone());
        let tell = move || {
            let _ = orders.send(WalCommand::Close);
            let _ = tasks.send(CompactorCommand::Close);
        };
        if thread::Builder::new().name("history-end".to_owned()).spawn(tell).is_err() {
            return;
        }
        for end in ends {
            if end.recv_timeout(SHUTDOWN_TIMEOUT) == Err(mpsc::RecvTimeoutError::Timeout) {
                let text = "disk does not respond: history closed without waiting for it".to_owned();
                self.shared.problems.set("end", text);
                // What the thread still had to write is unknown.
                self.shared.unsaved.fetch_max(1, Ordering::Relaxed);
            }
        }
    }
}

impl Drop for EmbeddedHistory {
    fn drop(&mut self) {
        self.close();
    }
}
