//! Requests: how many an application answers, how long it takes and how often it fails.
//!
//! This file is the probe of this server's own; `reported.rs` is the one of the applications that report theirs.

mod applications;
mod declarations;
mod figures;
mod reported;

pub use applications::{Applications, IngestError, Taken};
pub use reported::Reported;

use crate::{Probe, ProbeError};
use declarations::METRICS;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use watchglass_instrument::requests::{LastMinute, Recorder};
use watchglass_model::{Declaration, Readings};

/// The empty label: this server's own requests have none.
const OWN: &str = "";

/// Reads what a [`Recorder`] has counted: by route since it was made, and over the last minute.
///
/// A route's counters begin with its first request of that kind, and its latencies are missing in a minute
/// without requests; so is the part of errors. What is said of the last minute is missing in the first tick.
pub struct Requests {
    minute: LastMinute,
    clock: Box<dyn Fn() -> Duration + Send>,
}

impl Requests {
    /// The probe of that recorder.
    pub fn new(recorder: Arc<Recorder>) -> Self {
        let start = Instant::now();
        Self::with_clock(recorder, move || start.elapsed())
    }

    /// [`Requests::new`] with a clock that tells the time since some fixed moment, and never steps back.
    pub fn with_clock(recorder: Arc<Recorder>, clock: impl Fn() -> Duration + Send + 'static) -> Self {
        Self { minute: LastMinute::new(recorder), clock: Box::new(clock) }
    }
}

impl Probe for Requests {
    fn name(&self) -> &'static str {
        "requests"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        self.minute.advance((self.clock)());
        figures::record(OWN, &self.minute, self.minute.snapshot().in_flight(), readings);
        Ok(())
    }
}

impl fmt::Debug for Requests {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Requests").field("minute", &self.minute).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
