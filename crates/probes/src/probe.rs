//! Probe trait, and isolation of probe panics.

use crate::ProbeError;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::Duration;
use watchglass_model::{Declaration, RefusedSeries, SampleBuffer};

/// One of several dynamic sources behind a probe, such as an application.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SubProbe {
    /// Unique name in the namespace of probe names: `app:shop`.
    pub name: String,
    /// Current failure, if any.
    pub problem: Option<ProbeError>,
}

/// Measures one source: the CPUs, the disks, a database.
pub trait Probe: Send {
    /// Short, unique and constant name, used as a label value: `cpu`. Probes of several servers include the server:
    /// `redis:cache.example:6379`.
    fn name(&self) -> &str;

    /// All metrics the probe may record, in display order.
    fn metrics(&self) -> &'static [&'static Declaration];

    /// Sampling interval. Must not be shorter than the real interval, because charts show a gap when several samples in a
    /// row are missing.
    fn interval(&self) -> Duration {
        Duration::from_secs(1)
    }

    /// Sampling interval of a metric, for probes that measure some metrics less often.
    fn interval_of(&self, metric: &Declaration) -> Duration {
        let _ = metric;
        self.interval()
    }

    /// Measures and records samples in `samples`, which is empty at the call.
    ///
    /// Called at every tick, normally once per second; must return within milliseconds (use
    /// [`BackgroundProbe`](crate::BackgroundProbe) for slow reads). Recording nothing is not a failure: the first
    /// sample of a difference has no value, and a slow probe has none between rounds.
    ///
    /// A value that cannot be used is skipped with [`SampleBuffer::skip`]: the others are recorded.
    ///
    /// # Errors
    /// The source cannot be reached or refuses the request, or nothing in it can be read, and why. The text must not contain changing numbers: it stays the same while the cause
    /// does. Samples recorded before an error are dropped.
    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError>;

    /// Whether the source has been measured since the start. Until then it is neither up nor down.
    fn has_result(&self) -> bool {
        true
    }

    /// The file that it reads, for its errors.
    fn path(&self) -> Option<&Path> {
        None
    }

    /// State of each part at the last measurement. Each part has its own `up` series and problem. A part must be without
    /// a problem before it disappears.
    fn sub_probes(&self) -> &[SubProbe] {
        &[]
    }

    /// Called at the end of each tick with the series that were refused in it, for probes whose senders are told.
    fn series_refused(&mut self, refused: &RefusedSeries) {
        let _ = refused;
    }
}

/// Runs a probe; a panic counts as its failure, and so does a round that skipped readings and has no value.
///
/// The probe runs again after a panic: inconsistent state can only affect its own values.
pub(crate) fn run(probe: &mut dyn Probe, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
    catch_unwind(AssertUnwindSafe(|| probe.collect(samples))).unwrap_or(Err(ProbeError::Panicked))?;
    match samples.skipped().listed().first() {
        Some(first) if samples.is_empty() => Err(ProbeError::NothingUsable {
            path: probe.path().map(Path::to_owned),
            field: first.field.clone(),
            reason: first.reason.text(),
        }),
        _ => Ok(()),
    }
}
