//! A history in files of its own: it needs no server, and what it was given outlives the program.
//!
//! The newest samples are in memory (`head.rs`) and, as they come, in a log (`log.rs`). When an hour is over, it is
//! sealed: its samples move to a file, compressed series by series (`segment.rs`), and its rollups into the files of the
//! day (`roll.rs`). A question reads from each file the series it is about and keeps nothing in memory.

mod answer;
pub(crate) mod bytes;
mod clock;
pub(crate) mod column;
mod compressed;
mod disk;
mod files;
pub(crate) mod key;
pub(crate) mod level;
pub(crate) mod log;
mod log_format;
mod plan;
mod problems;
pub(crate) mod reader;
mod roll;
mod seal;
mod sealer;
mod segment;
mod shared;
mod sharing;
mod value_code;

#[cfg(test)]
mod tests;

use crate::head::{Entry, Head};
use crate::{Columns, History, Query, QueryError, Selector, Status, StoredSeries, Visit};
use disk::{Disk, SystemDisk};
use files::Files;
use level::Level;
use log::{Order, Writer};
use problems::Problems;
use sealer::{MUCH, SETTLED, SYNC, Sealer, Task};
use shared::Shared;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;
use std::{fs, io};
use thiserror::Error;
use watchglass_model::{Batch, Catalogue, Series, TimeRange, Timestamp};

/// Batches that may wait for the thread that writes the log.
const WAITING: usize = 256;
/// How long the end waits for each of the threads. A disk that hangs must not keep the program from ending.
const DEADLINE: Duration = Duration::from_secs(10);
const DAY: Duration = Duration::from_secs(86_400);

/// How much an [`EmbeddedHistory`] keeps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// How long samples are kept as they were measured. Whole hours are deleted.
    pub raw_retention: Duration,
    /// How long rollups of a minute are kept; no shorter than samples. Whole days are deleted.
    pub minute_retention: Duration,
    /// How long rollups of a quarter of an hour are kept; no shorter than those of a minute. Whole days are deleted.
    pub quarter_retention: Duration,
    /// How many series may have samples in the newest hours.
    pub series_limit: usize,
}

impl Default for Options {
    /// Seven days of samples, five weeks of minutes, two years of quarters of an hour, 10,000 series.
    fn default() -> Self {
        Self {
            raw_retention: 7 * DAY,
            minute_retention: 35 * DAY,
            quarter_retention: 730 * DAY,
            series_limit: 10_000,
        }
    }
}

/// Why a history cannot be opened.
#[derive(Debug, Error)]
pub enum OpenError {
    /// The folder cannot be made or read.
    #[error("the folder {} of the history cannot be used: {source}", folder.display())]
    Folder {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file that this program cannot read and must not lose.
    #[error(
        "{} has version {version}, which this program does not know: use the program that wrote it, or move the file away",
        file.display()
    )]
    Version {
        /// The file.
        file: PathBuf,
        /// Its version.
        version: u16,
    },
    /// A thread cannot be started.
    #[error("a thread of the history cannot be started: {0}")]
    Thread(io::Error),
}

/// A history in a folder that no other process uses.
#[derive(Debug)]
pub struct EmbeddedHistory {
    shared: Arc<Shared>,
    orders: SyncSender<Order>,
    tasks: SyncSender<Task>,
    ends: Mutex<Vec<Receiver<()>>>,
}

impl EmbeddedHistory {
    /// Opens the history in `folder`, which is made if need be. Damaged files are set aside and named in
    /// [`Status::problems`]; everything else is there.
    ///
    /// # Errors
    /// A folder that cannot be used, or a file of another version.
    pub fn open(folder: &Path, options: Options) -> Result<Self, OpenError> {
        Self::open_on(Box::new(SystemDisk), folder, options)
    }

    fn open_on(disk: Box<dyn Disk>, folder: &Path, mut options: Options) -> Result<Self, OpenError> {
        options.minute_retention = options.minute_retention.max(options.raw_retention);
        options.quarter_retention = options.quarter_retention.max(options.minute_retention);
        fs::create_dir_all(folder)
            .map_err(|source| OpenError::Folder { folder: folder.to_owned(), source })?;
        let problems = Problems::default();
        let (files, logs) = Files::find(folder, disk.as_ref(), &problems)?;
        let newest = files.contents().map(|contents| contents.newest).max();
        // What was taken once is not refused now.
        let head = Head::new(usize::MAX);
        let shared = Arc::new(Shared::new(files, head, problems, folder.to_owned(), disk, options));
        let damaged = log::replay_all(&shared, &logs)?;
        {
            let mut head = shared.head_mut();
            head.set_limit(shared.options.series_limit);
            if let Some(newest) = head.last_time().max(newest) {
                head.set_newest(newest);
            }
        }
        let mut writer = Writer::new(Arc::clone(&shared));
        let is_written = writer.restart();
        for (path, error) in damaged {
            // Until its samples are in another log, the damaged one is all that has them.
            if is_written {
                files::set_aside(&path, &error, shared.disk.as_ref(), &shared.problems);
            } else {
                shared.problems.set(&path.display().to_string(), format!("{}: {error}", path.display()));
            }
        }
        let sealer = Sealer::new(Arc::clone(&shared));
        let (orders, write) = mpsc::sync_channel(WAITING);
        let (tasks, look) = mpsc::sync_channel(1);
        let ends = vec![
            start("history-log", move || writer.run(&write))?,
            start("history-seal", move || sealer.run(&look))?,
        ];
        Ok(Self { shared, orders, tasks, ends: Mutex::new(ends) })
    }

    /// Waits until everything appended before is with the operating system, or cannot be written.
    pub fn settle(&self) {
        let (done, wait) = mpsc::sync_channel(1);
        if self.orders.send(Order::Settle(done)).is_ok() {
            // An error means that the thread has ended, and everything is written.
            let _ = wait.recv();
        }
    }

    /// Seals every hour, also those that are not over, and says whether that worked: for benchmarks and tests, which
    /// need not wait for hours to pass.
    pub fn seal(&self) -> bool {
        let (done, wait) = mpsc::sync_channel(1);
        self.tasks.send(Task::SealAll(done)).is_ok() && wait.recv().unwrap_or(false)
    }

    fn hand_over(&self, entry: Entry, is_due: bool) {
        if self.orders.try_send(Order::Write(entry)).is_err() {
            // The batch is in the head, from where it will be written.
            self.shared.missed.store(true, Ordering::Relaxed);
        }
        if is_due {
            // When the thread has a task it will look anyway.
            let _ = self.tasks.try_send(Task::Look);
        }
    }
}

/// Starts a thread; the end of the channel is the end of the thread.
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
        let (entry, is_due) = {
            let mut head = self.shared.head_mut();
            let before = head.batches();
            let entry = head.append(batch, series, catalogue);
            if head.batches() == before {
                return;
            }
            let is_over = |touched: u64| head.batches() >= touched + SETTLED;
            let is_due = head.batches().is_multiple_of(SYNC)
                || head.cells() > MUCH
                || head.hours().values().any(|hour| is_over(hour.touched));
            (entry, is_due)
        };
        self.shared.clock().note(entry.time);
        self.hand_over(entry, is_due);
    }

    fn query(&self, query: &Query) -> Result<Columns, QueryError> {
        answer::query(&self.shared, query, i64::MIN..i64::MAX)
    }

    fn raw(&self, selector: &Selector, range: TimeRange, visit: &mut Visit<'_>) -> Result<(), QueryError> {
        answer::raw(&self.shared, &selector.compile()?, range, visit);
        Ok(())
    }

    fn newest(&self) -> Option<Timestamp> {
        self.shared.head().newest()
    }

    fn series(&self, selector: &Selector) -> Result<Vec<Arc<StoredSeries>>, QueryError> {
        Ok(answer::series(&self.shared, &selector.compile()?))
    }

    fn status(&self) -> Status {
        let files = self.shared.files();
        let head = self.shared.head();
        let raw = files.of(Level::Raw).values();
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
            problems: self.shared.problems.list(),
        }
    }

    fn close(&self) {
        let ends = std::mem::take(&mut *self.ends.lock().unwrap_or_else(PoisonError::into_inner));
        if ends.is_empty() {
            return;
        }
        // A queue that is full is one that the thread will come to the end of, or never.
        let orders = self.orders.clone();
        let tasks = self.tasks.clone();
        let tell = move || {
            let _ = orders.send(Order::Close);
            let _ = tasks.send(Task::Close);
        };
        if thread::Builder::new().name("history-end".to_owned()).spawn(tell).is_err() {
            return;
        }
        for end in ends {
            if end.recv_timeout(DEADLINE) == Err(mpsc::RecvTimeoutError::Timeout) {
                let text = "the disk does not answer: the history ended without it".to_owned();
                self.shared.problems.set("end", text);
            }
        }
    }
}

impl Drop for EmbeddedHistory {
    fn drop(&mut self) {
        self.close();
    }
}
