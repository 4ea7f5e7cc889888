//! Tells, among the probes, how long the certificate lasts, and when it cannot be renewed.

use super::Tls;
use crate::ticker;
use std::sync::Arc;
use watchglass_model::{Declaration, Kind, Readings, Unit};
use watchglass_probes::{Probe, ProbeError};

/// To what the time is rounded down, in milliseconds: a certificate lasts for weeks, and a value that mostly stays takes no room.
const ROUND: i64 = 60_000;

static METRICS: [&Declaration; 1] = [&REMAINING];
static REMAINING: Declaration = Declaration {
    name: "tls_certificate_remaining_seconds",
    kind: Kind::Gauge,
    unit: Unit::Seconds,
    help: "Time until the certificate of this server ends; less than nothing once it has.",
    labels: &[],
    panel: None,
    legend: "",
};

/// The probe of the certificate: what is wrong with its files is shown, and raises an alert, as with every other probe.
#[derive(Debug)]
pub(crate) struct TlsProbe(pub(crate) Arc<Tls>);

impl Probe for TlsProbe {
    fn name(&self) -> &str {
        "tls"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        if let Some(reason) = self.0.problem() {
            return Err(ProbeError::Reported { reason });
        }
        if let Some(ends) = self.0.ends() {
            let minutes = ends.millis_since(ticker::now()).div_euclid(ROUND);
            readings.record(&REMAINING, &[], minutes as f64 * 60.0);
        }
        Ok(())
    }
}
