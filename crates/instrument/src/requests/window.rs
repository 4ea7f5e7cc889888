//! Rolling window over the requests of one route or all routes.

use super::Counts;
use super::snapshot::Delta;
use crate::sketch::Sketch;
use std::collections::VecDeque;
use std::time::Duration;

/// Requests of the last minute of one route or all routes.
///
/// Holds a sketch (9 KB) and the increments to subtract when they expire: eight bytes per sketch bin that grew in a
/// second, some 10 KB for a route with ten requests per second, and about 100 KB for one with thousands, whose
/// latencies fall into 200 bins.
#[derive(Debug, Default)]
pub struct Window {
    /// Oldest first. Seconds without requests have no slot.
    slots: VecDeque<Slot>,
    counts: Counts,
    latency: Sketch,
}

#[derive(Debug)]
struct Slot {
    from: Duration,
    growth: Delta,
}

impl Window {
    /// Finished requests.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// Latencies.
    pub fn latency(&self) -> &Sketch {
        &self.latency
    }

    /// Adds the increase since `from`, which is the start of the newest slot or later.
    pub(crate) fn push(&mut self, from: Duration, growth: &Delta) {
        if growth.counts.ended() == 0 {
            return;
        }
        self.counts = self.counts.plus(&growth.counts);
        self.latency.add(&growth.latency);
        match self.slots.back_mut() {
            Some(slot) if slot.from == from => slot.growth.append(growth),
            _ => self.slots.push_back(Slot { from, growth: growth.clone() }),
        }
    }

    /// Removes slots that began before `oldest`.
    pub(crate) fn expire(&mut self, oldest: Duration) {
        while let Some(slot) = self.slots.pop_front_if(|slot| slot.from < oldest) {
            self.counts = self.counts.since(&slot.growth.counts);
            self.latency.subtract(&slot.growth.latency);
        }
    }
}
