//! What all jobs share: the server's address, tokens, the end of the run, and the record.

use crate::record::Record;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Access tokens.
#[derive(Debug)]
pub(crate) struct Tokens {
    /// Role `admin`.
    pub(crate) admin: String,
    /// Role `viewer`.
    pub(crate) viewer: String,
    /// Role `ingest`.
    pub(crate) ingest: String,
}

/// State of a run.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) address: SocketAddr,
    pub(crate) tokens: Tokens,
    ends: Instant,
    record: Mutex<Record>,
}

impl Context {
    /// A run of `length` that begins now.
    pub(crate) fn new(address: SocketAddr, tokens: Tokens, length: Duration) -> Self {
        let record = Mutex::new(Record::new(now_millis() / 1000));
        Self { address, tokens, ends: Instant::now() + length, record }
    }

    /// Whether the run goes on.
    pub(crate) fn is_running(&self) -> bool {
        Instant::now() < self.ends
    }

    /// Waits, at most until the end of the run.
    pub(crate) fn pause(&self, length: Duration) {
        std::thread::sleep(length.min(self.ends.saturating_duration_since(Instant::now())));
    }

    /// Reads or changes the record.
    pub(crate) fn record<T>(&self, change: impl FnOnce(&mut Record) -> T) -> T {
        change(&mut self.record.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Unix time in milliseconds.
pub(crate) fn now_millis() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_millis()).unwrap_or(i64::MAX)
}
