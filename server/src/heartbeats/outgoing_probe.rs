//! Probe of the heartbeats that are sent.

use super::HeartbeatSender;
use super::outgoing::SentCounts;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};
use watchglass_probes::{Probe, ProbeError};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "own-heartbeat",
    section: "Watchglass",
    title: "Heartbeat sent",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    description: "1 while the configured URL accepts the heartbeats of this server. At 0 the other service alerts soon.",
};

static UP: Declaration = Declaration {
    name: "watchglass_heartbeat_sent_up",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "1 if the last heartbeat was sent and accepted, 0 if it failed or was withheld.",
    labels: &[],
    panel: Some((&PANEL, PanelRole::HeadlineAndChart)),
    legend: "accepted",
};
static ATTEMPTS: Declaration = Declaration {
    name: "watchglass_heartbeat_attempts_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Attempts to send a heartbeat by result: accepted, failed, or withheld because collection or rule evaluation stalled.",
    labels: &["result"],
    panel: Some((&PANEL, PanelRole::Detail)),
    legend: "{result}",
};

static METRICS: [&Declaration; 2] = [&UP, &ATTEMPTS];

/// Probe of the heartbeats that are sent.
#[derive(Debug)]
pub(crate) struct OutgoingHeartbeatProbe(Arc<SentCounts>);

impl OutgoingHeartbeatProbe {
    /// Probe of a sender.
    pub(crate) fn of(sender: &HeartbeatSender) -> Self {
        Self(sender.counts())
    }
}

impl Probe for OutgoingHeartbeatProbe {
    fn name(&self) -> &str {
        "watchglass_heartbeat"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let count = |count: &std::sync::atomic::AtomicU64| count.load(Ordering::Relaxed) as f64;
        samples.record(&UP, &[], f64::from(u8::from(self.0.is_up.load(Ordering::Relaxed))));
        samples.record(&ATTEMPTS, &["accepted"], count(&self.0.accepted));
        samples.record(&ATTEMPTS, &["failed"], count(&self.0.failed));
        samples.record(&ATTEMPTS, &["withheld"], count(&self.0.withheld));
        Ok(())
    }
}
