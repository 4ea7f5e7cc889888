//! Tells, among the probes, what the history takes, and when it cannot keep what it is given.

use std::sync::Arc;
use watchglass_history::History;
use watchglass_model::{Declaration, Readings};
use watchglass_probes::{Probe, ProbeError, Vitals};

/// A probe without values of its own, which go into the vitals: what is wrong with the history is shown, and raises an
/// alert, as with every other probe.
#[derive(Debug)]
pub(crate) struct StoreProbe {
    pub(crate) history: Arc<dyn History>,
    pub(crate) vitals: Arc<Vitals>,
}

impl Probe for StoreProbe {
    fn name(&self) -> &str {
        "history"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &[]
    }

    fn collect(&mut self, _: &mut Readings) -> Result<(), ProbeError> {
        let status = self.history.status();
        self.vitals.set_history(status.stored_bytes, status.series, status.refused);
        let problems = status.problems;
        if problems.is_empty() { Ok(()) } else { Err(ProbeError::Reported { reason: problems.join("; ") }) }
    }
}
