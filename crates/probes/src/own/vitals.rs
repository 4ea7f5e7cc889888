//! What this program tells of itself: numbers that only its parts know.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// What the parts of the program tell of themselves, for [`OwnProcess`](super::OwnProcess) to record.
///
/// Share it in an [`Arc`](std::sync::Arc). Telling is one atomic operation for each number, and never waits. What
/// nobody has told yet has no value.
#[derive(Debug, Default)]
pub struct Vitals {
    pub(super) tick_lateness: Level,
    pub(super) tick_duration: Level,
    pub(super) connections: Level,
    pub(super) frames_sent: Total,
    pub(super) bytes_sent: Total,
    pub(super) frames_skipped: Level,
    pub(super) tasks: Level,
    pub(super) history_bytes: Level,
    pub(super) history_series: Level,
    pub(super) history_refused: Level,
}

impl Vitals {
    /// A tick is over: it began so much later than it should have, and took so long. Tell it of every tick; each
    /// is recorded in the next.
    pub fn ticked(&self, lateness: Duration, duration: Duration) {
        self.tick_lateness.set(lateness.as_secs_f64());
        self.tick_duration.set(duration.as_secs_f64());
    }

    /// So many WebSockets are open now.
    pub fn set_connections(&self, count: usize) {
        self.connections.set(count as f64);
    }

    /// A message of so many bytes was handed to a WebSocket. Headers of frames, and of what lies below, are not
    /// counted.
    pub fn frame_sent(&self, bytes: usize) {
        self.frames_sent.add(1);
        self.bytes_sent.add(u64::try_from(bytes).unwrap_or(u64::MAX));
    }

    /// So many frames were not sent since the start, because a client was too slow for them.
    pub fn set_frames_skipped(&self, count: u64) {
        self.frames_skipped.set(count as f64);
    }

    /// So many tasks does the asynchronous runtime have now.
    pub fn set_tasks(&self, count: usize) {
        self.tasks.set(count as f64);
    }

    /// The history now takes so many bytes, on disk or in memory, has so many series, and has refused so many
    /// samples since the start.
    pub fn set_history(&self, bytes: u64, series: usize, refused: u64) {
        self.history_bytes.set(bytes as f64);
        self.history_series.set(series as f64);
        self.history_refused.set(refused as f64);
    }
}

/// A number that is set, with the bits of a float; not a number until it is first told.
#[derive(Debug)]
pub(super) struct Level(AtomicU64);

impl Default for Level {
    fn default() -> Self {
        Self(AtomicU64::new(f64::NAN.to_bits()))
    }
}

impl Level {
    fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    pub(super) fn value(&self) -> f64 {
        f64::from_bits(self.0.load(Ordering::Relaxed))
    }
}

/// A number that grows from 0.
#[derive(Debug, Default)]
pub(super) struct Total(AtomicU64);

impl Total {
    fn add(&self, more: u64) {
        self.0.fetch_add(more, Ordering::Relaxed);
    }

    pub(super) fn value(&self) -> f64 {
        self.0.load(Ordering::Relaxed) as f64
    }
}
