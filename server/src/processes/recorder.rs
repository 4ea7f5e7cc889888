//! Thread that reads the processes and records them. A thread of its own, since `/proc` and the disk can be slow.

use super::ProcessTables;
use crate::clock::now;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use std::{io, thread};
use watchglass_model::Timestamp;
use watchglass_model::time_text::format_seconds;
use watchglass_probes::{HostRoots, ProcessTableReader};
use watchglass_process_table::TableWriter;

/// Maximum wait for the end of the thread.
const STOP_TIMEOUT: Duration = Duration::from_secs(5);
/// Number of tables that are written at once: each write costs the disk some KiB, however small it is. A crash loses 30 s.
const BATCH: usize = 6;

/// Handle of the thread.
#[derive(Debug)]
pub(crate) struct ProcessRecorder {
    stop: SyncSender<()>,
    ended: Receiver<()>,
}

impl ProcessRecorder {
    /// Starts the thread, which reads the processes at once and then every five seconds.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(crate) fn start(roots: &HostRoots, tables: Arc<ProcessTables>) -> io::Result<Self> {
        let (stop, stopped) = sync_channel(0);
        let (alive, ended) = sync_channel::<()>(0);
        let mut recorder = Recorder {
            reader: ProcessTableReader::new(roots),
            writer: TableWriter::new(&tables.host),
            tables,
            is_readable: true,
            lost: None,
        };
        thread::Builder::new().name("processes".to_owned()).spawn(move || {
            loop {
                let start = Instant::now();
                recorder.record(now().floor(1000));
                let rest = ProcessTableReader::INTERVAL.saturating_sub(start.elapsed());
                // At least half of the time is for others.
                let rest = rest.max(start.elapsed()).max(Duration::from_millis(1));
                if stopped.recv_timeout(rest) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
            recorder.write(now());
            drop(alive);
        })?;
        Ok(Self { stop, ended })
    }

    /// Ends the thread, and waits until the last tables are written, or the disk does not respond.
    pub(crate) fn stop(self) {
        drop(self.stop);
        if self.ended.recv_timeout(STOP_TIMEOUT) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("last process tables not written: the disk does not respond");
        }
    }
}

struct Recorder {
    reader: ProcessTableReader,
    writer: TableWriter,
    tables: Arc<ProcessTables>,
    is_readable: bool,
    /// Number of tables that could not be written, and the time of the first one.
    lost: Option<(u64, Timestamp)>,
}

impl Recorder {
    /// Reads the processes and records them. Errors of the store are among the problems of its probe.
    fn record(&mut self, now: Timestamp) {
        let table = match self.reader.read(now) {
            Ok(table) => table,
            Err(error) => {
                if std::mem::replace(&mut self.is_readable, false) {
                    tracing::warn!(%error, "process table unreadable");
                }
                self.tables.recent_mut().latest = None;
                return;
            }
        };
        if !std::mem::replace(&mut self.is_readable, true) {
            tracing::info!("process table readable again");
        }
        self.writer.add(&table);
        let shared = Arc::new(table);
        {
            let mut recent = self.tables.recent_mut();
            recent.latest = Some(Arc::clone(&shared));
            recent.waiting.push(shared);
        }
        if self.writer.waiting() >= BATCH || self.lost.is_some() {
            self.write(now);
        }
    }

    /// Writes the tables that wait.
    fn write(&mut self, now: Timestamp) {
        let count = self.writer.waiting() as u64;
        let Some(store) = &self.tables.store else { return };
        match self.writer.write(store) {
            Ok(()) => {
                if let Some((tables, since)) = self.lost.take() {
                    let since = format_seconds(since);
                    tracing::info!(tables, since, "process tables recorded again; those since then are lost");
                }
            }
            Err(_) => self.lost.get_or_insert((0, now)).0 += count,
        }
        self.tables.recent_mut().waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::record_store;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_millis(1_700_000_000_000 + second * 1000)
    }

    #[test]
    fn newest_and_past_tables_are_found_and_a_failed_reading_is_missing() {
        let (folder, proc) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let stat = |pages: u32| format!("7 (x) S 1 1 1 0 -1 0 0 0 0 0 1 0 0 0 20 0 1 0 5000 0 {pages} 0 0\n");
        let write = |pages| {
            std::fs::create_dir_all(proc.path().join("7")).unwrap();
            std::fs::write(proc.path().join("7/stat"), stat(pages)).unwrap();
        };
        let tables = Arc::new(ProcessTables::new("a", record_store::open(folder.path()).unwrap()));
        let roots = HostRoots { proc: proc.path().to_owned(), ..HostRoots::default() };
        let mut recorder = Recorder {
            reader: ProcessTableReader::new(&roots),
            writer: TableWriter::new("a"),
            tables: Arc::clone(&tables),
            is_readable: true,
            lost: None,
        };
        assert!(tables.latest().is_none());
        for (second, pages) in [(0, 1), (5, 2), (10, 3)] {
            write(pages);
            recorder.record(at(second));
        }
        let page = rustix::param::page_size() as u64;
        let pages = |time| {
            let table = tables.at(time).unwrap();
            table.map(|table| table.processes[0].memory_bytes / page)
        };
        for (second, expected) in
            [(-1, None), (0, Some(1)), (4, Some(1)), (5, Some(2)), (10, Some(3)), (22, Some(3)), (23, None)]
        {
            assert_eq!(pages(at(second)), expected, "{second}");
        }
        recorder.write(at(10));
        assert_eq!([4, 5, 12].map(|second| pages(at(second))), [Some(1), Some(2), Some(3)], "from the store");
        std::fs::remove_dir_all(proc.path().join("7")).unwrap();
        recorder.record(at(15));
        assert!(tables.latest().is_none() && !recorder.is_readable);
        assert_eq!(pages(at(10)), Some(3), "the past stays");
    }
}
