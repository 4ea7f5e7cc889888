//! Probe of the TLS certificate: time to expiry and reload errors.

use super::Tls;
use crate::clock;
use std::sync::Arc;
use watchglass_model::{Declaration, Kind, SampleBuffer, Unit};
use watchglass_probes::{Probe, ProbeError};

/// Rounding of the remaining time in milliseconds: certificates last for weeks, and values that rarely change compress well.
const ROUNDING_MILLIS: i64 = 60_000;

/// Metrics of the certificate.
pub(crate) static METRICS: [&Declaration; 1] = [&REMAINING];
static REMAINING: Declaration = Declaration {
    name: "tls_certificate_remaining_seconds",
    kind: Kind::Gauge,
    unit: Unit::Seconds,
    help: "Time until the TLS certificate of this server expires; negative once it has expired.",
    labels: &[],
    panel: None,
    legend: "",
};

/// Probe of the TLS certificate: a reload error is shown and raises an alert, like a failure of any other probe.
#[derive(Debug)]
pub(crate) struct TlsProbe(pub(crate) Arc<Tls>);

impl Probe for TlsProbe {
    fn name(&self) -> &str {
        "tls"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, readings: &mut SampleBuffer) -> Result<(), ProbeError> {
        if let Some(reason) = self.0.reload_error() {
            return Err(ProbeError::Reported { reason });
        }
        if let Some(ends) = self.0.expires_at() {
            let minutes = ends.millis_since(clock::now()).div_euclid(ROUNDING_MILLIS);
            readings.record(&REMAINING, &[], minutes as f64 * 60.0);
        }
        Ok(())
    }
}
