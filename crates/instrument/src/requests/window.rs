//! What came in the last minute, to one route or to all.

use super::Counts;
use super::snapshot::Growth;
use crate::sketch::Sketch;
use std::collections::VecDeque;
use std::time::Duration;

/// What came in the last minute, to one route or to all.
///
/// It holds a sketch, 9 KB, and what has to be taken back when it is over: eight bytes for each bin of the sketch
/// that grew in a second, so some ten kilobytes for a route with ten requests a second, and about 100 KB for one
/// with thousands, whose latencies fall into 200 bins.
#[derive(Debug, Default)]
pub struct Window {
    /// The oldest first. Seconds in which nothing came have none.
    slots: VecDeque<Slot>,
    counts: Counts,
    latency: Sketch,
}

#[derive(Debug)]
struct Slot {
    from: Duration,
    growth: Growth,
}

impl Window {
    /// Requests that ended.
    pub fn counts(&self) -> &Counts {
        &self.counts
    }

    /// How long answers took.
    pub fn latency(&self) -> &Sketch {
        &self.latency
    }

    /// Adds what came since `from`, which is that of the newest slot or later.
    pub(crate) fn push(&mut self, from: Duration, growth: &Growth) {
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

    /// Takes back what came in slots that began before `oldest`.
    pub(crate) fn expire(&mut self, oldest: Duration) {
        while let Some(slot) = self.slots.pop_front_if(|slot| slot.from < oldest) {
            self.counts = self.counts.since(&slot.growth.counts);
            self.latency.subtract(&slot.growth.latency);
        }
    }
}
