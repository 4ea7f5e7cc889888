//! Probe of the history: its size, and its errors.

use std::sync::Arc;
use watchglass_model::{Declaration, Kind, PanelRole, SampleBuffer, Unit};
use watchglass_probes::{Probe, ProbeError, ServerProcess, SubProbe};
use watchglass_tsdb::{History, Status};

static BYTES: Declaration = Declaration {
    name: "watchglass_tsdb_bytes",
    kind: Kind::Gauge,
    unit: Unit::Bytes,
    help: "Size of the history on disk or in memory.",
    labels: &[],
    panel: Some((ServerProcess::MEMORY_PANEL, PanelRole::Detail)),
    legend: "history",
};
static SERIES: Declaration = Declaration {
    name: "watchglass_tsdb_series",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Series in the history.",
    labels: &[],
    panel: Some((ServerProcess::MEMORY_PANEL, PanelRole::Detail)),
    legend: "series",
};
static REFUSED: Declaration = Declaration {
    name: "watchglass_tsdb_refused_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Samples dropped by the history store.",
    labels: &[],
    panel: None,
    legend: "dropped",
};
static CONFLICTS: Declaration = Declaration {
    name: "watchglass_host_name_conflicts",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Other running servers that share history under the same host name.",
    labels: &[],
    panel: None,
    legend: "conflicts",
};

static METRICS: [&Declaration; 4] = [&BYTES, &SERIES, &REFUSED, &CONFLICTS];

/// Probe of the history. Its errors are those of a part: a failing probe has no samples, but the size of a history that
/// cannot be written, and the number of dropped samples, are wanted most then.
#[derive(Debug)]
pub(crate) struct HistoryProbe {
    history: Arc<dyn History>,
    state: [SubProbe; 1],
}

impl HistoryProbe {
    pub(crate) fn new(history: Arc<dyn History>) -> Self {
        Self { history, state: [SubProbe { name: "history".to_owned(), problem: None }] }
    }

    fn record(&mut self, status: &Status, samples: &mut SampleBuffer) {
        samples.record(&BYTES, &[], status.stored_bytes as f64);
        samples.record(&SERIES, &[], status.series as f64);
        samples.record(&REFUSED, &[], status.refused as f64);
        samples.record(&CONFLICTS, &[], status.conflicts as f64);
        let [state] = &mut self.state;
        state.problem = (!status.problems.is_empty())
            .then(|| ProbeError::Reported { reason: status.problems.join("; ") });
    }
}

impl Probe for HistoryProbe {
    fn name(&self) -> &str {
        "watchglass_history"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let status = self.history.status();
        self.record(&status, samples);
        Ok(())
    }

    fn sub_probes(&self) -> &[SubProbe] {
        &self.state
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use watchglass_tsdb::MemoryHistory;

    #[test]
    fn size_is_recorded_while_the_history_has_errors() {
        let mut probe = HistoryProbe::new(Arc::new(MemoryHistory::new(Duration::from_secs(60), 10)));
        let mut samples = SampleBuffer::new();
        probe.collect(&mut samples).unwrap();
        assert_eq!((samples.raw_samples().count(), probe.sub_probes()[0].problem.clone()), (4, None));

        let problems = vec!["disk full".to_owned(), "slow".to_owned()];
        let failing = Status {
            stored_bytes: 1 << 20,
            series: 250,
            refused: 8,
            conflicts: 1,
            problems,
            ..Status::default()
        };
        samples.clear();
        probe.record(&failing, &mut samples);
        let values: Vec<_> = samples.raw_samples().map(|row| (row.metric.name, row.value)).collect();
        assert_eq!(
            values,
            [(BYTES.name, 1_048_576.0), (SERIES.name, 250.0), (REFUSED.name, 8.0), (CONFLICTS.name, 1.0)]
        );
        let [state] = probe.sub_probes() else { panic!("one part") };
        assert_eq!(
            (state.name.as_str(), state.problem.clone().unwrap().to_string()),
            ("history", "disk full; slow".to_owned())
        );

        probe.record(&Status::default(), &mut samples);
        assert_eq!(probe.sub_probes()[0].problem, None);
    }
}
