//! Metrics of network interfaces.

use std::sync::LazyLock;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "network",
    section: "Host",
    title: "Network",
    style: Style::Line,
    unit: Unit::BytesPerSecond,
    ceiling: None,
    description: "Flat top = link saturated. Compare with the request rate at the same time.",
};

static PACKETS: PanelDeclaration = PanelDeclaration {
    id: "network-packets",
    section: "Host",
    title: "Packets",
    style: Style::Line,
    unit: Unit::PerSecond,
    ceiling: None,
    description: "Many packets with few bytes are small messages: polling, handshakes, or a port scan.",
};

// Bars: errors are rare, and a line between two isolated errors would show values that never occurred.
static FAULTS: PanelDeclaration = PanelDeclaration {
    id: "network-errors",
    section: "Host",
    title: "Network errors",
    style: Style::Bars,
    unit: Unit::PerSecond,
    ceiling: None,
    description: "Should be empty. Drops under load are full queues; errors without load are a cable or driver problem.",
};

const fn counter(name: &'static str, unit: Unit, help: &'static str, legend: &'static str) -> Declaration {
    Declaration { name, kind: Kind::Counter, unit, help, labels: &["interface"], panel: None, legend }
}

const fn on(panel: &'static PanelDeclaration, role: PanelRole, declaration: Declaration) -> Declaration {
    Declaration { panel: Some((panel, role)), ..declaration }
}

static RECEIVED: Declaration = on(
    &PANEL,
    PanelRole::HeadlineAndChart,
    counter(
        "host_network_received_bytes_total",
        Unit::Bytes,
        "Bytes received by a physical interface.",
        "received",
    ),
);
static SENT: Declaration = on(
    &PANEL,
    PanelRole::HeadlineAndChart,
    counter("host_network_sent_bytes_total", Unit::Bytes, "Bytes sent by a physical interface.", "sent"),
);
static RECEIVED_PACKETS: Declaration = on(
    &PACKETS,
    PanelRole::HeadlineAndChart,
    counter(
        "host_network_received_packets_total",
        Unit::Count,
        "Packets received by a physical interface.",
        "received",
    ),
);
static SENT_PACKETS: Declaration = on(
    &PACKETS,
    PanelRole::HeadlineAndChart,
    counter("host_network_sent_packets_total", Unit::Count, "Packets sent by a physical interface.", "sent"),
);
static RECEIVE_ERRORS: Declaration = on(
    &FAULTS,
    PanelRole::HeadlineAndChart,
    counter(
        "host_network_receive_errors_total",
        Unit::Count,
        "Packets received with errors by a physical interface.",
        "receive errors",
    ),
);
static SEND_ERRORS: Declaration = on(
    &FAULTS,
    PanelRole::HeadlineAndChart,
    counter(
        "host_network_send_errors_total",
        Unit::Count,
        "Packets that a physical interface could not send.",
        "send errors",
    ),
);
static RECEIVE_DROPS: Declaration = on(
    &FAULTS,
    PanelRole::Chart,
    counter(
        "host_network_receive_drops_total",
        Unit::Count,
        "Packets received by a physical interface and dropped because of missing memory or an unsupported protocol.",
        "receive drops",
    ),
);
static SEND_DROPS: Declaration = on(
    &FAULTS,
    PanelRole::Chart,
    counter(
        "host_network_send_drops_total",
        Unit::Count,
        "Packets dropped by a physical interface before sending.",
        "send drops",
    ),
);

/// Metrics of the interfaces that totals count.
pub(super) static COUNTED: [&Declaration; 8] = [
    &RECEIVED,
    &SENT,
    &RECEIVED_PACKETS,
    &SENT_PACKETS,
    &RECEIVE_ERRORS,
    &SEND_ERRORS,
    &RECEIVE_DROPS,
    &SEND_DROPS,
];

/// Metrics of bonds, bridges, VLANs and tunnels, in the order of [`COUNTED`]: in the charts, and in no total.
pub(super) static VIRTUAL: [Declaration; 8] = [
    on(
        &PANEL,
        PanelRole::Chart,
        counter(
            "host_virtual_network_received_bytes_total",
            Unit::Bytes,
            "Bytes received by a bond, bridge, VLAN or tunnel; the physical interface below counts them, too.",
            "received",
        ),
    ),
    on(
        &PANEL,
        PanelRole::Chart,
        counter(
            "host_virtual_network_sent_bytes_total",
            Unit::Bytes,
            "Bytes sent by a bond, bridge, VLAN or tunnel; the physical interface below counts them, too.",
            "sent",
        ),
    ),
    on(
        &PACKETS,
        PanelRole::Chart,
        counter(
            "host_virtual_network_received_packets_total",
            Unit::Count,
            "Packets received by a bond, bridge, VLAN or tunnel.",
            "received",
        ),
    ),
    on(
        &PACKETS,
        PanelRole::Chart,
        counter(
            "host_virtual_network_sent_packets_total",
            Unit::Count,
            "Packets sent by a bond, bridge, VLAN or tunnel.",
            "sent",
        ),
    ),
    on(
        &FAULTS,
        PanelRole::Chart,
        counter(
            "host_virtual_network_receive_errors_total",
            Unit::Count,
            "Packets received with errors by a bond, bridge, VLAN or tunnel.",
            "receive errors",
        ),
    ),
    on(
        &FAULTS,
        PanelRole::Chart,
        counter(
            "host_virtual_network_send_errors_total",
            Unit::Count,
            "Packets that a bond, bridge, VLAN or tunnel could not send.",
            "send errors",
        ),
    ),
    on(
        &FAULTS,
        PanelRole::Chart,
        counter(
            "host_virtual_network_receive_drops_total",
            Unit::Count,
            "Packets received by a bond, bridge, VLAN or tunnel and dropped.",
            "receive drops",
        ),
    ),
    on(
        &FAULTS,
        PanelRole::Chart,
        counter(
            "host_virtual_network_send_drops_total",
            Unit::Count,
            "Packets dropped by a bond, bridge, VLAN or tunnel before sending.",
            "send drops",
        ),
    ),
];

/// All metrics.
pub(super) static METRICS: LazyLock<Vec<&'static Declaration>> =
    LazyLock::new(|| COUNTED.into_iter().chain(&VIRTUAL).collect());
