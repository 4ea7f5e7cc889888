//! Network interfaces: bytes, packets, errors and drops.

use crate::proc_file::ProcFile;
use crate::text::{Line, lines};
use crate::{HostRoots, Probe, ProbeError, TextError};
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "network",
    section: "Host",
    title: "Network",
    style: Style::Line,
    unit: Unit::BytesPerSecond,
    ceiling: None,
    meaning: "A flat top is a full link. Received without sent, or the reverse, tells who talks: look at the requests meanwhile.",
};

static PACKETS: PanelDeclaration = PanelDeclaration {
    id: "network-packets",
    section: "Host",
    title: "Packets",
    style: Style::Line,
    unit: Unit::PerSecond,
    ceiling: None,
    meaning: "Many packets with few bytes are small messages: polling, handshakes, or somebody who knocks at every door.",
};

// Bars: mostly there are none, and a line from one lone error to the next would show a slope of errors that never were.
static FAULTS: PanelDeclaration = PanelDeclaration {
    id: "network-errors",
    section: "Host",
    title: "Network errors",
    style: Style::Bars,
    unit: Unit::PerSecond,
    ceiling: None,
    meaning: "This should be empty. Drops under load are full queues; errors at rest are a cable or a driver.",
};

const fn bytes(name: &'static str, help: &'static str, legend: &'static str) -> Declaration {
    Declaration {
        name,
        kind: Kind::Counter,
        unit: Unit::Bytes,
        help,
        labels: &["interface"],
        panel: Some((&PANEL, Role::HeadlineAndChart)),
        legend,
    }
}

const fn count(
    name: &'static str,
    help: &'static str,
    panel: &'static PanelDeclaration,
    role: Role,
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
    bytes("host_network_received_bytes_total", "Bytes that an interface received.", "received");
static SENT: Declaration = bytes("host_network_sent_bytes_total", "Bytes that an interface sent.", "sent");
static RECEIVED_PACKETS: Declaration = count(
    "host_network_received_packets_total",
    "Packets that an interface received.",
    &PACKETS,
    Role::HeadlineAndChart,
    "received",
);
static SENT_PACKETS: Declaration = count(
    "host_network_sent_packets_total",
    "Packets that an interface sent.",
    &PACKETS,
    Role::HeadlineAndChart,
    "sent",
);
static RECEIVE_ERRORS: Declaration = count(
    "host_network_receive_errors_total",
    "Packets that an interface received with an error.",
    &FAULTS,
    Role::HeadlineAndChart,
    "receive errors",
);
static SEND_ERRORS: Declaration = count(
    "host_network_send_errors_total",
    "Packets that an interface could not send.",
    &FAULTS,
    Role::HeadlineAndChart,
    "send errors",
);
static RECEIVE_DROPS: Declaration = count(
    "host_network_receive_drops_total",
    "Packets that were received and then dropped, for want of memory or because nobody wanted them.",
    &FAULTS,
    Role::Chart,
    "receive drops",
);
static SEND_DROPS: Declaration = count(
    "host_network_send_drops_total",
    "Packets that were dropped before they were sent.",
    &FAULTS,
    Role::Chart,
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

/// Reads [`/proc/PID/net/dev`](https://man7.org/linux/man-pages/man5/proc_pid_net.5.html) of this program, or
/// of the host's first process where the host's `/proc` is mounted elsewhere: the file shows the network that
/// its process lives in, and a container has one of its own.
///
/// Left out are `lo`; the host's ends of the wires into containers (`veth*`, `cali*`), which come and go
/// under random names and carry what another interface carries too; and interfaces that no packet has passed
/// yet, such as the unused ones of a driver.
#[derive(Debug)]
pub struct Network {
    file: ProcFile,
}

impl Network {
    /// The probe of that host.
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

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        self.file.read(|text| measure(text, readings))
    }
}

pub(super) fn measure(text: &str, readings: &mut Readings) -> Result<(), TextError> {
    // Two lines are the head of the table.
    for line in lines(text).skip(2) {
        // Old kernels leave no space before the first number, and an alias has a colon in its name.
        let Some((name, numbers)) = line.text.rsplit_once(':') else {
            return Err(line.wrong("the interface's name", "followed by a colon"));
        };
        let name = name.trim_ascii();
        if name != "lo" && !name.starts_with("veth") && !name.starts_with("cali") {
            record(name, &mut Line::new(line.number, numbers), readings)?;
        }
    }
    Ok(())
}

fn record(name: &str, line: &mut Line<'_>, readings: &mut Readings) -> Result<(), TextError> {
    let received = line.whole("bytes received")?;
    let received_packets = line.whole("packets received")?;
    let receive_errors = line.whole("receive errors")?;
    let receive_drops = line.whole("receive drops")?;
    line.skip(4);
    let sent = line.whole("bytes sent")?;
    let sent_packets = line.whole("packets sent")?;
    let send_errors = line.whole("send errors")?;
    let send_drops = line.whole("send drops")?;
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
        readings.record(metric, &[name], value as f64);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, written};

    /// An interface and the values of its metrics.
    type Interface = (&'static str, [f64; 8]);

    #[test]
    fn reads_what_kernels_write() {
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
            let mut readings = Readings::new();
            measure(text, &mut readings).unwrap();
            let expected: Vec<_> = interfaces
                .iter()
                .flat_map(|(name, values)| {
                    METRICS.iter().zip(values).map(|(metric, value)| (metric.name, *name, *value))
                })
                .collect();
            assert_eq!(rows(&readings), written(&expected));
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
            assert_eq!(measure(text, &mut Readings::new()).unwrap_err().to_string(), expected, "{text:?}");
        }
    }
}
