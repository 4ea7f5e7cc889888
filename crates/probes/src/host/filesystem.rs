//! File system usage.

use super::filesystem_usage::{self, Usage};
use super::guarded::Guarded;
use super::mounts::local_mounts;
use crate::proc_file::ProcFile;
use crate::{HostRoots, Probe, ProbeError};
use std::path::{Path, PathBuf};
use std::time::Duration;
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
/// An unreadable file system, for example without permission, has no values; the probe fails only if all are unreadable.
///
/// A ZFS pool is shown once, see [`Usage::of_pool`]. A mount point that is a single file is no file system. One whose disk does not respond is skipped, and the others are
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
        let mut pools: Vec<(String, Vec<Usage>)> = Vec::new();
        for system in self.mounts.read(|text| Ok(local_mounts(text, samples)))? {
            let Some(usage) = self.first_directory(&system.points, samples) else { continue };
            match system.pool {
                None => record(&usage, samples),
                Some(pool) => match pools.iter_mut().find(|(known, _)| *known == pool) {
                    Some((_, members)) => members.push(usage),
                    None => pools.push((pool, vec![usage])),
                },
            }
        }
        for (_, members) in pools {
            Usage::of_pool(members).iter().for_each(|usage| record(usage, samples));
        }
        Ok(())
    }
}

impl Filesystem {
    /// Usage of the first of the `mountpoints` that is a directory.
    fn first_directory(&mut self, mountpoints: &[PathBuf], samples: &mut SampleBuffer) -> Option<Usage> {
        for mountpoint in mountpoints {
            let path = self.find(mountpoint);
            let name = mountpoint.to_string_lossy();
            match self.guarded.run(&path, filesystem_usage::read) {
                Ok(Ok(Some(answer))) => return Some(Usage::new(name.into_owned(), &answer)),
                Ok(Ok(None)) => continue,
                Ok(Err(error)) => samples.skip(&name, &error.to_string(), SkipReason::Unreadable),
                Err(_no_result) => samples.skip(&name, "no response", SkipReason::Unreadable),
            }
            return None;
        }
        None
    }
}

fn record(usage: &Usage, samples: &mut SampleBuffer) {
    let labels = [usage.mountpoint.as_str()];
    samples.record(&USED_RATIO, &labels, usage.used_ratio());
    samples.record(&SIZE, &labels, usage.size);
    samples.record(&USED, &labels, usage.used);
    samples.record(&AVAILABLE, &labels, usage.available);
    samples.record(&FREE, &labels, usage.free);
    if let Some((inodes, free)) = usage.inodes {
        samples.record(&INODES_RATIO, &labels, (inodes - free) / inodes);
        samples.record(&INODES, &labels, inodes);
        samples.record(&INODES_FREE, &labels, free);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{expected_rows, host_in, rows};
    use rustix::fs::{StatVfs, StatVfsMountFlags};
    use std::fs;

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
            record(&Usage::new("/".to_owned(), &answer), &mut samples);
            let mut expected: Vec<_> = ratio.map(|ratio| (names[0], "/", ratio)).into_iter().collect();
            expected
                .extend(names[1..5].iter().zip(blocks).map(|(name, blocks)| (*name, "/", blocks * 1024.0)));
            assert_eq!(rows(&samples), expected_rows(&expected), "{case}");
        }

        let mut samples = SampleBuffer::new();
        record(&Usage::new("/".to_owned(), &answer(0, 0, 0, 1000)), &mut samples);
        let inodes = [(names[5], "/", 0.75), (names[6], "/", 1000.0), (names[7], "/", 250.0)];
        assert_eq!(rows(&samples)[4..], expected_rows(&inodes), "inodes are counted");
    }

    /// A host with this mount table and these directories, whose `/proc` is in a folder.
    fn collect_from(mountinfo: &str, directories: &[&str]) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let first = folder.path().join("1");
        for directory in directories {
            fs::create_dir_all(first.join("root").join(directory)).unwrap();
        }
        fs::create_dir_all(&first).unwrap();
        fs::write(first.join("mountinfo"), mountinfo).unwrap();
        let mut samples = SampleBuffer::new();
        crate::probe::run(&mut Filesystem::new(&host_in(folder.path())), &mut samples)
            .map(|()| rows(&samples).into_iter().filter(|row| row.0 == SIZE.name).map(|row| row.1).collect())
            .map_err(|error| error.to_string().replace(folder.path().to_str().unwrap(), "PROC"))
    }

    fn collect(mountpoints: &[&str], directories: &[&str]) -> Result<Vec<String>, String> {
        let line = |(number, point): (usize, &&str)| format!("1 0 8:{number} / {point} rw - ext4 none rw\n");
        collect_from(&mountpoints.iter().enumerate().map(line).collect::<String>(), directories)
    }

    #[test]
    fn pools_are_shown_once() {
        let mut mountinfo = "27 1 254:0 / / rw - ext4 /dev/vda rw\n".to_owned();
        let names: Vec<String> = (1..=40).map(|n| format!("tank/pc{n}")).collect();
        for (number, name) in names.iter().enumerate() {
            mountinfo += &format!("{number} 1 0:{number} / /{name} rw - zfs {name} rw\n");
        }
        mountinfo += "90 1 0:90 / /boot rw - zfs bpool/BOOT rw\n91 1 0:91 / /s rw - zfs tank/pc1@s ro\n";
        let directories: Vec<&str> = names.iter().map(String::as_str).chain(["boot", "s"]).collect();
        assert_eq!(collect_from(&mountinfo, &directories).unwrap(), ["/", "/boot", "/tank/pc1"]);
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
