//! File system usage.

use super::guarded::Guarded;
use super::mounts::local_mounts;
use crate::proc_file::ProcFile;
use crate::{HostRoots, Probe, ProbeError};
use rustix::fs::{StatVfs, statvfs};
use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{fs, io};
use watchglass_model::{
    Declaration, Kind, PanelDeclaration, PanelRole, SampleBuffer, SkipReason, Style, Unit,
};

static PANEL: PanelDeclaration = PanelDeclaration {
    id: "filesystems",
    section: "Host",
    title: "File systems",
    style: Style::Line,
    unit: Unit::Ratio,
    ceiling: Some(1.0),
    description: "Extrapolate a steady slope to see when the disk is full. A jump is a single file. Programs fail before 100 %.",
};

const fn gauge(
    name: &'static str,
    unit: Unit,
    help: &'static str,
    role: PanelRole,
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
    "Used share of a file system without the space reserved for root: used / (used + available), as in df.",
    PanelRole::HeadlineAndChart,
    "used",
);
static SIZE: Declaration =
    gauge("host_filesystem_size_bytes", Unit::Bytes, "Size of a file system.", PanelRole::Detail, "size");
static USED: Declaration = gauge(
    "host_filesystem_used_bytes",
    Unit::Bytes,
    "Used space of a file system.",
    PanelRole::Detail,
    "used",
);
static AVAILABLE: Declaration = gauge(
    "host_filesystem_available_bytes",
    Unit::Bytes,
    "Space of a file system available to non-root processes.",
    PanelRole::Detail,
    "available",
);

static FREE: Declaration = Declaration {
    panel: None,
    ..gauge(
        "host_filesystem_free_bytes",
        Unit::Bytes,
        "Free space of a file system, including the space reserved for root.",
        PanelRole::Detail,
        "free",
    )
};
static INODES_RATIO: Declaration = gauge(
    "host_filesystem_inodes_used_ratio",
    Unit::Ratio,
    "Used share of inodes. At 1 no file can be created, whatever the free space. Missing without a fixed number of \
     inodes, as in Btrfs.",
    PanelRole::Detail,
    "inodes",
);
static INODES: Declaration = Declaration {
    panel: None,
    ..gauge(
        "host_filesystem_inodes",
        Unit::Count,
        "Total inodes of a file system.",
        PanelRole::Detail,
        "inodes",
    )
};
static INODES_FREE: Declaration = Declaration {
    panel: None,
    ..gauge(
        "host_filesystem_inodes_free",
        Unit::Count,
        "Free inodes of a file system.",
        PanelRole::Detail,
        "inodes free",
    )
};

static METRICS: [&Declaration; 8] =
    [&USED_RATIO, &SIZE, &USED, &AVAILABLE, &FREE, &INODES_RATIO, &INODES, &INODES_FREE];

/// Reads the usage of all local file systems. A failing disk can block forever: run it in an
/// [`BackgroundProbe`](crate::BackgroundProbe).
///
/// An unreadable file system, for example without permission, has no values; the probe fails only if all are
/// unreadable.
///
/// A mount point that is a single file is no file system. One whose disk does not respond is skipped, and the others are
/// read.
#[derive(Debug)]
pub struct Filesystem {
    mounts: ProcFile,
    root: PathBuf,
    guarded: Guarded,
}

/// Time limit of a file system.
const ACCESS_TIMEOUT: Duration = Duration::from_millis(500);

impl Filesystem {
    /// Sampling interval.
    pub const INTERVAL: Duration = Duration::from_secs(5);
    /// Time limit of a round.
    pub const TIMEOUT: Duration = Duration::from_secs(2);

    /// A probe of the host.
    pub fn new(roots: &HostRoots) -> Self {
        Self {
            mounts: ProcFile::new(roots.process_file("mountinfo")),
            root: roots.files(),
            guarded: Guarded::new(ACCESS_TIMEOUT),
        }
    }

    /// Local path of the host's `mountpoint`.
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

    fn interval(&self) -> Duration {
        Self::INTERVAL
    }

    fn collect(&mut self, samples: &mut SampleBuffer) -> Result<(), ProbeError> {
        for mountpoints in self.mounts.read(|text| Ok(local_mounts(text, samples)))? {
            self.record_first_directory(&mountpoints, samples);
        }
        Ok(())
    }
}

impl Filesystem {
    /// Records the usage of the first of the `mountpoints` that is a directory.
    fn record_first_directory(&mut self, mountpoints: &[PathBuf], samples: &mut SampleBuffer) {
        for mountpoint in mountpoints {
            let path = self.find(mountpoint);
            let name = mountpoint.to_string_lossy();
            match self.guarded.run(&path, usage) {
                Ok(Ok(Some(answer))) => return record(&name, &answer, samples),
                Ok(Ok(None)) => {}
                Ok(Err(error)) => return samples.skip(&name, &error.to_string(), SkipReason::Unreadable),
                Err(_no_result) => return samples.skip(&name, "no response", SkipReason::Unreadable),
            }
        }
    }
}

/// Usage of the file system at `path`; `None` if it is a single file.
fn usage(path: &Path) -> io::Result<Option<StatVfs>> {
    Ok(if fs::metadata(path)?.is_dir() { Some(statvfs(path)?) } else { None })
}

/// Records the result of [`statvfs`](https://man7.org/linux/man-pages/man3/statvfs.3.html), calculated as in `df`
/// (`src/df.c` of GNU coreutils).
fn record(mountpoint: &str, answer: &StatVfs, samples: &mut SampleBuffer) {
    let bytes = |blocks: u64| blocks as f64 * answer.f_frsize as f64;
    let size = bytes(answer.f_blocks);
    let used = bytes(answer.f_blocks.saturating_sub(answer.f_bfree));
    let available = bytes(answer.f_bavail);
    samples.record(&USED_RATIO, &[mountpoint], used / (used + available));
    samples.record(&SIZE, &[mountpoint], size);
    samples.record(&USED, &[mountpoint], used);
    samples.record(&AVAILABLE, &[mountpoint], available);
    samples.record(&FREE, &[mountpoint], bytes(answer.f_bfree));
    if answer.f_files > 0 {
        let inodes = answer.f_files as f64;
        let free = answer.f_ffree.min(answer.f_files) as f64;
        samples.record(&INODES_RATIO, &[mountpoint], (inodes - free) / inodes);
        samples.record(&INODES, &[mountpoint], inodes);
        samples.record(&INODES_FREE, &[mountpoint], free);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, host_in, rows};
    use rustix::fs::StatVfsMountFlags;

    #[test]
    fn usage_matches_df() {
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
            ("only root has space left", answer(1000, 50, 0, 0), Some(1.0), [1000.0, 950.0, 0.0, 50.0]),
            ("empty", answer(0, 0, 0, 0), None, [0.0; 4]),
        ];
        for (case, answer, ratio, blocks) in cases {
            let mut samples = SampleBuffer::new();
            record("/", &answer, &mut samples);
            let mut expected: Vec<_> = ratio.map(|ratio| (names[0], "/", ratio)).into_iter().collect();
            expected
                .extend(names[1..5].iter().zip(blocks).map(|(name, blocks)| (*name, "/", blocks * 1024.0)));
            assert_eq!(rows(&samples), expected_rows(&expected), "{case}");
        }

        let mut samples = SampleBuffer::new();
        record("/", &answer(0, 0, 0, 1000), &mut samples);
        let inodes = [(names[5], "/", 0.75), (names[6], "/", 1000.0), (names[7], "/", 250.0)];
        assert_eq!(rows(&samples)[4..], expected_rows(&inodes), "inodes are counted");
    }

    /// A host with these mount points and directories, whose `/proc` is in a folder.
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
        let mut samples = SampleBuffer::new();
        crate::probe::run(&mut Filesystem::new(&host_in(folder.path())), &mut samples)
            .map(|()| rows(&samples).into_iter().filter(|row| row.0 == SIZE.name).map(|row| row.1).collect())
            .map_err(|error| error.to_string().replace(folder.path().to_str().unwrap(), "PROC"))
    }

    #[test]
    fn unreadable_file_systems_have_no_values() {
        assert_eq!(collect(&["/", "/gone", "/a\\040b"], &["a b"]).unwrap(), ["/", "/a b"]);
        assert_eq!(
            collect(&["/gone", "/lost"], &[]).unwrap_err(),
            "no usable value: /gone is not readable",
            "nothing can be read"
        );
        assert_eq!(collect(&[], &[]).unwrap(), Vec::<String>::new());
    }
}
