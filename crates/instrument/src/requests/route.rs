//! Counters of a route.

use super::class::CLASSES;
use super::method::METHODS;
use super::{Counts, StatusClass};
use crate::sketch::LiveSketch;
use std::array;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// Atomic counters of a route.
#[derive(Debug)]
pub(crate) struct Route {
    name: Arc<str>,
    methods: [Tally; METHODS.len()],
    latency: LiveSketch,
}

/// Requests of one method.
#[derive(Debug, Default)]
struct Tally {
    started: AtomicU64,
    answered: [AtomicU64; CLASSES],
    cancelled: AtomicU64,
}

impl Route {
    pub(crate) fn new(name: &str) -> Self {
        Self { name: name.into(), methods: array::from_fn(|_| Tally::default()), latency: LiveSketch::new() }
    }

    pub(crate) fn name(&self) -> &Arc<str> {
        &self.name
    }

    pub(crate) fn latency(&self) -> &LiveSketch {
        &self.latency
    }

    pub(crate) fn start(&self, method: u8) {
        if let Some(tally) = self.methods.get(usize::from(method)) {
            tally.started.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(crate) fn answered(&self, method: u8, class: StatusClass, latency: Duration) {
        self.latency.record(latency);
        let tally = self.methods.get(usize::from(method));
        if let Some(count) = tally.and_then(|tally| tally.answered.get(class as usize)) {
            // A reader that sees the end of the request must also see its start and latency.
            count.fetch_add(1, Ordering::Release);
        }
    }

    pub(crate) fn cancelled(&self, method: u8) {
        if let Some(tally) = self.methods.get(usize::from(method)) {
            tally.cancelled.fetch_add(1, Ordering::Release);
        }
    }

    /// Adds finished requests of one method from a report. Add their latencies first.
    #[cfg(feature = "report")]
    pub(crate) fn add(&self, method: &str, counts: &Counts) {
        let index = METHODS.iter().position(|known| *known == method);
        let Some(tally) = index.and_then(|index| self.methods.get(index)) else { return };
        tally.started.fetch_add(counts.ended(), Ordering::Relaxed);
        for class in StatusClass::ALL {
            if let Some(count) = tally.answered.get(class as usize) {
                count.fetch_add(counts.of(class), Ordering::Release);
            }
        }
        tally.cancelled.fetch_add(counts.cancelled(), Ordering::Release);
    }

    /// The methods used so far: name, finished requests, and requests in flight.
    pub(crate) fn methods(&self) -> impl Iterator<Item = (&'static str, Counts, u64)> {
        METHODS.into_iter().zip(&self.methods).filter_map(|(method, tally)| {
            let answered = array::from_fn(|class| {
                tally.answered.get(class).map_or(0, |count| count.load(Ordering::Acquire))
            });
            let counts = Counts::new(answered, tally.cancelled.load(Ordering::Acquire));
            // Read last, so that every finished request is also counted as started.
            let started = tally.started.load(Ordering::Relaxed);
            (started > 0).then(|| (method, counts, started.saturating_sub(counts.ended())))
        })
    }
}
