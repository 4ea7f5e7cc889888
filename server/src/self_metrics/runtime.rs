//! Probe of the async runtime: its tasks.

use super::hub::CONNECTIONS_PANEL;
use tokio::runtime::Handle;
use watchglass_model::{Declaration, Kind, PanelRole, SampleBuffer, Unit};
use watchglass_probes::{Probe, ProbeError};

static TASKS: Declaration = Declaration {
    name: "watchglass_tasks",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Tasks of the asynchronous runtime.",
    labels: &[],
    panel: Some((&CONNECTIONS_PANEL, PanelRole::Detail)),
    legend: "tasks",
};

static METRICS: [&Declaration; 1] = [&TASKS];

/// Probe of the async runtime.
#[derive(Debug)]
pub(crate) struct RuntimeProbe(pub(crate) Handle);

impl Probe for RuntimeProbe {
    fn name(&self) -> &str {
        "watchglass_tasks"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        samples.record(&TASKS, &[], self.0.metrics().num_alive_tasks() as f64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn alive_tasks_are_counted() {
        let waiting = tokio::spawn(std::future::pending::<()>());
        let mut samples = SampleBuffer::new();
        RuntimeProbe(Handle::current()).collect(&mut samples).unwrap();
        assert_eq!(samples.raw_samples().map(|row| row.value).collect::<Vec<_>>(), [1.0]);
        waiting.abort();
    }
}
