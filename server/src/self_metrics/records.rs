//! Probe of the record store: its size, and its errors.

use std::sync::Arc;
use watchglass_model::{Declaration, Kind, PanelRole, SampleBuffer, Timestamp, Unit};
use watchglass_probes::{Probe, ProbeError, ServerProcess, SubProbe};
use watchglass_records::{RecordStore, Status};

static BYTES: Declaration = Declaration {
    name: "watchglass_records_bytes",
    kind: Kind::Gauge,
    unit: Unit::Bytes,
    help: "Size of the record store on disk.",
    labels: &[],
    panel: Some((ServerProcess::MEMORY_PANEL, PanelRole::Detail)),
    legend: "records",
};
static RECORDS: Declaration = Declaration {
    name: "watchglass_records",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Records in the record store.",
    labels: &[],
    panel: None,
    legend: "records",
};
static REFUSED: Declaration = Declaration {
    name: "watchglass_records_refused_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Records lost because the record store could not take them, for example on a full disk.",
    labels: &[],
    panel: None,
    legend: "lost",
};

static METRICS: [&Declaration; 3] = [&BYTES, &RECORDS, &REFUSED];

/// Ticks between two reports of the same outage, whose number of lost records grows: each change is a log event.
const REPEAT_TICKS: u32 = 60;

/// Probe of the record store. As with the history, its errors are those of a part, so that size and losses are recorded while
/// there are some.
#[derive(Debug)]
pub(crate) struct RecordsProbe {
    store: Arc<RecordStore>,
    state: [SubProbe; 1],
    /// Start of the outage that was reported last, and ticks since then.
    reported: Option<(Timestamp, u32)>,
}

impl RecordsProbe {
    pub(crate) fn new(store: Arc<RecordStore>) -> Self {
        Self { store, state: [SubProbe { name: "records".to_owned(), problem: None }], reported: None }
    }

    fn record(&mut self, status: &Status, samples: &mut SampleBuffer) {
        samples.record(&BYTES, &[], status.stored_bytes as f64);
        samples.record(&RECORDS, &[], status.records as f64);
        samples.record(&REFUSED, &[], status.refused as f64);
        let outage = status.outage.map(|outage| outage.since);
        let ticks = self.reported.filter(|(since, _)| Some(*since) == outage).map(|(_, ticks)| ticks);
        if let (Some(since), Some(ticks @ 1..)) = (outage, ticks.map(|ticks| (ticks + 1) % REPEAT_TICKS)) {
            self.reported = Some((since, ticks));
            return;
        }
        self.reported = outage.map(|since| (since, 0));
        let [state] = &mut self.state;
        state.problem = (!status.problems.is_empty())
            .then(|| ProbeError::Reported { reason: status.problems.join("; ") });
    }
}

impl Probe for RecordsProbe {
    fn name(&self) -> &str {
        "watchglass_records"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let status = self.store.status();
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
    use watchglass_records::{Outage, SystemDisk};

    #[test]
    fn losses_of_an_outage_are_reported_at_its_start_and_each_minute() {
        let folder = tempfile::tempdir().unwrap();
        let store =
            RecordStore::open(folder.path(), Default::default(), Arc::<SystemDisk>::default()).unwrap();
        let mut probe = RecordsProbe::new(Arc::new(store));
        let mut samples = SampleBuffer::new();
        probe.collect(&mut samples).unwrap();
        assert_eq!((samples.raw_samples().count(), probe.sub_probes()[0].problem.clone()), (3, None));

        let fine = probe.store.status();
        let since = Timestamp::from_millis(1_700_000_000_000);
        let mut reported = Vec::new();
        for records in 1..=125 {
            let outage = Some(Outage { since, records });
            let problems = vec![format!("disk full; {records} lost")];
            probe.record(&Status { outage, problems, refused: records, ..fine.clone() }, &mut samples);
            let text = probe.sub_probes()[0].problem.clone().unwrap().to_string();
            if reported.last() != Some(&text) {
                reported.push(text);
            }
        }
        assert_eq!(reported, ["disk full; 1 lost", "disk full; 61 lost", "disk full; 121 lost"]);
        probe.record(&fine, &mut samples);
        assert_eq!(probe.sub_probes()[0].problem, None);
    }
}
