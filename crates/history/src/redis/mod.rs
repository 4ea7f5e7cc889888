//! A history that is shared through Redis.
//!
//! What this server measures goes into an [`EmbeddedHistory`] of its own, at once and whatever Redis does; a thread sends
//! it on, minute by minute (`writer.rs`). So the store on this server's disk is the journal for the times when Redis is slow
//! or away, and as long as its retention is the stretch that can be filled in. Questions are answered from both
//! (`plan.rs`, `answer.rs`): other servers' samples, and this one's from before its store began, come from Redis.
//!
//! In Redis (`keys.rs` names the keys) each minute of a source, which is one server's series, is a bucket that Redis
//! itself expires: 10,080 of them are seven days. When an hour is over its rows of a minute and of a quarter of an hour
//! are put beside the buckets (`seal.rs`), for questions about days.

mod answer;
mod fetch;
mod frame;
mod keys;
mod local;
pub(crate) mod minute_format;
mod plan;
mod raw;
pub(crate) mod rows_format;
mod seal;
mod send;
mod shared;
mod table;
mod writer;

#[cfg(test)]
mod tests;

use crate::{Columns, EmbeddedHistory, History, Query, QueryError, Selector, Status, StoredSeries, Visit};
use answer::{Answer, Failure};
use fetch::Damaged;
use keys::Keys;
use shared::Shared;
use std::io;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{self, Receiver, SyncSender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use watchglass_model::{Batch, Catalogue, Series, TimeRange, Timestamp};
use watchglass_remote::RemoteError;
use watchglass_remote::redis::{Link, Target};
use writer::{Order, Writer};

/// How long Redis may take for one question of a page.
const ASK_WITHIN: Duration = Duration::from_secs(2);
/// How long Redis may take for what the writing thread sends at a time.
const SEND_WITHIN: Duration = Duration::from_secs(5);
/// The most bytes of one answer.
const MOST_BYTES: usize = 64 << 20;
/// How long the end waits for the writing thread.
const DEADLINE: Duration = Duration::from_secs(8);

/// How a history is shared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisOptions {
    /// What all keys begin with, in braces.
    pub prefix: String,
    /// This server among those that share: its host's name. No two of them have the same.
    pub source: String,
    /// How long Redis keeps what it is given.
    pub retention: Duration,
}

/// A history in files of its own that is shared with other servers through Redis.
#[derive(Debug)]
pub struct RedisHistory {
    shared: Arc<Shared>,
    link: Mutex<Link>,
    /// The hour in which this server's own store begins. What lies behind it needs no Redis.
    born: Mutex<Option<i64>>,
    orders: SyncSender<Order>,
    end: Mutex<Option<Receiver<()>>>,
}

impl RedisHistory {
    /// Shares what `local` keeps through the Redis that `target` names. Redis need not be there yet. What is appended
    /// goes into `local`, which may be asked on its own for what must not wait for Redis, and is closed with this.
    ///
    /// # Errors
    /// The system has no thread left.
    pub fn open(local: Arc<EmbeddedHistory>, target: Target, options: &RedisOptions) -> io::Result<Self> {
        let keys = Keys::new(&options.prefix, &options.source);
        let born = local.first_hour();
        let shared = Arc::new(Shared::new(local, keys, options.retention));
        let writer = Writer::new(Arc::clone(&shared), Link::new(target.clone(), SEND_WITHIN, MOST_BYTES));
        let (orders, receive) = mpsc::sync_channel(1);
        let (alive, end) = mpsc::sync_channel::<()>(0);
        thread::Builder::new().name("history-redis".to_owned()).spawn(move || {
            writer.run(&receive);
            drop(alive);
        })?;
        // What the last run left over is not left until a minute is over.
        let _ = orders.try_send(Order::Look);
        let link = Mutex::new(Link::new(target, ASK_WITHIN, MOST_BYTES));
        Ok(Self { shared, link, born: Mutex::new(born), orders, end: Mutex::new(Some(end)) })
    }

    /// Sends all that was appended, the minute under way included, and says whether Redis has it now: for tests, which
    /// need not wait for minutes to pass.
    pub fn settle(&self) -> bool {
        self.shared.local.settle();
        let (done, wait) = mpsc::sync_channel(1);
        self.orders.send(Order::Settle(done)).is_ok() && wait.recv().unwrap_or(false)
    }

    fn link(&self) -> MutexGuard<'_, Link> {
        self.link.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn born(&self) -> MutexGuard<'_, Option<i64>> {
        self.born.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self, damaged: &Damaged) {
        self.shared.set_answers(None);
        damaged.keys.iter().for_each(|(key, error)| self.shared.set_damaged(key, error));
    }

    fn ask(&self, query: &Query) -> Result<Columns, Failure> {
        let born = *self.born();
        let mut link = self.link();
        let mut answer = Answer::new(&self.shared, &mut link, query)?;
        answer.add_remote(born)?;
        answer.add_local(born)?;
        let (columns, damaged) = answer.finish();
        self.report(&damaged);
        Ok(columns)
    }

    /// The series that Redis knows.
    fn remote_series(&self, test: &crate::selector::Test) -> Result<Vec<Arc<StoredSeries>>, RemoteError> {
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
            // It was refused.
            return;
        }
        let hour = crate::head::hour_of(batch.time.millis());
        self.born().get_or_insert(hour);
        if self.shared.note(batch.time.millis()) {
            // When the thread is at work it will come to this minute anyway.
            let _ = self.orders.try_send(Order::Look);
        }
    }

    fn query(&self, query: &Query) -> Result<Columns, QueryError> {
        match self.ask(query) {
            Ok(columns) => Ok(columns),
            Err(Failure::Query(error)) => Err(error),
            // Its own part of the answer is better than none.
            Err(Failure::Remote(error)) => {
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
            raw::visit(&self.shared, &mut link, (selector, &test), range, born, &mut noting)
        };
        match outcome {
            Ok(damaged) => self.report(&damaged),
            Err(error) => {
                self.shared.set_answers(Some(error.to_string()));
                // Its own samples, unless some were visited before Redis went away: none may come twice.
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
        // Its own are better than none; the writing thread says that Redis is away.
        series.extend(self.remote_series(&selector.compile()?).unwrap_or_default());
        series.sort_by(|a, b| a.order(b));
        series.dedup();
        Ok(series)
    }

    fn status(&self) -> Status {
        let mut status = self.shared.local.status();
        status.problems.extend(self.shared.list_problems());
        status
    }

    fn close(&self) {
        let end = self.end.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(end) = end {
            self.shared.closing.store(true, Ordering::Relaxed);
            let orders = self.orders.clone();
            // A queue that is full is one that the thread comes to the end of, or never.
            let tell = move || drop(orders.send(Order::Close));
            if thread::Builder::new().name("history-redis-end".to_owned()).spawn(tell).is_ok() {
                // Whether it ends or is late: what was not sent is in the store on the disk.
                let _ = end.recv_timeout(DEADLINE);
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
