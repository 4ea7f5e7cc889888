//! What a probe is, and how one is run so that it cannot take others down.

use crate::ProbeError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;
use watchglass_model::{Declaration, Readings};

/// One of the sources that a probe stands for, where they come and go while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As the name of a probe, and different from all of them: `app:shop`.
    pub name: String,
    /// Why it has no values; `None` while it has.
    pub problem: Option<ProbeError>,
}

/// Measures one thing: the processors, the disks, a database.
pub trait Probe: Send {
    /// Short, unique and fit for a label value: `cpu`. Of probes that are there several times, it says which:
    /// `redis:cache.example:6379`. Always the same.
    fn name(&self) -> &str;

    /// Every metric it may record, in the order in which pages show them.
    fn metrics(&self) -> &'static [&'static Declaration];

    /// How far apart its values are. Charts draw a gap where several values in a row are missing, so this
    /// must not be shorter than the truth.
    fn every(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// How far apart the values of one of its metrics are, where it measures some less often than others.
    fn every_of(&self, metric: &Declaration) -> Duration {
        let _ = metric;
        self.every()
    }

    /// Measures, and records what it found in `readings`, which is empty when handed in.
    ///
    /// Called at every tick, one second apart as a rule; it must return within milliseconds (see
    /// [`OwnThread`](crate::OwnThread) for reads that may not). Recording nothing is no failure: the first
    /// reading of a difference has no value, and a slow probe has none between two of its rounds.
    ///
    /// # Errors
    /// What could not be read, and why. The text must stay the same while the cause does: no changing
    /// numbers. What was recorded before an error is dropped.
    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError>;

    /// What it has found out about each of its parts when it was last asked to measure. A part has an `up` and a
    /// problem of its own. One that goes must have been without a problem the last time that it was here.
    fn parts(&self) -> &[Part] {
        &[]
    }
}

/// Runs a probe; a panic in it counts as a failure of its own.
///
/// A probe is asked again after a panic: whatever state it left behind, it can only spoil its own values.
pub(crate) fn run(probe: &mut dyn Probe, readings: &mut Readings) -> Result<(), ProbeError> {
    catch_unwind(AssertUnwindSafe(|| probe.collect(readings))).unwrap_or(Err(ProbeError::Panicked))
}
