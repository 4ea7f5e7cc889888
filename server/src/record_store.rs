//! Record store of the server, for what is no number, and the thread that applies its retention.

use crate::clock::now;
use crate::config::Settings;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::time::Duration;
use std::{io, thread};
use watchglass_model::Timestamp;
use watchglass_records::{OpenError, Options, RecordStore, Retention, SystemDisk};

/// Subdirectory of the data directory.
const FOLDER: &str = "records";
/// Time between two applications of the retention.
const RETENTION_INTERVAL: Duration = Duration::from_secs(60);
/// Memory of the newest records, in bytes, at which they become a file. Process tables of some hours.
const HEAD_BYTES: usize = 1 << 20;

/// Opens the record store in the data directory.
///
/// # Errors
/// The folder is unusable, or a file is of a newer version.
pub(crate) fn open(data: &Path) -> Result<Arc<RecordStore>, OpenError> {
    let options = Options { head_bytes: HEAD_BYTES, ..Options::default() };
    RecordStore::open(&data.join(FOLDER), options, Arc::<SystemDisk>::default()).map(Arc::new)
}

/// Handle of the thread that applies the retention. It ends when this is dropped.
#[derive(Debug)]
pub(crate) struct RecordRetention {
    _stop: SyncSender<()>,
}

impl RecordRetention {
    /// Starts the thread, which deletes old records at once and then every minute.
    ///
    /// # Errors
    /// The thread cannot be started.
    pub(crate) fn start(store: Arc<RecordStore>, settings: &Settings) -> io::Result<Self> {
        let (keep, max_bytes) = (settings.records_retention, settings.records_max_bytes);
        let (stop, stopped) = sync_channel(0);
        thread::Builder::new().name("record-retention".to_owned()).spawn(move || {
            loop {
                apply(&store, &limits(now(), keep, max_bytes));
                if stopped.recv_timeout(RETENTION_INTERVAL) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        })?;
        Ok(Self { _stop: stop })
    }
}

fn limits(now: Timestamp, keep: Duration, max_bytes: u64) -> Retention {
    let millis = i64::try_from(keep.as_millis()).unwrap_or(i64::MAX);
    let oldest = Timestamp::from_millis(now.millis().saturating_sub(millis));
    Retention { oldest: Some(oldest), max_bytes: Some(max_bytes) }
}

fn apply(store: &RecordStore, retention: &Retention) {
    let removed = store.retain(retention);
    if removed.bytes > 0 {
        tracing::debug!(records = removed.records, bytes = removed.bytes, "old records deleted");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::ops::ControlFlow;
    use watchglass_model::Labels;
    use watchglass_records::{NewRecord, Query};

    #[test]
    fn records_beyond_the_retention_are_not_returned() {
        let folder = tempfile::tempdir().unwrap();
        let store = open(folder.path()).unwrap();
        let stream = Labels::default();
        let times = [1_000, 3_600_000, 7_200_000];
        let batch = times.map(|time| NewRecord {
            stream: &stream,
            time: Timestamp::from_millis(time),
            fields: &[],
            body: b"",
        });
        store.append(&batch).unwrap();
        let found = || {
            let mut found = Vec::new();
            let mut visit = |record: &watchglass_records::Record<'_>| {
                found.push(record.time.millis());
                ControlFlow::Continue(())
            };
            store.query(&Query::default(), &mut visit).unwrap();
            found
        };
        assert_eq!(found(), times);
        apply(&store, &limits(Timestamp::from_millis(7_200_001), Duration::from_secs(3600), u64::MAX));
        assert_eq!(found(), [7_200_000]);
        assert_eq!(found().len(), 1, "stays so");
    }
}
