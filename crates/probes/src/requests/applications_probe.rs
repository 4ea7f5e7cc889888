//! Probe of the reporting applications.

use super::Applications;
use super::declarations::METRICS as OF_REQUESTS;
use crate::declare::metric;
use crate::probe::SubProbe;
use crate::{Probe, ProbeError};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use watchglass_model::{Declaration, Kind, RefusedSeries, SampleBuffer, Unit};

static APPLICATIONS: Declaration = metric(
    "watchglass_applications",
    Kind::Gauge,
    Unit::Count,
    "Applications that report to this server, including those that are down.",
    None,
    "applications",
);
static ACCEPTED: Declaration = metric(
    "watchglass_reports_total",
    Kind::Counter,
    Unit::Count,
    "Accepted reports of applications.",
    None,
    "reports",
);
static REJECTED: Declaration = metric(
    "watchglass_reports_refused_total",
    Kind::Counter,
    Unit::Count,
    "Rejected reports of applications: invalid, or over the application limit.",
    None,
    "rejected",
);

static METRICS: LazyLock<Vec<&'static Declaration>> =
    LazyLock::new(|| OF_REQUESTS.into_iter().chain([&APPLICATIONS, &ACCEPTED, &REJECTED]).collect());

/// Maximum report interval of applications.
const INTERVAL: Duration = Duration::from_secs(5);

/// Records the reports since the last tick, with the application name in the label `app`.
///
/// Each application is a part `app:NAME`, which is down after ten seconds without reports. It has no values in ticks
/// without a new report.
#[derive(Debug)]
pub struct ApplicationsProbe {
    applications: Arc<Applications>,
    parts: Vec<SubProbe>,
}

impl ApplicationsProbe {
    /// A probe for the registry `applications`.
    pub fn new(applications: Arc<Applications>) -> Self {
        Self { applications, parts: Vec::new() }
    }
}

impl Probe for ApplicationsProbe {
    fn name(&self) -> &str {
        "applications"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn interval_of(&self, metric: &Declaration) -> Duration {
        if metric.name.starts_with("watchglass_") { self.interval() } else { INTERVAL }
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let (totals, parts) = self.applications.tick(samples);
        self.parts = parts;
        samples.record(&APPLICATIONS, &[], totals.applications as f64);
        samples.record(&ACCEPTED, &[], totals.accepted as f64);
        samples.record(&REJECTED, &[], totals.rejected as f64);
        Ok(())
    }

    fn sub_probes(&self) -> &[SubProbe] {
        &self.parts
    }

    fn series_refused(&mut self, refused: &RefusedSeries) {
        self.applications.set_refused_series(refused);
    }
}

#[cfg(test)]
#[path = "reported_tests.rs"]
mod tests;
