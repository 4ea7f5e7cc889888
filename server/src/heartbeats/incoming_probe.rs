//! Probe of the heartbeats that this server expects.

use super::Heartbeats;
use crate::clock;
use std::sync::Arc;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};
use watchglass_probes::{Probe, ProbeError};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "heartbeats",
    section: "Watchglass",
    title: "Heartbeats",
    style: Style::Line,
    unit: Unit::Seconds,
    ceiling: None,
    description: "Time since the last heartbeat of each job. A line that rises beyond its usual height is a job that stopped.",
};

static UP: Declaration = Declaration {
    name: "watchglass_heartbeat_up",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "1 while a job's heartbeats arrive in time, 0 if one is late or reported a failure.",
    labels: &["heartbeat"],
    panel: Some((&PANEL, PanelRole::Detail)),
    legend: "{heartbeat}",
};
static AGE: Declaration = Declaration {
    name: "watchglass_heartbeat_age_seconds",
    kind: Kind::Gauge,
    unit: Unit::Seconds,
    help: "Time since the last heartbeat of a job.",
    labels: &["heartbeat"],
    panel: Some((&PANEL, PanelRole::HeadlineAndChart)),
    legend: "{heartbeat}",
};
static RECEIVED: Declaration = Declaration {
    name: "watchglass_heartbeat_received_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Heartbeats received from a job.",
    labels: &["heartbeat"],
    panel: Some((&PANEL, PanelRole::Detail)),
    legend: "{heartbeat}",
};

static METRICS: [&Declaration; 3] = [&UP, &AGE, &RECEIVED];

/// Probe of the heartbeats that this server expects.
#[derive(Debug)]
pub(crate) struct HeartbeatsProbe(pub(crate) Arc<Heartbeats>);

impl Probe for HeartbeatsProbe {
    fn name(&self) -> &str {
        "heartbeats"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let now = clock::now();
        for state in self.0.list(now) {
            let heartbeat = state.heartbeat;
            let labels = [heartbeat.name.as_str()];
            samples.record(&UP, &labels, f64::from(u8::from(state.status.is_good())));
            if let Some(last) = heartbeat.last_received {
                samples.record(&AGE, &labels, now.millis_since(last) as f64 / 1000.0);
            }
            samples.record(&RECEIVED, &labels, heartbeat.received as f64);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_age_and_count_are_recorded_for_each_heartbeat() {
        let heartbeats = Arc::<Heartbeats>::default();
        for name in ["backup", "cron"] {
            let new = serde_json::from_value(serde_json::json!({ "name": name, "period": "1h" })).unwrap();
            heartbeats.add(&new, clock::now()).unwrap();
        }
        heartbeats.receive("backup", true, clock::now());
        let mut samples = SampleBuffer::new();
        HeartbeatsProbe(heartbeats).collect(&mut samples).unwrap();
        let found: Vec<_> = samples.raw_samples().map(|row| (row.metric.name, row.value)).collect();
        let [backup_up, age, backup_count, cron_up, cron_count] = found[..] else { panic!("{found:?}") };
        assert_eq!([backup_up, cron_up], [(UP.name, 0.0), (UP.name, 1.0)]);
        assert!(age.0 == AGE.name && (0.0..3600.0).contains(&age.1), "{age:?}");
        assert_eq!([backup_count, cron_count], [(RECEIVED.name, 1.0), (RECEIVED.name, 0.0)]);
    }
}
