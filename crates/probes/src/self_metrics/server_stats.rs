//! Self-monitoring statistics reported by components of the server.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Component statistics, recorded by [`OwnProcess`](super::OwnProcess).
///
/// Share it in an [`Arc`](std::sync::Arc). Updates are one atomic operation per number and never block. A number that
/// was never set has no value.
#[derive(Debug, Default)]
pub struct ServerStats {
    pub(super) tick_lateness: Gauge,
    pub(super) tick_duration: Gauge,
    pub(super) connections: Gauge,
    pub(super) frames_sent: Counter,
    pub(super) bytes_sent: Counter,
    pub(super) frames_skipped: Gauge,
    pub(super) tasks: Gauge,
    pub(super) history_bytes: Gauge,
    pub(super) history_series: Gauge,
    pub(super) history_refused: Gauge,
}

impl ServerStats {
    /// Sets delay and duration of the last tick. Call it after every tick; the values are recorded in the next.
    pub fn record_tick(&self, lateness: Duration, duration: Duration) {
        self.tick_lateness.set(lateness.as_secs_f64());
        self.tick_duration.set(duration.as_secs_f64());
    }

    /// Sets the number of open WebSockets.
    pub fn set_connections(&self, count: usize) {
        self.connections.set(count as f64);
    }

    /// Counts a message sent over a WebSocket. `bytes` excludes frame and transport headers.
    pub fn frame_sent(&self, bytes: usize) {
        self.frames_sent.add(1);
        self.bytes_sent.add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// Sets the total number of frames skipped because of slow clients.
    pub fn set_frames_skipped(&self, count: u64) {
        self.frames_skipped.set(count as f64);
    }

    /// Sets the number of tasks of the async runtime.
    pub fn set_tasks(&self, count: usize) {
        self.tasks.set(count as f64);
    }

    /// Sets the size of the history in bytes, its number of series, and the total number of dropped samples.
    pub fn set_history(&self, bytes: u64, series: usize, refused: u64) {
        self.history_bytes.set(bytes as f64);
        self.history_series.set(series as f64);
        self.history_refused.set(refused as f64);
    }
}

/// Atomic gauge, stored as the bits of a float; NaN until it is set.
#[derive(Debug)]
pub(super) struct Gauge(AtomicU64);

impl Default for Gauge {
    fn default() -> Self {
        Self(AtomicU64::new(f64::NAN.to_bits()))
    }
}

impl Gauge {
    fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    pub(super) fn value(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// Atomic counter.
#[derive(Debug, Default)]
pub(super) struct Counter(AtomicU64);

impl Counter {
    fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn value(&self) -> f64 {
        self.0.load(Ordering::Relaxed) as f64
    }
}
