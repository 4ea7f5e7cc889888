//! The probe of the applications that report their requests.

use super::Applications;
use super::declarations::METRICS as OF_REQUESTS;
use crate::declare::metric;
use crate::probe::Part;
use crate::{Probe, ProbeError};
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use watchglass_model::{Declaration, Kind, Readings, Unit};

static APPLICATIONS: Declaration = metric(
    "watchglass_applications",
    Kind::Gauge,
    Unit::Count,
    "Applications that report their requests to this server, those that have fallen silent included.",
    None,
    "applications",
);
static TAKEN: Declaration = metric(
    "watchglass_reports_total",
    Kind::Counter,
    Unit::Count,
    "Reports of applications that were taken.",
    None,
    "reports",
);
static REFUSED: Declaration = metric(
    "watchglass_reports_refused_total",
    Kind::Counter,
    Unit::Count,
    "Reports of applications that were refused: they could not be read, or came from one application too many.",
    None,
    "refused",
);

static METRICS: LazyLock<Vec<&'static Declaration>> =
    LazyLock::new(|| OF_REQUESTS.into_iter().chain([&APPLICATIONS, &TAKEN, &REFUSED]).collect());

/// Applications may report as seldom as this.
const EVERY: Duration = Duration::from_secs(5);

/// Records what applications have reported since the last tick, each under its name in the label `app`.
///
/// Each application is a part of it, `app:NAME`: down when it has not reported for ten seconds. In a tick before which it
/// has not reported it has no values.
#[derive(Debug)]
pub struct Reported {
    applications: Arc<Applications>,
    parts: Vec<Part>,
}

impl Reported {
    /// The probe of what `applications` are told.
    pub fn new(applications: Arc<Applications>) -> Self {
        Self { applications, parts: Vec::new() }
    }
}

impl Probe for Reported {
    fn name(&self) -> &str {
        "applications"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn every_of(&self, metric: &Declaration) -> Duration {
        if metric.name.starts_with("watchglass_") { self.every() } else { EVERY }
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        let (totals, parts) = self.applications.tick(readings);
        self.parts = parts;
        readings.record(&APPLICATIONS, &[], totals.applications as f64);
        readings.record(&TAKEN, &[], totals.taken as f64);
        readings.record(&REFUSED, &[], totals.refused as f64);
        Ok(())
    }

    fn parts(&self) -> &[Part] {
        &self.parts
    }
}

#[cfg(test)]
#[path = "reported_tests.rs"]
mod tests;
