//! Probe of the data directory: whether it can be written.

use crate::persist::DataDirState;
use watchglass_model::{Declaration, Kind, SampleBuffer, Unit};
use watchglass_probes::{Probe, ProbeError, SubProbe};

static WRITABLE: Declaration = Declaration {
    name: "watchglass_data_directory_writable",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Whether the data directory can be written: 1 or 0.",
    labels: &[],
    panel: None,
    legend: "writable",
};

static METRICS: [&Declaration; 1] = [&WRITABLE];

/// Probe of the data directory. The reason why it cannot be written is the error of a part, since a failing probe would have
/// no samples.
#[derive(Debug)]
pub(crate) struct DataDirProbe {
    state: DataDirState,
    part: [SubProbe; 1],
}

impl DataDirProbe {
    pub(crate) fn new(state: DataDirState) -> Self {
        Self { state, part: [SubProbe { name: "data_directory".to_owned(), problem: None }] }
    }
}

impl Probe for DataDirProbe {
    fn name(&self) -> &str {
        "watchglass_data_directory"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let problem = self.state.problem();
        samples.record(&WRITABLE, &[], if problem.is_none() { 1.0 } else { 0.0 });
        let [part] = &mut self.part;
        part.problem = problem.map(|reason| ProbeError::Reported { reason });
        Ok(())
    }

    fn sub_probes(&self) -> &[SubProbe] {
        &self.part
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reason_is_the_problem_of_the_part_and_the_value_is_zero() {
        let state = DataDirState::default();
        let mut probe = DataDirProbe::new(state.clone());
        let mut collect = || {
            let mut samples = SampleBuffer::new();
            probe.collect(&mut samples).unwrap();
            let values: Vec<f64> = samples.raw_samples().map(|row| row.value).collect();
            (values, probe.sub_probes()[0].problem.as_ref().map(ToString::to_string))
        };
        assert_eq!(collect(), (vec![1.0], None));
        state.set("data".as_ref(), Some("disk full".to_owned()));
        assert_eq!(collect(), (vec![0.0], Some("disk full".to_owned())));
        state.set("data".as_ref(), None);
        assert_eq!(collect(), (vec![1.0], None));
    }
}
