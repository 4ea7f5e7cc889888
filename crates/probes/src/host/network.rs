//! Network interface metrics: bytes, packets, errors and drops.

use crate::proc_file::ProcFile;
use crate::reading::OrSkip;
use crate::text::{Line, lines};
use crate::{HostRoots, Probe, ProbeError};
use std::path::Path;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

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

const fn bytes(name: &'static str, help: &'static str, legend: &'static str) -> Declaration {
    Declaration {
        name,
        kind: Kind::Counter,
        unit: Unit::Bytes,
        help,
        labels: &["interface"],
        panel: Some((&PANEL, PanelRole::HeadlineAndChart)),
        legend,
    }
}

const fn count(
    name: &'static str,
    help: &'static str,
    panel: &'static PanelDeclaration,
    role: PanelRole,
    legend: &'static str,
) -> Declaration {
    Declaration {
        name,
        kind: Kind::Counter,
        unit: Unit::Count,
        help,
        labels: &["interface"],
        panel: Some((panel, role)),
        legend,
    }
}

static RECEIVED: Declaration =
    bytes("host_network_received_bytes_total", "Bytes received by an interface.", "received");
static SENT: Declaration = bytes("host_network_sent_bytes_total", "Bytes sent by an interface.", "sent");
static RECEIVED_PACKETS: Declaration = count(
    "host_network_received_packets_total",
    "Packets received by an interface.",
    &PACKETS,
    PanelRole::HeadlineAndChart,
    "received",
);
static SENT_PACKETS: Declaration = count(
    "host_network_sent_packets_total",
    "Packets sent by an interface.",
    &PACKETS,
    PanelRole::HeadlineAndChart,
    "sent",
);
static RECEIVE_ERRORS: Declaration = count(
    "host_network_receive_errors_total",
    "Packets received with errors.",
    &FAULTS,
    PanelRole::HeadlineAndChart,
    "receive errors",
);
static SEND_ERRORS: Declaration = count(
    "host_network_send_errors_total",
    "Packets that could not be sent.",
    &FAULTS,
    PanelRole::HeadlineAndChart,
    "send errors",
);
static RECEIVE_DROPS: Declaration = count(
    "host_network_receive_drops_total",
    "Received packets dropped because of missing memory or an unsupported protocol.",
    &FAULTS,
    PanelRole::Chart,
    "receive drops",
);
static SEND_DROPS: Declaration = count(
    "host_network_send_drops_total",
    "Packets dropped before sending.",
    &FAULTS,
    PanelRole::Chart,
    "send drops",
);

static METRICS: [&Declaration; 8] = [
    &RECEIVED,
    &SENT,
    &RECEIVED_PACKETS,
    &SENT_PACKETS,
    &RECEIVE_ERRORS,
    &SEND_ERRORS,
    &RECEIVE_DROPS,
    &SEND_DROPS,
];

/// Reads [`/proc/PID/net/dev`](https://man7.org/linux/man-pages/man5/proc_pid_net.5.html) of this process, or of the
/// host's PID 1 if the host's `/proc` is mounted elsewhere: the file shows the network namespace of its process, and a
/// container has its own.
///
/// Excluded are `lo`; the host ends of container interfaces (`veth*`, `cali*`), which have random short-lived names and
/// traffic that is also counted elsewhere; and interfaces that were never used.
#[derive(Debug)]
pub struct Network {
    file: ProcFile,
}

impl Network {
    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { file: ProcFile::new(roots.process_file("net/dev")) }
    }
}

impl Probe for Network {
    fn name(&self) -> &'static str {
        "network"
    }

    fn path(&self) -> Option<&Path> {
        Some(self.file.path())
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        self.file.read(|text| {
            measure(text, samples);
            Ok(())
        })
    }
}

/// Records all interfaces. A field that cannot be used costs its own value.
pub(super) fn measure(text: &str, samples: &mut SampleBuffer) {
    // The first two lines are the table header.
    for line in lines(text).skip(2).filter(|line| !line.text.trim_ascii().is_empty()) {
        // Old kernels write no space before the first number, and an alias has a colon in its name.
        let parts = line.text.rsplit_once(':');
        let error = || line.invalid("the interface's name", "followed by a colon");
        let Some((name, numbers)) = parts.ok_or_else(error).or_skip(samples) else { continue };
        let name = name.trim_ascii();
        if name != "lo" && !name.starts_with("veth") && !name.starts_with("cali") {
            record(name, &mut Line::new(line.number, numbers), samples);
        }
    }
}

fn record(name: &str, line: &mut Line<'_>, samples: &mut SampleBuffer) {
    let mut next = |field| line.integer(field).or_skip(samples);
    let received = next("bytes received");
    let received_packets = next("packets received");
    let receive_errors = next("receive errors");
    let receive_drops = next("receive drops");
    line.skip(4);
    let mut next = |field| line.integer(field).or_skip(samples);
    let sent = next("bytes sent");
    let sent_packets = next("packets sent");
    let send_errors = next("send errors");
    let send_drops = next("send drops");
    if received_packets == Some(0) && sent_packets == Some(0) {
        return;
    }
    for (metric, value) in [
        (&RECEIVED, received),
        (&SENT, sent),
        (&RECEIVED_PACKETS, received_packets),
        (&SENT_PACKETS, sent_packets),
        (&RECEIVE_ERRORS, receive_errors),
        (&SEND_ERRORS, send_errors),
        (&RECEIVE_DROPS, receive_drops),
        (&SEND_DROPS, send_drops),
    ] {
        if let Some(value) = value {
            samples.record(metric, &[name], value as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows, skipped};

    /// Interface and values of its metrics.
    type Interface = (&'static str, [f64; 8]);

    #[test]
    fn kernel_files_are_parsed() {
        let cases: [(&str, &[Interface]); 2] = [
            (
                include_str!("../../fixtures/linux-6.18/1/net/dev"),
                &[
                    ("eth0", [488_531_954.0, 1_791_985.0, 26_609.0, 21_795.0, 1.0, 3.0, 2.0, 4.0]),
                    ("docker0", [500.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
                ],
            ),
            (
                include_str!("../../fixtures/linux-4.4/1/net/dev"),
                &[
                    ("eth0", [4_294_967_295.0, 7.0, 100.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
                    ("eth0:1", [9.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
                ],
            ),
        ];
        for (text, interfaces) in cases {
            let mut samples = SampleBuffer::new();
            measure(text, &mut samples);
            let expected: Vec<_> = interfaces
                .iter()
                .flat_map(|(name, values)| {
                    METRICS.iter().zip(values).map(|(metric, value)| (metric.name, *name, *value))
                })
                .collect();
            assert_eq!(rows(&samples), expected_rows(&expected));
        }
    }

    #[test]
    fn invalid_fields_cost_their_value() {
        let good = "head\nhead\neth0: 1 2 3 4 0 0 0 0 5 6 7 8 0 0 0 0\n";
        let cases = [
            ("eth1 1 2", 8, "the interface's name incomplete"),
            ("eth1: 1 2 3", 11, "receive drops incomplete"),
            ("eth1: 1 2 3 4 5 6 7 8 x 6 7 8", 15, "bytes sent not a number"),
            ("eth1: 1 2 3 4 5 6 7 8 9 10 -7 8", 15, "send errors out of range"),
            ("eth1: x 2 3 4 5 6 7 8 9 10 7 8", 15, "bytes received not a number"),
        ];
        for (bad, count, expected) in cases {
            let mut samples = SampleBuffer::new();
            measure(&format!("{good}{bad}\n"), &mut samples);
            assert_eq!(samples.len(), count, "{bad:?}");
            assert_eq!(skipped(&samples).first().map(String::as_str), Some(expected), "{bad:?}");
        }
    }
}
