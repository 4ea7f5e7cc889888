//! Tells, among the probes, when the certificate cannot be renewed.

use super::Tls;
use std::sync::Arc;
use watchglass_model::{Declaration, Readings};
use watchglass_probes::{Probe, ProbeError};

/// A probe without values: what is wrong with the files of the certificate is shown, and raises an alert, as with every other probe.
#[derive(Debug)]
pub(crate) struct TlsProbe(pub(crate) Arc<Tls>);

impl Probe for TlsProbe {
    fn name(&self) -> &str {
        "tls"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &[]
    }

    fn collect(&mut self, _: &mut Readings) -> Result<(), ProbeError> {
        self.0.problem().map_or(Ok(()), |reason| Err(ProbeError::Reported { reason }))
    }
}
