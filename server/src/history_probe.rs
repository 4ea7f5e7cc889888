//! Probe of the history: its size, and its errors.

use std::sync::Arc;
use watchglass_model::{Declaration, SampleBuffer};
use watchglass_probes::{Probe, ProbeError, ServerStats};
use watchglass_tsdb::History;

/// Probe without metrics: its values go into the self-monitoring values. Errors of the history show up as problems and raise
/// alerts, as those of every probe do.
#[derive(Debug)]
pub(crate) struct HistoryProbe {
    pub(crate) history: Arc<dyn History>,
    pub(crate) server_stats: Arc<ServerStats>,
}

impl Probe for HistoryProbe {
    fn name(&self) -> &str {
        "history"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &[]
    }

    fn collect(&mut self, _: &mut SampleBuffer) -> Result<(), ProbeError> {
        let status = self.history.status();
        self.server_stats.set_history(status.stored_bytes, status.series, status.refused);
        let problems = status.problems;
        if problems.is_empty() { Ok(()) } else { Err(ProbeError::Reported { reason: problems.join("; ") }) }
    }
}
