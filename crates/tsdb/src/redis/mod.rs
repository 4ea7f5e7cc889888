//! Store shared by several servers through Redis.
//!
//! Samples of this server are written to a local [`EmbeddedHistory`] at once, independent of Redis; a thread uploads them
//! minute by minute (`writer.rs`). The local store is therefore the buffer for Redis outages, up to its retention. Queries
//! use both (`plan.rs`, `answer.rs`): samples of other servers, and those of this server before the start of its local
//! store, come from Redis.
//!
//! In Redis (`keys.rs` has the keys) each minute of a source, which is one server's series, is a bucket with a TTL:
//! 10,080 of them are seven days. After each hour its one-minute and 15-minute rows are stored next to the buckets
//! (`seal.rs`), for queries over days.

mod downsample;
mod envelope;
mod executor;
mod fetch;
mod instances;
mod keys;
mod local;
pub(crate) mod minute_format;
mod plan;
mod raw_scan;
pub(crate) mod rows_format;
mod series_dict;
mod state;
mod upload;
mod uploader;

#[cfg(test)]
mod tests;

use crate::{Columns, EmbeddedHistory, History, Query, QueryError, Selector, Status, StoredSeries, Visit};
use executor::{QueryExecutor, QueryFailure};
use fetch::DamagedKeys;
pub use instances::Instance;
use instances::Instances;
use keys::Keys;
use state::SharedState;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use uploader::{UploadCommand, Uploader};
use watchglass_model::{Batch, Catalogue, Series, SeriesId, TimeRange, Timestamp};
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{RedisClient, Target};

/// Timeout of a query.
const QUERY_TIMEOUT: Duration = Duration::from_secs(2);
/// Timeout of an upload.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum reply size in bytes.
const MAX_REPLY_BYTES: usize = 64 << 20;
/// Shutdown timeout of the upload thread.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(8);

/// Options of sharing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisOptions {
    /// Prefix of all keys, in braces.
    pub prefix: String,
    /// Unique name of this server: its host name.
    pub source: String,
    /// Retention in Redis.
    pub retention: Duration,
    /// This run of the server, to find another one with the same name; `None` to look for none.
    pub instance: Option<Instance>,
}

/// Local store shared with other servers through Redis.
#[derive(Debug)]
pub struct RedisHistory {
    shared: Arc<SharedState>,
    link: Mutex<RedisClient>,
    /// First hour of the local store. Later samples of this server need no Redis.
    born: Mutex<Option<i64>>,
    orders: SyncSender<UploadCommand>,
    end: Mutex<Option<Receiver<()>>>,
}

impl RedisHistory {
    /// Shares `local` through the Redis server `target`, which may be unavailable. Samples are appended to `local`, which can
    /// be queried directly when a query must not wait for Redis, and is closed with this store.
    ///
    /// # Errors
    /// The thread could not be started.
    pub fn open(local: Arc<EmbeddedHistory>, target: Target, options: &RedisOptions) -> io::Result<Self> {
        let keys = Keys::new(&options.prefix, &options.source);
        let born = local.first_hour();
        let shared = Arc::new(SharedState::new(local, keys, options.retention));
        let writer = Uploader::new(
            Arc::clone(&shared),
            RedisClient::new(target.clone(), UPLOAD_TIMEOUT, MAX_REPLY_BYTES),
            options.instance.clone().map(Instances::new),
        );
        let (orders, receive) = mpsc::sync_channel(1);
        let (alive, end) = mpsc::sync_channel::<()>(0);
        thread::Builder::new().name("history-redis".to_owned()).spawn(move || {
            writer.run(&receive);
            drop(alive);
        })?;
        // Uploads the rest of the last run at once, not only after the first minute.
        let _ = orders.try_send(UploadCommand::Look);
        let link = Mutex::new(RedisClient::new(target, QUERY_TIMEOUT, MAX_REPLY_BYTES));
        Ok(Self { shared, link, born: Mutex::new(born), orders, end: Mutex::new(Some(end)) })
    }

    /// Uploads everything appended, including the current minute; returns whether it succeeded. For tests.
    pub fn flush(&self) -> bool {
        self.shared.local.flush();
        let (done, wait) = mpsc::sync_channel(1);
        self.orders.send(UploadCommand::Settle(done)).is_ok() && wait.recv().unwrap_or(false)
    }

    fn link(&self) -> MutexGuard<'_, RedisClient> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn born(&self) -> MutexGuard<'_, Option<i64>> {
        self.born.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, damaged: &DamagedKeys) {
        self.shared.set_answers(None);
        damaged.keys.iter().for_each(|(key, error)| self.shared.set_damaged(key, error));
    }

    fn ask(&self, query: &Query) -> Result<Columns, QueryFailure> {
        let born = *self.born();
        let mut link = self.link();
        let mut answer = QueryExecutor::new(&self.shared, &mut link, query)?;
        answer.add_remote(born)?;
        answer.add_local(born)?;
        let (columns, damaged) = answer.finish();
        self.report(&damaged);
        Ok(columns)
    }

    /// Series known to Redis.
    fn remote_series(
        &self,
        test: &crate::selector::CompiledSelector,
    ) -> Result<Vec<Arc<StoredSeries>>, RemoteError> {
        let mut link = self.link();
        let mut found = Vec::new();
        for sources in fetch::sources(&mut link, &self.shared.keys, i64::MIN)?.chunks(fetch::TOGETHER) {
            for outline in fetch::outlines(&mut link, sources)? {
                found.extend(fetch::select(&outline, test).into_values());
            }
        }
        Ok(found)
    }
}

impl History for RedisHistory {
    fn append(&self, batch: &Batch, series: &[Series], catalogue: &Catalogue) {
        self.shared.local.append(batch, series, catalogue);
        if self.shared.local.newest() != Some(batch.time) {
            // The batch was dropped.
            return;
        }
        let hour = crate::head::hour_of(batch.time.millis());
        self.born().get_or_insert(hour);
        if self.shared.note(batch.time.millis()) {
            // A busy thread processes this minute anyway.
            let _ = self.orders.try_send(UploadCommand::Look);
        }
    }

    fn end_series(&self, ended: &[SeriesId]) {
        self.shared.local.end_series(ended);
    }

    fn query(&self, query: &Query) -> Result<Columns, QueryError> {
        match self.ask(query) {
            Ok(columns) => Ok(columns),
            Err(QueryFailure::Query(error)) => Err(error),
            // The local part of the result is better than none.
            Err(QueryFailure::Remote(error)) => {
                self.shared.set_answers(Some(error.to_string()));
                self.shared.local.query(query)
            }
        }
    }

    fn raw(&self, selector: &Selector, range: TimeRange, visit: &mut Visit<'_>) -> Result<(), QueryError> {
        let test = selector.compile()?;
        let born = *self.born();
        let mut visited = false;
        let mut noting = |series: &StoredSeries, samples: &[(Timestamp, f64)]| {
            visited = true;
            visit(series, samples);
        };
        let outcome = {
            let mut link = self.link();
            raw_scan::visit(&self.shared, &mut link, (selector, &test), range, born, &mut noting)
        };
        match outcome {
            Ok(damaged) => self.report(&damaged),
            Err(error) => {
                self.shared.set_answers(Some(error.to_string()));
                // Local samples only, unless some were already visited before Redis failed: none may be visited twice.
                if !visited {
                    self.shared.local.raw(selector, range, visit)?;
                }
            }
        }
        Ok(())
    }

    fn newest(&self) -> Option<Timestamp> {
        self.shared.local.newest()
    }

    fn series(&self, selector: &Selector) -> Result<Vec<Arc<StoredSeries>>, QueryError> {
        let mut series = self.shared.local.series(selector)?;
        // Local series are better than none; the upload thread reports the Redis failure.
        series.extend(self.remote_series(&selector.compile()?).unwrap_or_default());
        series.sort_by(|a, b| a.order(b));
        series.dedup();
        Ok(series)
    }

    fn status(&self) -> Status {
        let mut status = self.shared.local.status();
        status.problems.extend(self.shared.list_problems());
        status.conflicts = self.shared.conflicts();
        status.unshared = self.shared.unsent();
        status
    }

    fn close(&self) {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(end) = end {
            self.shared.closing.store(true, Ordering::Relaxed);
            let orders = self.orders.clone();
            // If the queue is full, the thread either drains it or hangs.
            let tell = move || drop(orders.send(UploadCommand::Close));
            if thread::Builder::new().name("history-redis-end".to_owned()).spawn(tell).is_ok() {
                // Even after a timeout, pending samples are in the local store.
                let _ = end.recv_timeout(SHUTDOWN_TIMEOUT);
            }
        }
        self.shared.local.close();
    }
}

impl Drop for RedisHistory {
    fn drop(&mut self) {
        self.close();
    }
}
