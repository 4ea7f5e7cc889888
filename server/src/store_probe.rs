//! Tells, among the probes, when the history cannot keep what it is given.

use std::sync::Arc;
use watchglass_history::History;
use watchglass_model::{Declaration, Readings};
use watchglass_probes::{Probe, ProbeError};

/// A probe without values: what is wrong with the history is shown, and raises an alert, as with every other probe.
#[derive(Debug)]
pub(crate) struct StoreProbe(pub(crate) Arc<dyn History>);

impl Probe for StoreProbe {
    fn name(&self) -> &str {
        "history"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &[]
    }

    fn collect(&mut self, _: &mut Readings) -> Result<(), ProbeError> {
        let problems = self.0.status().problems;
        if problems.is_empty() { Ok(()) } else { Err(ProbeError::Reported { reason: problems.join("; ") }) }
    }
}
