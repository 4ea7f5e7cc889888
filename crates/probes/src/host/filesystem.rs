//! File systems: how full they are.

use super::mounts::local_mounts;
use crate::proc_file::ProcFile;
use crate::{HostRoots, Probe, ProbeError};
use rustix::fs::{StatVfs, statvfs};
use std::path::{Path, PathBuf};
use std::time::Duration;
use watchglass_model::{Declaration, Kind, PanelDeclaration, Readings, Role, Style, Unit};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "filesystems",
    section: "Host",
    title: "File systems",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    meaning: "A straight slope tells when it will be full; a jump is a single file. Programs fail long before 100 %.",
};

const fn gauge(
    name: &'static str,
    unit: Unit,
    help: &'static str,
    role: Role,
    legend: &'static str,
) -> Declaration {
    Declaration {
        name,
        kind: Kind::Gauge,
        unit,
        help,
        labels: &["mountpoint"],
        panel: Some((&PANEL, role)),
        legend,
    }
}

static USED_RATIO: Declaration = gauge(
    "host_filesystem_used_ratio",
    Unit::Ratio,
    "Part of a file system that is used, of what is not reserved for root: used / (used + available), as df has it.",
    Role::HeadlineAndChart,
    "used",
);
static SIZE: Declaration =
    gauge("host_filesystem_size_bytes", Unit::Bytes, "Size of a file system.", Role::Detail, "size");
static USED: Declaration =
    gauge("host_filesystem_used_bytes", Unit::Bytes, "Space in use in a file system.", Role::Detail, "used");
static AVAILABLE: Declaration = gauge(
    "host_filesystem_available_bytes",
    Unit::Bytes,
    "Space in a file system that programs other than root's can still fill.",
    Role::Detail,
    "available",
);

static FREE: Declaration = Declaration {
    panel: None,
    ..gauge(
        "host_filesystem_free_bytes",
        Unit::Bytes,
        "Space in a file system that is not in use, with what is reserved for root.",
        Role::Detail,
        "free",
    )
};
static INODES_RATIO: Declaration = gauge(
    "host_filesystem_inodes_used_ratio",
    Unit::Ratio,
    "Part of the files that a file system can hold that are there: when it is full, no file can be made, whatever the \
     space. None where their number is not fixed, as in Btrfs.",
    Role::Detail,
    "inodes",
);
static INODES: Declaration = Declaration {
    panel: None,
    ..gauge(
        "host_filesystem_inodes",
        Unit::Count,
        "How many files and directories a file system can hold.",
        Role::Detail,
        "inodes",
    )
};
static INODES_FREE: Declaration = Declaration {
    panel: None,
    ..gauge(
        "host_filesystem_inodes_free",
        Unit::Count,
        "How many more files and directories a file system can hold.",
        Role::Detail,
        "inodes free",
    )
};

static METRICS: [&Declaration; 8] =
    [&USED_RATIO, &SIZE, &USED, &AVAILABLE, &FREE, &INODES_RATIO, &INODES, &INODES_FREE];

/// Asks every local file system how full it is. A disk that fails can make it wait for good: run it in an
/// [`OwnThread`](crate::OwnThread).
///
/// One that cannot be asked, say for want of permission, has no values while the others do; the probe fails
/// when none could be.
#[derive(Debug)]
pub struct Filesystem {
    mounts: ProcFile,
    root: PathBuf,
}

impl Filesystem {
    /// How often file systems are asked. They fill slowly.
    pub const EVERY: Duration = Duration::from_secs(5);
    /// The time they have to answer.
    pub const DEADLINE: Duration = Duration::from_secs(2);

    /// The probe of that host.
    pub fn new(roots: &HostRoots) -> Self {
        Self { mounts: ProcFile::new(roots.process_file("mountinfo")), root: roots.files() }
    }

    /// Where this program finds what the host calls `mountpoint`.
    fn find(&self, mountpoint: &Path) -> PathBuf {
        self.root.join(mountpoint.strip_prefix("/").unwrap_or(mountpoint))
    }
}

impl Probe for Filesystem {
    fn name(&self) -> &'static str {
        "filesystem"
    }

    fn metrics(&self) -> &'static [&'static Declaration] {
        &METRICS
    }

    fn every(&self) -> Duration {
        Self::EVERY
    }

    fn collect(&mut self, readings: &mut Readings) -> Result<(), ProbeError> {
        let mut failure = None;
        for mountpoint in self.mounts.read(local_mounts)? {
            let path = self.find(&mountpoint);
            match statvfs(&path) {
                Ok(answer) => record(&mountpoint.to_string_lossy(), &answer, readings),
                Err(error) => {
                    failure.get_or_insert(ProbeError::Unreadable { path, reason: error.to_string() });
                }
            }
        }
        match failure {
            Some(error) if readings.is_empty() => Err(error),
            _ => Ok(()),
        }
    }
}

/// Records what [`statvfs`](https://man7.org/linux/man-pages/man3/statvfs.3.html) answered, counted as `df`
/// counts (`src/df.c` of GNU coreutils).
fn record(mountpoint: &str, answer: &StatVfs, readings: &mut Readings) {
    let bytes = |blocks: u64| blocks as f64 * answer.f_frsize as f64;
    let size = bytes(answer.f_blocks);
    let used = bytes(answer.f_blocks.saturating_sub(answer.f_bfree));
    let available = bytes(answer.f_bavail);
    readings.record(&USED_RATIO, &[mountpoint], used / (used + available));
    readings.record(&SIZE, &[mountpoint], size);
    readings.record(&USED, &[mountpoint], used);
    readings.record(&AVAILABLE, &[mountpoint], available);
    readings.record(&FREE, &[mountpoint], bytes(answer.f_bfree));
    if answer.f_files > 0 {
        let inodes = answer.f_files as f64;
        let free = answer.f_ffree.min(answer.f_files) as f64;
        readings.record(&INODES_RATIO, &[mountpoint], (inodes - free) / inodes);
        readings.record(&INODES, &[mountpoint], inodes);
        readings.record(&INODES_FREE, &[mountpoint], free);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{host_in, rows, written};
    use rustix::fs::StatVfsMountFlags;
    use std::fs;

    #[test]
    fn counts_as_df_does() {
        let answer = |blocks, free, available, inodes| StatVfs {
            f_bsize: 4096,
            f_frsize: 1024,
            f_blocks: blocks,
            f_bfree: free,
            f_bavail: available,
            f_files: inodes,
            f_ffree: inodes / 4,
            f_favail: 0,
            f_fsid: 0,
            f_flag: StatVfsMountFlags::empty(),
            f_namemax: 255,
        };
        let names = METRICS.map(|metric| metric.name);
        let cases = [
            (
                "50 of 1,000 are reserved for root",
                answer(1000, 430, 380, 0),
                Some(0.6),
                [1000.0, 570.0, 380.0, 430.0],
            ),
            ("only root has room left", answer(1000, 50, 0, 0), Some(1.0), [1000.0, 950.0, 0.0, 50.0]),
            ("nothing in it", answer(0, 0, 0, 0), None, [0.0; 4]),
        ];
        for (case, answer, ratio, blocks) in cases {
            let mut readings = Readings::new();
            record("/", &answer, &mut readings);
            let mut expected: Vec<_> = ratio.map(|ratio| (names[0], "/", ratio)).into_iter().collect();
            expected
                .extend(names[1..5].iter().zip(blocks).map(|(name, blocks)| (*name, "/", blocks * 1024.0)));
            assert_eq!(rows(&readings), written(&expected), "{case}");
        }

        let mut readings = Readings::new();
        record("/", &answer(0, 0, 0, 1000), &mut readings);
        let inodes = [(names[5], "/", 0.75), (names[6], "/", 1000.0), (names[7], "/", 250.0)];
        assert_eq!(rows(&readings)[4..], written(&inodes), "files are counted");
    }

    /// A host whose `/proc` is mounted in a folder, with these mount points and directories.
    fn collect(mountpoints: &[&str], directories: &[&str]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("1");
        for directory in directories {
            fs::create_dir_all(first.join("root").join(directory)).unwrap();
        }
        fs::create_dir_all(&first).unwrap();
        let line = |(number, point): (usize, &&str)| format!("1 0 8:{number} / {point} rw - ext4 none rw\n");
        fs::write(first.join("mountinfo"), mountpoints.iter().enumerate().map(line).collect::<String>())
            .unwrap();
        let mut readings = Readings::new();
        Filesystem::new(&host_in(folder.path()))
            .collect(&mut readings)
            .map(|()| rows(&readings).into_iter().filter(|row| row.0 == SIZE.name).map(|row| row.1).collect())
            .map_err(|error| error.to_string().replace(folder.path().to_str().unwrap(), "PROC"))
    }

    #[test]
    fn one_that_cannot_be_asked_has_no_values_and_the_others_do() {
        assert_eq!(collect(&["/", "/gone", "/a\\040b"], &["a b"]).unwrap(), ["/", "/a b"]);
        assert_eq!(
            collect(&["/gone", "/lost"], &[]).unwrap_err(),
            "cannot read PROC/1/root/gone: No such file or directory (os error 2)"
        );
        assert_eq!(collect(&[], &[]).unwrap(), Vec::<String>::new());
    }
}
