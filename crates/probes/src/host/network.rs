//! Network interface metrics: bytes, packets, errors and drops.

use super::network_interfaces::NetworkInterfaces;
use super::network_metrics::{COUNTED, METRICS, VIRTUAL};
use crate::proc_file::ProcFile;
use crate::reading::OrSkip;
use crate::text::{Line, lines};
use crate::{HostRoots, Probe, ProbeError};
use std::path::Path;
use watchglass_model::{Declaration, SampleBuffer};

/// Reads [`/proc/PID/net/dev`](https://man7.org/linux/man-pages/man5/proc_pid_net.5.html) of this process, or of the
/// host's PID 1 if the host's `/proc` is mounted elsewhere: the file shows the network namespace of its process, and a
/// container has its own.
///
/// Excluded are `lo`; the host ends of container interfaces (`veth*`, `cali*`), which have random short-lived names and
/// traffic that is also counted elsewhere; and interfaces that were never used. Bonds, bridges, VLANs and tunnels have
/// metrics of their own, so that a sum over interfaces counts each byte once.
#[derive(Debug)]
pub struct Network {
    file: ProcFile,
    interfaces: NetworkInterfaces,
}

impl Network {
    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self {
            file: ProcFile::new(roots.process_file("net/dev")),
            interfaces: NetworkInterfaces::new(&roots.sys),
        }
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
            measure(text, &mut self.interfaces, samples);
            Ok(())
        })
    }
}

/// Records all interfaces. A field that cannot be used costs its own value.
pub(super) fn measure(text: &str, interfaces: &mut NetworkInterfaces, samples: &mut SampleBuffer) {
    // The first two lines are the table header.
    let table = lines(text).skip(2).filter(|line| !line.text.trim_ascii().is_empty());
    let names = table.clone().filter_map(|line| parts(line.text));
    interfaces.update(names.map(|(name, _)| name).filter(|name| is_included(name)));
    for line in table {
        let error = || line.invalid("the interface's name", "followed by a colon");
        let Some((name, numbers)) = parts(line.text).ok_or_else(error).or_skip(samples) else { continue };
        if is_included(name) {
            let is_counted = interfaces.is_counted(name);
            record(name, is_counted, &mut Line::new(line.number, numbers), samples);
        }
    }
}

/// Name and numbers of a line. Old kernels write no space before the first number, and an alias has a colon in its name.
fn parts(line: &str) -> Option<(&str, &str)> {
    line.rsplit_once(':').map(|(name, numbers)| (name.trim_ascii(), numbers))
}

/// Whether the interface is measured at all.
fn is_included(name: &str) -> bool {
    name != "lo" && !name.starts_with("veth") && !name.starts_with("cali")
}

fn record(name: &str, is_counted: bool, line: &mut Line<'_>, samples: &mut SampleBuffer) {
    let mut next = |field| line.quantity(field).or_skip(samples);
    let received = next("bytes received");
    let received_packets = next("packets received");
    let receive_errors = next("receive errors");
    let receive_drops = next("receive drops");
    line.skip(4);
    let mut next = |field| line.quantity(field).or_skip(samples);
    let sent = next("bytes sent");
    let sent_packets = next("packets sent");
    let send_errors = next("send errors");
    let send_drops = next("send drops");
    if received_packets == Some(0) && sent_packets == Some(0) {
        return;
    }
    let values = [
        received,
        sent,
        received_packets,
        sent_packets,
        receive_errors,
        send_errors,
        receive_drops,
        send_drops,
    ];
    for ((counted, virtual_one), value) in COUNTED.iter().zip(&VIRTUAL).zip(values) {
        let metric = if is_counted { counted } else { virtual_one };
        if let Some(value) = value {
            samples.record(metric, &[name], value as f64);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows, skipped};

    /// Interface, whether totals count it, and values of its metrics.
    type Interface = (&'static str, bool, [f64; 8]);

    /// The samples and skipped readings of a text, without `/sys`.
    fn measured(text: &str) -> SampleBuffer {
        let folder = tempfile::tempdir().unwrap();
        let mut samples = SampleBuffer::new();
        measure(text, &mut NetworkInterfaces::new(folder.path()), &mut samples);
        samples
    }

    #[test]
    fn kernel_files_are_parsed() {
        let cases: [(&str, &[Interface]); 2] = [
            (
                include_str!("../../fixtures/linux-6.18/1/net/dev"),
                &[
                    ("eth0", true, [488_531_954.0, 1_791_985.0, 26_609.0, 21_795.0, 1.0, 3.0, 2.0, 4.0]),
                    ("docker0", false, [500.0, 0.0, 5.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
                ],
            ),
            (
                include_str!("../../fixtures/linux-4.4/1/net/dev"),
                &[
                    ("eth0", true, [4_294_967_295.0, 7.0, 100.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
                    ("eth0:1", false, [9.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0]),
                ],
            ),
        ];
        for (text, interfaces) in cases {
            let samples = measured(text);
            let expected: Vec<_> = interfaces
                .iter()
                .flat_map(|(name, counted, values)| {
                    let metrics = METRICS.iter().skip(if *counted { 0 } else { COUNTED.len() });
                    metrics.zip(values).map(|(metric, value)| (metric.name, *name, *value))
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
            ("eth1: 18446744073709551615 2 3 4 5 6 7 8 9 10 7 8", 15, "bytes received out of range"),
        ];
        for (bad, count, expected) in cases {
            let samples = measured(&format!("{good}{bad}\n"));
            assert_eq!(samples.len(), count, "{bad:?}");
            assert_eq!(skipped(&samples).first().map(String::as_str), Some(expected), "{bad:?}");
        }
    }

    #[test]
    fn sum_over_interfaces_is_the_traffic_of_the_wires() {
        let line =
            |(name, bytes): (&str, u64)| format!("{name}: {bytes} 9 0 0 0 0 0 0 {bytes} 9 0 0 0 0 0 0\n");
        let interfaces = [
            ("eth0", 500),
            ("eth1", 500),
            ("bond0", 1000),
            ("br0", 1000),
            ("eth0.100", 1000),
            ("wg0", 1000),
            ("docker0", 1000),
            ("br-1a2b3c4d5e6f", 1000),
            ("lo", 9000),
            ("vethaa", 1000),
        ];
        let text = format!("head\nhead\n{}", interfaces.map(line).concat());
        let samples = measured(&text);
        let sum = |metric: &str| {
            samples.raw_samples().filter(|row| row.metric.name == metric).map(|row| row.value).sum::<f64>()
        };
        assert_eq!(sum(COUNTED[0].name), 1000.0);
        assert_eq!(sum(VIRTUAL[0].name), 6000.0, "bond, bridges, VLAN and VPN are still there");
    }
}
