//! Disk metrics: throughput, operations, utilization and latency of whole devices.

use super::disk_latency::{Counts, Latencies, READ_LATENCY, WRITE_LATENCY};
use super::disk_names::is_whole_disk;
use crate::proc_file::ProcFile;
use crate::text::{Line, lines};
use crate::{HostRoots, Probe, ProbeError, TextError};
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

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        let outcome = self.file.read(|text| measure(text, &mut self.latencies, samples));
        if outcome.is_err() {
            self.latencies.clear();
        }
        outcome
    }
}

/// Sector size in the kernel's statistics in bytes, independent of the device's sectors
/// (`Documentation/block/stat.rst`).
const SECTOR: f64 = 512.0;

pub(super) fn measure(
    text: &str,
    latencies: &mut Latencies,
    samples: &mut SampleBuffer,
) -> Result<(), TextError> {
    let mut disk_before = "";
    latencies.begin();
    for mut line in lines(text) {
        line.skip(2);
        let name = line.word("the device's name")?;
        if !is_whole_disk(name, disk_before) {
            continue;
        }
        disk_before = name;
        if let Some(now) = record(name, &mut line, samples)? {
            latencies.record(name, now, samples);
        }
    }
    latencies.end();
    Ok(())
}

/// Records the counters of a disk; `None` if it was never used.
fn record(name: &str, line: &mut Line<'_>, samples: &mut SampleBuffer) -> Result<Option<Counts>, TextError> {
    let reads = line.integer("reads completed")?;
    line.skip(1);
    let sectors_read = line.integer("sectors read")?;
    let read_millis = line.integer("milliseconds spent reading")?;
    let writes = line.integer("writes completed")?;
    line.skip(1);
    let sectors_written = line.integer("sectors written")?;
    let write_millis = line.integer("milliseconds spent writing")?;
    line.skip(1);
    let io_millis = line.integer("milliseconds spent doing I/O")?;
    if reads == 0 && writes == 0 {
        return Ok(None);
    }
    for (metric, value) in [
        (&READ, sectors_read as f64 * SECTOR),
        (&WRITTEN, sectors_written as f64 * SECTOR),
        (&READS, reads as f64),
        (&WRITES, writes as f64),
        (&IO_TIME, io_millis as f64 / 1e3),
        (&READ_TIME, read_millis as f64 / 1e3),
        (&WRITE_TIME, write_millis as f64 / 1e3),
    ] {
        samples.record(metric, &[name], value);
    }
    Ok(Some(Counts { reads, read_millis, writes, write_millis }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, rows};

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
            measure(text, &mut Latencies::default(), &mut samples).unwrap();
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
    fn errors_name_line_and_field() {
        let cases = [
            ("8 0\n", "line 1: the device's name should be a word"),
            ("7 0 loop0\n8 0 sda 1 2\n", "line 2: sectors read should be a whole number"),
            (
                "8 0 sda 1 0 1 0 1 0 1 0 0 soon",
                "line 1: milliseconds spent doing I/O should be a whole number",
            ),
        ];
        for (text, expected) in cases {
            assert_eq!(
                measure(text, &mut Latencies::default(), &mut SampleBuffer::new()).unwrap_err().to_string(),
                expected,
                "{text:?}"
            );
        }
    }
}
