//! Disk metrics: throughput, operations, utilization and latency of whole devices.

use super::disk_latency::{Counts, Latencies, READ_LATENCY, WRITE_LATENCY};
use super::disk_names::is_whole_disk;
use crate::proc_file::ProcFile;
use crate::reading::OrSkip;
use crate::text::{Line, lines};
use crate::{HostRoots, Probe, ProbeError};
use std::path::Path;
use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

static TRAFFIC: PanelDeclaration = PanelDeclaration {
    id: "disk-io",
    section: "Host",
    title: "Disk throughput",
    style: Style::Line,
    unit: Unit::BytesPerSecond,
    ceiling: None,
    description: "A long plateau is the maximum throughput of the disk. A burst at the same time each day is a backup or report.",
};

static BUSY: PanelDeclaration = PanelDeclaration {
    id: "disk-busy",
    section: "Host",
    title: "Disk utilization",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    description: "At 100 % reads have to wait. Compare with the latency: fast disks handle parallel operations well.",
};

static OPERATIONS: PanelDeclaration = PanelDeclaration {
    id: "disk-operations",
    section: "Host",
    title: "Disk operations",
    style: Style::Line,
    unit: Unit::PerSecond,
    ceiling: None,
    description: "Many operations with few bytes are small random accesses, which are slow on hard disks: check the latency.",
};

const fn counter(
    name: &'static str,
    unit: Unit,
    help: &'static str,
    panel: Option<(&'static PanelDeclaration, PanelRole)>,
    legend: &'static str,
) -> Declaration {
    Declaration { name, kind: Kind::Counter, unit, help, labels: &["device"], panel, legend }
}

static READ: Declaration = counter(
    "host_disk_read_bytes_total",
    Unit::Bytes,
    "Bytes read from a disk.",
    Some((&TRAFFIC, PanelRole::HeadlineAndChart)),
    "read",
);
static WRITTEN: Declaration = counter(
    "host_disk_written_bytes_total",
    Unit::Bytes,
    "Bytes written to a disk.",
    Some((&TRAFFIC, PanelRole::HeadlineAndChart)),
    "written",
);
static READS: Declaration = counter(
    "host_disk_reads_total",
    Unit::Count,
    "Completed reads of a disk.",
    Some((&OPERATIONS, PanelRole::HeadlineAndChart)),
    "reads",
);
static WRITES: Declaration = counter(
    "host_disk_writes_total",
    Unit::Count,
    "Completed writes of a disk.",
    Some((&OPERATIONS, PanelRole::HeadlineAndChart)),
    "writes",
);
static IO_TIME: Declaration = counter(
    "host_disk_io_seconds_total",
    Unit::Seconds,
    "Time in which a disk had at least one operation in progress. A disk with parallel operations may have capacity left \
     at 100 %.",
    Some((&BUSY, PanelRole::HeadlineAndChart)),
    "busy",
);

static READ_TIME: Declaration = counter(
    "host_disk_read_seconds_total",
    Unit::Seconds,
    "Total time of all reads from a disk; its rate is the number of reads in progress.",
    None,
    "read time",
);
static WRITE_TIME: Declaration = counter(
    "host_disk_write_seconds_total",
    Unit::Seconds,
    "Total time of all writes to a disk; its rate is the number of writes in progress.",
    None,
    "write time",
);

static METRICS: [&Declaration; 9] =
    [&READ, &WRITTEN, &READS, &WRITES, &IO_TIME, &READ_TIME, &WRITE_TIME, &READ_LATENCY, &WRITE_LATENCY];

/// Reads [`/proc/diskstats`](https://docs.kernel.org/admin-guide/iostats.html).
///
/// Reports each hardware device once (see [`is_whole_disk`]), without devices that were never used since boot.
/// Latencies are relative to the previous sample, so the first one has none.
#[derive(Debug)]
pub struct Disk {
    file: ProcFile,
    latencies: Latencies,
}

impl Disk {
    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { file: ProcFile::new(roots.proc.join("diskstats")), latencies: Latencies::default() }
    }
}

impl Probe for Disk {
    fn name(&self) -> &'static str {
        "disk"
    }

    fn path(&self) -> Option<&Path> {
        Some(self.file.path())
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let outcome = self.file.read(|text| {
            measure(text, &mut self.latencies, samples);
            Ok(())
        });
        if outcome.is_err() {
            self.latencies.clear();
        }
        outcome
    }
}

/// Sector size in the kernel's statistics in bytes, independent of the device's sectors
/// (`Documentation/block/stat.rst`).
const SECTOR: f64 = 512.0;

/// Records all disks. A field that cannot be used costs its own value.
pub(super) fn measure(text: &str, latencies: &mut Latencies, samples: &mut SampleBuffer) {
    let mut disk_before = "";
    latencies.begin();
    for mut line in lines(text).filter(|line| !line.text.trim_ascii().is_empty()) {
        line.skip(2);
        let Some(name) = line.word("the device's name").or_skip(samples) else { continue };
        if !is_whole_disk(name, disk_before) {
            continue;
        }
        disk_before = name;
        if let Some(now) = record(name, &mut line, samples) {
            latencies.record(name, now, samples);
        }
    }
    latencies.end();
}

/// Records the counters of a disk, and returns those of its latency; `None` if it was never used, or one of them is
/// missing.
fn record(name: &str, line: &mut Line<'_>, samples: &mut SampleBuffer) -> Option<Counts> {
    let mut next = |field, skipped| {
        let value = line.quantity(field).or_skip(samples);
        line.skip(skipped);
        value
    };
    let reads = next("reads completed", 1);
    let sectors_read = next("sectors read", 0);
    let read_millis = next("milliseconds spent reading", 0);
    let writes = next("writes completed", 1);
    let sectors_written = next("sectors written", 0);
    let write_millis = next("milliseconds spent writing", 1);
    let io_millis = next("milliseconds spent doing I/O", 0);
    if reads == Some(0) && writes == Some(0) {
        return None;
    }
    for (metric, value, factor) in [
        (&READ, sectors_read, SECTOR),
        (&WRITTEN, sectors_written, SECTOR),
        (&READS, reads, 1.0),
        (&WRITES, writes, 1.0),
        (&IO_TIME, io_millis, 1e-3),
        (&READ_TIME, read_millis, 1e-3),
        (&WRITE_TIME, write_millis, 1e-3),
    ] {
        if let Some(value) = value {
            samples.record(metric, &[name], value as f64 * factor);
        }
    }
    Some(Counts { reads: reads?, read_millis: read_millis?, writes: writes?, write_millis: write_millis? })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows, skipped};

    /// Device and values of its counters.
    type Expected = (&'static str, [f64; 7]);

    #[test]
    fn kernel_files_are_parsed() {
        let cases: [(&str, &[Expected]); 2] = [
            (
                include_str!("../../fixtures/linux-6.18/diskstats"),
                &[
                    (
                        "vda",
                        [4_549_674.0 * 512.0, 7_866_480.0 * 512.0, 33_934.0, 24_973.0, 8.152, 20.816, 32.393],
                    ),
                    ("nvme0n1", [9600.0 * 512.0, 1600.0 * 512.0, 120.0, 80.0, 0.25, 0.03, 0.025]),
                ],
            ),
            (
                include_str!("../../fixtures/linux-4.4/diskstats"),
                &[
                    ("sda", [40.0 * 512.0, 160.0 * 512.0, 5.0, 7.0, 1.5, 0.009, 0.004]),
                    ("xvda1", [20.0 * 512.0, 40.0 * 512.0, 10.0, 30.0, 0.002, 0.001, 0.001]),
                ],
            ),
        ];
        for (text, devices) in cases {
            let mut samples = SampleBuffer::new();
            measure(text, &mut Latencies::default(), &mut samples);
            let expected: Vec<_> = devices
                .iter()
                .flat_map(|(device, values)| {
                    METRICS.iter().zip(values).map(|(metric, value)| (metric.name, *device, *value))
                })
                .collect();
            assert_eq!(rows(&samples), expected_rows(&expected));
        }
    }

    #[test]
    fn invalid_fields_cost_their_value() {
        let good = "8 0 sda 1 0 2 3 4 0 5 6 0 7\n";
        let cases = [
            ("8 0\n", 7, "the device's name incomplete"),
            ("8 16 sdb 1 0 x 3 4 0 5 6 0 7\n", 13, "sectors read not a number"),
            ("8 16 sdb 1 0 2 3 -4 0 5 6 0 7\n", 13, "writes completed out of range"),
            ("8 16 sdb 1 0 18446744073709551615 3 4 0 5 6 0 7\n", 13, "sectors read out of range"),
            ("8 16 sdb 1 0 2 3 4 0 5 6 0 soon\n", 13, "milliseconds spent doing I/O not a number"),
            ("8 16 sdb 1 0 2\n", 9, "milliseconds spent reading incomplete"),
        ];
        for (bad, count, expected) in cases {
            let mut samples = SampleBuffer::new();
            measure(&format!("{good}{bad}\n"), &mut Latencies::default(), &mut samples);
            assert_eq!(samples.len(), count, "{bad:?}");
            assert_eq!(skipped(&samples).first().map(String::as_str), Some(expected), "{bad:?}");
        }
    }
}
