//! Network interface metrics: bytes, packets, errors and drops.

use crate::proc_file::ProcFile;
use crate::text::{Line, lines};
use crate::{HostRoots, Probe, ProbeError, TextError};
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

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        self.file.read(|text| measure(text, samples))
    }
}

pub(super) fn measure(text: &str, samples: &mut SampleBuffer) -> Result<(), TextError> {
    // The first two lines are the table header.
    for line in lines(text).skip(2) {
        // Old kernels write no space before the first number, and an alias has a colon in its name.
        let Some((name, numbers)) = line.text.rsplit_once(':') else {
            return Err(line.invalid("the interface's name", "followed by a colon"));
        };
        let name = name.trim_ascii();
        if name != "lo" && !name.starts_with("veth") && !name.starts_with("cali") {
            record(name, &mut Line::new(line.number, numbers), samples)?;
        }
    }
    Ok(())
}

fn record(name: &str, line: &mut Line<'_>, samples: &mut SampleBuffer) -> Result<(), TextError> {
    let received = line.integer("bytes received")?;
    let received_packets = line.integer("packets received")?;
    let receive_errors = line.integer("receive errors")?;
    let receive_drops = line.integer("receive drops")?;
    line.skip(4);
    let sent = line.integer("bytes sent")?;
    let sent_packets = line.integer("packets sent")?;
    let send_errors = line.integer("send errors")?;
    let send_drops = line.integer("send drops")?;
    if received_packets == 0 && sent_packets == 0 {
        return Ok(());
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
        samples.record(metric, &[name], value as f64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows};

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
            measure(text, &mut samples).unwrap();
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
    fn errors_name_line_and_field() {
        let cases = [
            ("head\nhead\neth0 1 2", "line 3: the interface's name should be followed by a colon"),
            ("head\nhead\nlo: 1\neth0: 1 2 3", "line 4: receive drops should be a whole number"),
            ("head\nhead\neth0: 1 2 3 4 5 6 7 8 x", "line 3: bytes sent should be a whole number"),
        ];
        for (text, expected) in cases {
            assert_eq!(
                measure(text, &mut SampleBuffer::new()).unwrap_err().to_string(),
                expected,
                "{text:?}"
            );
        }
    }
}
