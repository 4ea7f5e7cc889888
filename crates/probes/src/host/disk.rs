//! Disks: bytes, operations and busy time of whole devices.

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
};

static BUSY: PanelDeclaration = PanelDeclaration {
    id: "disk-busy",
    section: "Host",
    title: "Disk busy",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
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
static READS: Declaration =
    counter("host_disk_reads_total", Unit::Count, "Reads that a disk completed.", None, "reads");
static WRITES: Declaration =
    counter("host_disk_writes_total", Unit::Count, "Writes that a disk completed.", None, "writes");
static IO_TIME: Declaration = counter(
    "host_disk_io_seconds_total",
    Unit::Seconds,
    "Time in which a disk had at least one operation under way. A disk that works on many at once can take more \
     although it is busy all the time.",
    Some((&BUSY, Role::HeadlineAndChart)),
    "busy",
);

static METRICS: [&Declaration; 5] = [&READ, &WRITTEN, &READS, &WRITES, &IO_TIME];

/// Reads [`/proc/diskstats`](https://docs.kernel.org/admin-guide/iostats.html).
///
/// It reports devices whose traffic is that of hardware, each once:
/// - no partitions: a device that is named like the one before it with a number behind (`sda1`, `nvme0n1p1`)
///   is a part of it, since the kernel lists a disk and then its partitions. Where a provider gives a
///   partition without its disk (`xvda1` on some virtual machines), it is reported as a disk.
/// - no devices that are made of others or of memory: loop, RAM and zram devices, device mapper (LVM, LUKS),
///   software RAID, bcache, DRBD and ZFS volumes. What they transfer is counted by the devices below them.
/// - no optical and floppy drives, and no boot areas of memory cards.
/// - no device that has done nothing since the host started, such as the unused ones of a driver.
#[derive(Debug)]
pub struct Disk {
    file: ProcFile,
}

impl Disk {
    /// The probe of that host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { file: ProcFile::new(roots.proc.join("diskstats")) }
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
        self.file.read(|text| measure(text, readings))
    }
}

/// Bytes of a sector in the kernel's statistics, whatever the device's own sectors are
/// (`Documentation/block/stat.rst`).
const SECTOR: f64 = 512.0;

pub(super) fn measure(text: &str, readings: &mut Readings) -> Result<(), TextError> {
    let mut disk_before = "";
    for mut line in lines(text) {
        line.skip(2);
        let name = line.word("the device's name")?;
        if is_partition(name, disk_before) || is_made_of_others(name) || is_no_disk(name) {
            continue;
        }
        disk_before = name;
        record(name, &mut line, readings)?;
    }
    Ok(())
}

fn record(name: &str, line: &mut Line<'_>, readings: &mut Readings) -> Result<(), TextError> {
    let reads = line.whole("reads completed")?;
    line.skip(1);
    let sectors_read = line.whole("sectors read")?;
    line.skip(1);
    let writes = line.whole("writes completed")?;
    line.skip(1);
    let sectors_written = line.whole("sectors written")?;
    line.skip(2);
    let io_millis = line.whole("milliseconds spent doing I/O")?;
    if reads == 0 && writes == 0 {
        return Ok(());
    }
    readings.record(&READ, &[name], sectors_read as f64 * SECTOR);
    readings.record(&WRITTEN, &[name], sectors_written as f64 * SECTOR);
    readings.record(&READS, &[name], reads as f64);
    readings.record(&WRITES, &[name], writes as f64);
    readings.record(&IO_TIME, &[name], io_millis as f64 / 1e3);
    Ok(())
}

/// Whether `name` is a partition of `disk`. The kernel puts a `p` before the number where the disk's name
/// ends in a digit (`disk_name` in `block/partitions/core.c`).
fn is_partition(name: &str, disk: &str) -> bool {
    let Some(rest) = name.strip_prefix(disk).filter(|_| !disk.is_empty()) else {
        return false;
    };
    let number =
        if disk.ends_with(|last: char| last.is_ascii_digit()) { rest.strip_prefix('p') } else { Some(rest) };
    number.is_some_and(is_number)
}

fn is_made_of_others(name: &str) -> bool {
    ["loop", "ram", "zram", "dm-", "md", "bcache", "drbd", "zd"].into_iter().any(|driver| is_of(driver, name))
}

fn is_no_disk(name: &str) -> bool {
    is_of("sr", name) || is_of("fd", name) || (name.starts_with("mmcblk") && name.contains("boot"))
}

/// Whether `name` is a device of `driver`, or a partition of one: `md0`, `md0p1`, `md_d0`.
fn is_of(driver: &str, name: &str) -> bool {
    name.strip_prefix(driver)
        .and_then(|rest| rest.chars().next())
        .is_some_and(|next| next.is_ascii_digit() || next == '_')
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{rows, written};

    /// A device and the values of its metrics.
    type Device = (&'static str, [f64; 5]);

    #[test]
    fn reads_what_kernels_write() {
        let cases: [(&str, &[Device]); 2] = [
            (
                include_str!("../../fixtures/linux-6.18/diskstats"),
                &[
                    ("vda", [4_549_674.0 * 512.0, 7_866_480.0 * 512.0, 33_934.0, 24_973.0, 8.152]),
                    ("nvme0n1", [9600.0 * 512.0, 1600.0 * 512.0, 120.0, 80.0, 0.25]),
                ],
            ),
            (
                include_str!("../../fixtures/linux-4.4/diskstats"),
                &[
                    ("sda", [40.0 * 512.0, 160.0 * 512.0, 5.0, 7.0, 1.5]),
                    ("xvda1", [20.0 * 512.0, 40.0 * 512.0, 10.0, 30.0, 0.002]),
                ],
            ),
        ];
        for (text, devices) in cases {
            let mut readings = Readings::new();
            measure(text, &mut readings).unwrap();
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
    fn whole_disks_are_told_from_the_rest() {
        let line = |name: &&str| format!("8 0 {name} 1 0 1 0 1 0 1 0 0 1 1\n");
        let cases: [(&[&str], &[&str]); 9] = [
            (&["sda", "sda1", "sda15", "sdaa", "sdaa1", "sdb"], &["sda", "sdaa", "sdb"]),
            (&["nvme0n1", "nvme0n1p1", "nvme0n10", "nvme1n1"], &["nvme0n1", "nvme0n10", "nvme1n1"]),
            (&["mmcblk0", "mmcblk0p1", "mmcblk0boot0", "mmcblk0boot1"], &["mmcblk0"]),
            (&["xvda1", "xvdb"], &["xvda1", "xvdb"]),
            (&["md0", "md127p1", "md_d0", "dm-0", "bcache0", "drbd1", "zd16", "zd16p1"], &[]),
            (&["loop0", "loop0p1", "ram15", "zram0", "sr0", "fd0"], &[]),
            (&["cciss!c0d0", "cciss!c0d0p1"], &["cciss!c0d0"]),
            (&["rbd0", "rbd0p1", "nbd3", "pmem0", "dasda", "dasda1"], &["rbd0", "nbd3", "pmem0", "dasda"]),
            (&["ramen", "mdisk", "sda", "sdap1"], &["ramen", "mdisk", "sda", "sdap1"]),
        ];
        for (names, expected) in cases {
            let text: String = names.iter().map(line).collect();
            let mut readings = Readings::new();
            measure(&text, &mut readings).unwrap();
            let found: Vec<_> = rows(&readings)
                .into_iter()
                .filter(|(metric, ..)| metric == READ.name)
                .map(|(_, device, _)| device)
                .collect();
            assert_eq!(found, expected, "{names:?}");
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
            assert_eq!(measure(text, &mut Readings::new()).unwrap_err().to_string(), expected, "{text:?}");
        }
    }
}
