//! Thread that reads the processes and records them. A thread of its own, since `/proc` and the disk can be slow.

use super::ProcessTables;
use crate::clock::now;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};
use std::{io, thread};
use watchglass_model::Timestamp;
use watchglass_model::time_text::format_seconds;
use watchglass_probes::{HostRoots, ProcessTableReader};
use watchglass_process_table::TableWriter;

/// Handle of the thread. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct ProcessRecorder {
    _stop: SyncSender<()>,
}

impl ProcessRecorder {
    /// Starts the thread, which reads the processes at once and then every five seconds.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(crate) fn start(roots: &HostRoots, tables: Arc<ProcessTables>) -> io::Result<Self> {
        let (stop, stopped) = sync_channel(0);
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
        })?;
        Ok(Self { _stop: stop })
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
                self.tables.set_latest(None);
                return;
            }
        };
        if !std::mem::replace(&mut self.is_readable, true) {
            tracing::info!("process table readable again");
        }
        let shared = Arc::new(table);
        self.tables.set_latest(Some(Arc::clone(&shared)));
        let Some(store) = &self.tables.store else { return };
        match self.writer.append(store, &shared) {
            Ok(()) => {
                if let Some((tables, since)) = self.lost.take() {
                    let since = format_seconds(since);
                    tracing::info!(tables, since, "process tables recorded again; those since then are lost");
                }
            }
            Err(_) => self.lost.get_or_insert((0, now)).0 += 1,
        }
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
        std::fs::remove_dir_all(proc.path().join("7")).unwrap();
        recorder.record(at(15));
        assert!(tables.latest().is_none() && !recorder.is_readable);
        assert_eq!(pages(at(10)), Some(3), "the past stays");
    }
}
