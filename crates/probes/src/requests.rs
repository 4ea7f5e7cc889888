//! Request metrics: rate, latency and errors.
//!
//! This file is the probe of this server's own requests; `reported.rs` is the one of reporting applications.

mod applications;
mod applications_probe;
mod declarations;
mod recording;

pub use applications::{AcceptedReport, Applications, IngestError};
pub use applications_probe::ApplicationsProbe;

use crate::{Probe, ProbeError};
use declarations::METRICS;
use std::fmt;
use std::sync::Arc;
use std::time::{Duration, Instant};
use watchglass_instrument::requests::{LastMinute, Recorder};
use watchglass_model::{Declaration, SampleBuffer};

/// Empty label: this server's own requests have no `app` label.
const OWN: &str = "";

/// Reads a [`Recorder`]: totals by route, and the last minute.
///
/// A route's counters start with its first request of that kind. Latencies and error ratio are missing in a minute
/// without requests, and all values of the last minute in the first tick.
pub struct Requests {
    minute: LastMinute,
    clock: Box<dyn Fn() -> Duration + Send>,
}

impl Requests {
    /// A probe for `recorder`.
    pub fn new(recorder: Arc<Recorder>) -> Self {
        let start = Instant::now();
        Self::with_clock(recorder, move || start.elapsed())
    }

    /// [`Requests::new`] with a monotonic clock.
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

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        self.minute.advance((self.clock)());
        recording::record(OWN, &self.minute, self.minute.snapshot().in_flight(), samples);
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
