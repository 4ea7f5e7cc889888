//! Concurrent quantile sketch.

use super::{BINS, Sketch, SketchDelta, bin, nanos};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Lock-free [`Sketch`] for concurrent recording: two atomic additions per duration.
#[derive(Debug)]
pub struct LiveSketch {
    counts: Box<[AtomicU64]>,
    sum_nanos: AtomicU64,
}

impl Default for LiveSketch {
    fn default() -> Self {
        Self { counts: (0..BINS).map(|_| AtomicU64::new(0)).collect(), sum_nanos: AtomicU64::new(0) }
    }
}

impl LiveSketch {
    /// An empty sketch.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a duration, capped at [`MAX_DURATION`](super::MAX_DURATION).
    pub fn record(&self, duration: Duration) {
        let nanos = nanos(duration);
        self.sum_nanos.fetch_add(nanos, Ordering::Relaxed);
        if let Some(count) = self.counts.get(bin(nanos)) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Adds durations recorded in another process.
    #[cfg(feature = "report")]
    pub(crate) fn add(&self, growth: &SketchDelta) {
        self.sum_nanos.fetch_add(growth.sum_nanos, Ordering::Relaxed);
        for (bin, grown) in &growth.bins {
            if let Some(count) = self.counts.get(usize::from(*bin)) {
                count.fetch_add(u64::from(*grown), Ordering::Relaxed);
            }
        }
    }

    /// Copy of the current state. Concurrent recordings may be missing, or included in the sum but not in the count.
    pub fn sketch(&self) -> Sketch {
        let mut sketch = Sketch::new();
        sketch.update_from(self, &mut SketchDelta::default());
        sketch
    }

    pub(super) fn counts(&self) -> impl Iterator<Item = u64> {
        self.counts.iter().map(|count| count.load(Ordering::Relaxed))
    }

    pub(super) fn sum_nanos(&self) -> u64 {
        self.sum_nanos.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread;

    #[test]
    fn concurrent_recordings_are_not_lost() {
        let live = LiveSketch::new();
        thread::scope(|scope| {
            for millis in 1..=4 {
                let live = &live;
                scope.spawn(move || (0..10_000).for_each(|_| live.record(Duration::from_millis(millis))));
            }
        });
        let sketch = live.sketch();
        assert_eq!(sketch.count(), 40_000);
        assert!((sketch.sum() - 100.0).abs() < 1e-9, "{}", sketch.sum());
    }
}
