//! Probe of the live connections: clients, messages and bytes.

use std::sync::Arc;
use watchglass_live::Hub;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};
use watchglass_probes::{Probe, ProbeError};

/// Panel of the connections. The runtime adds its tasks.
pub(super) static CONNECTIONS_PANEL: PanelDeclaration = PanelDeclaration {
    id: "own-connections",
    section: "Watchglass",
    title: "Connected clients",
    style: Style::Line,
    unit: Unit::Count,
    ceiling: None,
    description: "One per open page or API client. An unexplained rise at night is a wall display or a script.",
};
static SENT_PANEL: PanelDeclaration = PanelDeclaration {
    id: "own-sent",
    section: "Watchglass",
    title: "Traffic to clients",
    style: Style::Line,
    unit: Unit::BytesPerSecond,
    ceiling: None,
    description: "Live data sent to clients, about the same for each. More than that is a client that reads a lot of history.",
};

static CONNECTIONS: Declaration = Declaration {
    name: "watchglass_websocket_connections",
    kind: Kind::Gauge,
    unit: Unit::Count,
    help: "Open WebSocket connections of pages and API clients.",
    labels: &[],
    panel: Some((&CONNECTIONS_PANEL, PanelRole::HeadlineAndChart)),
    legend: "open",
};
static FRAMES: Declaration = Declaration {
    name: "watchglass_websocket_frames_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Messages sent over all WebSockets.",
    labels: &[],
    panel: Some((&SENT_PANEL, PanelRole::Detail)),
    legend: "messages",
};
static BYTES: Declaration = Declaration {
    name: "watchglass_websocket_sent_bytes_total",
    kind: Kind::Counter,
    unit: Unit::Bytes,
    help: "Bytes of messages sent over all WebSockets.",
    labels: &[],
    panel: Some((&SENT_PANEL, PanelRole::HeadlineAndChart)),
    legend: "sent",
};
static SKIPPED: Declaration = Declaration {
    name: "watchglass_websocket_skipped_frames_total",
    kind: Kind::Counter,
    unit: Unit::Count,
    help: "Frames not sent over a WebSocket because the client was too slow.",
    labels: &[],
    panel: Some((&SENT_PANEL, PanelRole::Detail)),
    legend: "skipped",
};

static METRICS: [&Declaration; 4] = [&CONNECTIONS, &FRAMES, &BYTES, &SKIPPED];

/// Probe of the live connections.
#[derive(Debug)]
pub(crate) struct HubProbe(pub(crate) Arc<Hub>);

impl Probe for HubProbe {
    fn name(&self) -> &str {
        "watchglass_websockets"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let hub = &self.0;
        samples.record(&CONNECTIONS, &[], hub.subscribers() as f64);
        samples.record(&FRAMES, &[], hub.sent_messages() as f64);
        samples.record(&BYTES, &[], hub.sent_bytes() as f64);
        // Both are frames that slow clients missed: alert messages are WebSocket frames too.
        samples.record(&SKIPPED, &[], (hub.skipped_frames() + hub.missed_events()) as f64);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_live::{Hello, PROTOCOL_VERSION, Protocol};

    #[test]
    fn connections_messages_and_bytes_are_counted() {
        let hello = Hello {
            version: PROTOCOL_VERSION,
            protocol: String::new(),
            server: String::new(),
            build: String::new(),
            interval_ms: 1000,
        };
        let hub = Arc::new(Hub::new(hello));
        let mut probe = HubProbe(Arc::clone(&hub));
        let mut collect = || {
            let mut samples = SampleBuffer::new();
            probe.collect(&mut samples).unwrap();
            samples.raw_samples().map(|row| row.value).collect::<Vec<_>>()
        };
        assert_eq!(collect(), [0.0; 4]);
        let [first, second] = [(); 2].map(|()| hub.subscribe(Protocol::Binary));
        first.record_sent(300);
        second.record_sent(40);
        drop(second);
        assert_eq!(collect(), [1.0, 2.0, 340.0, 0.0]);
    }
}
