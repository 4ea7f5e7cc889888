//! Disks: bytes, operations, busy time and latency of whole devices.

use super::disk_latency::{Counts, Latencies, READ_LATENCY, WRITE_LATENCY};
use super::disk_names::is_whole_disk;
use crate::proc_file::ProcFile;
use crate::text::{Line, lines};
use crate::{HostRoots, Probe, ProbeError, TextError};
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static TRAFFIC: PanelDeclaration = PanelDeclaration {
    id: "disk-io",
    section: "Host",
    title: "Disk traffic",
    style: Style::Line,
    unit: Unit::BytesPerSecond,
    ceiling: None,
    meaning: "Long plateaus are the most that a disk can do. A burst each day at the same hour is a backup or a report.",
};

static BUSY: PanelDeclaration = PanelDeclaration {
    id: "disk-busy",
    section: "Host",
    title: "Disk busy",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    meaning: "A disk that is busy all the time makes every read wait: compare with its latency, for fast disks bear it well.",
};

static OPERATIONS: PanelDeclaration = PanelDeclaration {
    id: "disk-operations",
    section: "Host",
    title: "Disk operations",
    style: Style::Line,
    unit: Unit::PerSecond,
    ceiling: None,
    meaning: "Many operations with few bytes are small random reads or writes, which cost slow disks most: look at latency.",
};

const fn counter(
    name: &'static str,
    unit: Unit,
    help: &'static str,
    panel: Option<(&'static PanelDeclaration, Role)>,
    legend: &'static str,
) -> Declaration {
    Declaration { name, kind: Kind::Counter, unit, help, labels: &["device"], panel, legend }
}

static READ: Declaration = counter(
    "host_disk_read_bytes_total",
    Unit::Bytes,
    "Bytes read from a disk.",
    Some((&TRAFFIC, Role::HeadlineAndChart)),
    "read",
);
static WRITTEN: Declaration = counter(
    "host_disk_written_bytes_total",
    Unit::Bytes,
    "Bytes written to a disk.",
    Some((&TRAFFIC, Role::HeadlineAndChart)),
    "written",
);
static READS: Declaration = counter(
    "host_disk_reads_total",
    Unit::Count,
    "Reads that a disk completed.",
    Some((&OPERATIONS, Role::HeadlineAndChart)),
    "reads",
);
static WRITES: Declaration = counter(
    "host_disk_writes_total",
    Unit::Count,
    "Writes that a disk completed.",
    Some((&OPERATIONS, Role::HeadlineAndChart)),
    "writes",
);
static IO_TIME: Declaration = counter(
    "host_disk_io_seconds_total",
    Unit::Seconds,
    "Time in which a disk had at least one operation under way. A disk that works on many at once can take more \
     although it is busy all the time.",
    Some((&BUSY, Role::HeadlineAndChart)),
    "busy",
);

static READ_TIME: Declaration = counter(
    "host_disk_read_seconds_total",
    Unit::Seconds,
    "Time that all reads from a disk took together: its rate is the number of reads under way.",
    None,
    "read time",
);
static WRITE_TIME: Declaration = counter(
    "host_disk_write_seconds_total",
    Unit::Seconds,
    "Time that all writes to a disk took together: its rate is the number of writes under way.",
    None,
    "write time",
);

static METRICS: [&Declaration; 9] =
    [&READ, &WRITTEN, &READS, &WRITES, &IO_TIME, &READ_TIME, &WRITE_TIME, &READ_LATENCY, &WRITE_LATENCY];

/// Reads [`/proc/diskstats`](https://docs.kernel.org/admin-guide/iostats.html).
///
/// It reports devices whose traffic is that of hardware, each once (see [`is_whole_disk`]), and none that has
/// done nothing since the host started, such as the unused ones of a driver. Latencies are those since the
/// reading before, so the first reading has none.
#[derive(Debug)]
pub struct Disk {
    file: ProcFile,
    latencies: Latencies,
}

impl Disk {
    /// The probe of that host.
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

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        let outcome = self.file.read(|text| measure(text, &mut self.latencies, readings));
        if outcome.is_err() {
            self.latencies.clear();
        }
        outcome
    }
}

/// Bytes of a sector in the kernel's statistics, whatever the device's own sectors are
/// (`Documentation/block/stat.rst`).
const SECTOR: f64 = 512.0;

pub(super) fn measure(
    text: &str,
    latencies: &mut Latencies,
    readings: &mut Readings,
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
        if let Some(now) = record(name, &mut line, readings)? {
            latencies.record(name, now, readings);
        }
    }
    latencies.end();
    Ok(())
}

/// Records the counters of a disk; none where it has done nothing.
fn record(name: &str, line: &mut Line<'_>, readings: &mut Readings) -> Result<Option<Counts>, TextError> {
    let reads = line.whole("reads completed")?;
    line.skip(1);
    let sectors_read = line.whole("sectors read")?;
    let read_millis = line.whole("milliseconds spent reading")?;
    let writes = line.whole("writes completed")?;
    line.skip(1);
    let sectors_written = line.whole("sectors written")?;
    let write_millis = line.whole("milliseconds spent writing")?;
    line.skip(1);
    let io_millis = line.whole("milliseconds spent doing I/O")?;
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
        readings.record(metric, &[name], value);
    }
    Ok(Some(Counts { reads, read_millis, writes, write_millis }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, written};

    /// A device and the values of its counters.
    type Expected = (&'static str, [f64; 7]);

    #[test]
    fn reads_what_kernels_write() {
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
            let mut readings = Readings::new();
            measure(text, &mut Latencies::default(), &mut readings).unwrap();
            let expected: Vec<_> = devices
                .iter()
                .flat_map(|(device, values)| {
                    METRICS.iter().zip(values).map(|(metric, value)| (metric.name, *device, *value))
                })
                .collect();
            assert_eq!(rows(&readings), written(&expected));
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
                measure(text, &mut Latencies::default(), &mut Readings::new()).unwrap_err().to_string(),
                expected,
                "{text:?}"
            );
        }
    }
}
