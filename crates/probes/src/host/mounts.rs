//! Mount points of local file systems, each file system once.

use super::mount_covers::Covers;
use crate::TextError;
use crate::reading::OrSkip;
use crate::text::{Line, lines};
use std::collections::HashMap;
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;
use watchglass_model::SampleBuffer;

/// Types of file systems on local devices. Excluded are network file systems, which can hang and belong to another host;
/// memory and kernel file systems; and read-only images, which are always full (squashfs, ISO 9660).
const LOCAL: [&str; 14] = [
    "bcachefs", "btrfs", "exfat", "ext2", "ext3", "ext4", "f2fs", "jfs", "nilfs2", "ntfs3", "reiserfs",
    "vfat", "xfs", "zfs",
];

/// Host files that container engines mount into every container.
const INJECTED: [&str; 4] = ["/etc/hosts", "/etc/hostname", "/etc/resolv.conf", "/dev/termination-log"];

/// Mount entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Mount<'a> {
    pub(super) id: &'a str,
    /// Id of the mount that the mount point is in.
    pub(super) parent: &'a str,
    /// Major and minor device number, the same for all mounts of a file system.
    pub(super) device: &'a str,
    /// Directory or file of the file system that is mounted; `/` unless it is a bind mount or a subvolume.
    pub(super) root: &'a str,
    /// Mount point with kernel escapes.
    pub(super) point: &'a str,
    pub(super) kind: &'a str,
    /// Device or dataset.
    pub(super) source: &'a str,
}

/// A local file system.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct FileSystem {
    /// Its mount points, in order of preference.
    pub(super) points: Vec<PathBuf>,
    /// The ZFS pool whose space it shares.
    pub(super) pool: Option<String>,
}

/// Mount points of all local file systems in the text of
/// [`/proc/PID/mountinfo`](https://docs.kernel.org/filesystems/proc.html#proc-pid-mountinfo-information-about-mounts),
/// in file order; those of a ZFS pool in order of preference. A line that cannot be used is skipped.
///
/// Each file system is listed once, with its mount points in order of preference: `/`, those of the whole file system, bind
/// mounts and subvolumes; of these the ones nearest to the root first. The first that is a directory is the one to show:
/// container engines also mount single files. Mount points covered by other mounts are skipped. An overlay counts only as
/// the root, as in a container; elsewhere it belongs to a container and uses the space of its host.
pub(super) fn local_mounts(text: &str, samples: &mut SampleBuffer) -> Vec<FileSystem> {
    let all: Vec<Mount<'_>> = lines(text)
        .filter(|line| !line.text.trim_ascii().is_empty())
        .filter_map(|mut line| parse(&mut line).or_skip(samples))
        .collect();
    let covers = Covers::new(&all);
    let mut systems: Vec<Vec<Mount<'_>>> = Vec::new();
    let mut by_device: HashMap<&str, usize> = HashMap::new();
    for (index, mount) in all.iter().enumerate() {
        let is_local = LOCAL.contains(&mount.kind) || (mount.kind == "overlay" && mount.point == "/");
        let is_snapshot = mount.kind == ZFS && mount.source.contains('@');
        if !is_local || is_snapshot || INJECTED.contains(&mount.point) || covers.is_covered(index) {
            continue;
        }
        let number = *by_device.entry(mount.device).or_insert(systems.len());
        match systems.get_mut(number) {
            Some(known) => known.push(*mount),
            None => systems.push(vec![*mount]),
        }
    }
    let mut found: Vec<(Preference, FileSystem)> = systems.into_iter().filter_map(file_system).collect();
    // Of equal preference, the first one stays first. File systems without a pool keep their order, too.
    found.sort_by_key(|(preference, system)| system.pool.as_ref().map(|_| *preference));
    found.into_iter().map(|(_, system)| system).collect()
}

/// How far a mount point is from the one to show: not the root, a part of its file system, directory depth.
type Preference = (bool, bool, usize);

fn preference(mount: &Mount<'_>) -> Preference {
    (mount.point != "/", mount.root != "/", depth(mount.point))
}

/// The file system of these mounts, with the preference of its first mount point.
fn file_system(mut mounts: Vec<Mount<'_>>) -> Option<(Preference, FileSystem)> {
    mounts.sort_by_key(preference);
    let first = mounts.first()?;
    let pool = first.source.split('/').next().filter(|pool| first.kind == ZFS && !pool.is_empty());
    let pool = pool.map(str::to_owned);
    let points = mounts.iter().take(MAX_POINTS).map(|mount| unescape(mount.point)).collect();
    Some((preference(first), FileSystem { points, pool }))
}

const ZFS: &str = "zfs";

/// Maximum number of mount points of a file system that are examined.
const MAX_POINTS: usize = 16;

/// The mount of a line.
fn parse<'a>(line: &mut Line<'a>) -> Result<Mount<'a>, TextError> {
    let id = line.word("the mount's number")?;
    let parent = line.word("the parent's number")?;
    let device = line.word("the device")?;
    let root = line.word("the root")?;
    let point = line.word("the mount point")?;
    if !point.starts_with('/') {
        return Err(line.invalid("the mount point", "an absolute path"));
    }
    // A hyphen ends the optional fields.
    while line.word("the hyphen before the file system's kind")? != "-" {}
    let kind = line.word("the file system's kind")?;
    // Empty for some kinds.
    let source = line.word("the file system's source").unwrap_or_default();
    Ok(Mount { id, parent, device, root, point, kind, source })
}

/// Directory depth of `point` below the root.
fn depth(point: &str) -> usize {
    point.trim_end_matches('/').matches('/').count()
}

/// Decodes the kernel's octal escapes: `\040` for a space, also for tab, newline, backslash and number sign.
fn unescape(text: &str) -> PathBuf {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        let (byte, remaining) = match after.split_at_checked(3) {
            Some((digits, behind)) if first == b'\\' => match octal(digits) {
                Some(byte) => (byte, behind),
                None => (first, after),
            },
            _ => (first, after),
        };
        bytes.push(byte);
        rest = remaining;
    }
    PathBuf::from(std::ffi::OsString::from_vec(bytes))
}

fn octal(digits: &[u8]) -> Option<u8> {
    let digits =
        str::from_utf8(digits).ok().filter(|digits| digits.bytes().all(|digit| digit.is_ascii_digit()))?;
    u8::from_str_radix(digits, 8).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn points(text: &str) -> Vec<String> {
        let systems = local_mounts(text, &mut SampleBuffer::new());
        systems.iter().map(|system| system.points[0].to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn local_file_systems_are_listed_once() {
        let cases: [(&str, &str, &[&str]); 3] = [
            ("a virtual machine", include_str!("../../fixtures/linux-6.18/1/mountinfo"), &["/"]),
            (
                "a workstation",
                include_str!("../../fixtures/mountinfo/workstation"),
                &["/", "/boot/efi", "/media/My Disk", "/tank"],
            ),
            ("a container", include_str!("../../fixtures/mountinfo/container"), &["/", "/data"]),
        ];
        for (case, text, expected) in cases {
            assert_eq!(points(text), expected, "{case}");
        }
    }

    /// Device, mount point and file system type.
    type Line = (&'static str, &'static str, &'static str);

    #[test]
    fn hidden_mounts_are_skipped() {
        let line =
            |device: &str, point: &str, kind: &str| format!("1 0 {device} / {point} rw - {kind} none rw\n");
        let cases: [(&[Line], &[&str]); 4] = [
            (&[("8:1", "/", "ext4"), ("8:2", "/", "xfs"), ("8:2", "/a", "xfs")], &["/"]),
            (&[("8:1", "/a", "ext4"), ("0:5", "/a", "tmpfs")], &[]),
            (&[("0:5", "/a", "autofs"), ("8:1", "/a", "ext4")], &["/a"]),
            (&[("8:1", "/a/long", "ext4"), ("8:1", "/b", "ext4"), ("8:2", "/a", "ext4")], &["/b", "/a"]),
        ];
        for (mounts, expected) in cases {
            let text: String = mounts.iter().map(|(device, point, kind)| line(device, point, kind)).collect();
            assert_eq!(points(&text), expected, "{mounts:?}");
        }
    }

    #[test]
    fn escapes() {
        let cases = [
            ("/a\\040b\\011c\\012d\\134e\\043", "/a b\tc\nd\\e#"),
            ("/a\\", "/a\\"),
            ("/a\\04", "/a\\04"),
            ("/\\999\\+40\\777", "/\\999\\+40\\777"),
            ("/\\134040", "/\\040"),
        ];
        for (text, expected) in cases {
            assert_eq!(unescape(text), Path::new(expected), "{text}");
        }
    }

    #[test]
    fn bind_mounts_and_covered_mounts_are_recognised() {
        // Number, parent, device, root, mount point, file system type.
        let cases: [(&str, &str, &[&[&str]]); 4] = [
            (
                "the root is listed after its children",
                "22 27 8:2 / /home x - ext4 x x\n27 1 8:1 / / x - ext4 x x\n",
                &[&["/home"], &["/"]],
            ),
            (
                "a bind mount nearer to the root",
                "1 0 8:1 / / x - ext4 x x\n2 1 8:2 /sub /x x - xfs x x\n3 1 8:2 / /mnt/disk x - xfs x x\n",
                &[&["/"], &["/mnt/disk", "/x"]],
            ),
            (
                "a directory above the mount point is covered, with what is mounted below it",
                "1 0 8:1 / / x - ext4 x x\n2 1 8:2 / /a/b x - xfs x x\n3 2 8:3 / /a/b/c x - xfs x x\n\
                 4 1 8:4 / /a x - xfs x x\n5 4 8:5 / /a/d x - xfs x x\n6 1 8:6 / /ab x - xfs x x\n",
                &[&["/"], &["/a"], &["/a/d"], &["/ab"]],
            ),
            (
                "a container with single files",
                "1 0 0:50 / / rw - overlay x x\n2 1 8:1 /x/hosts /etc/hosts rw - ext4 x x\n\
                 5 1 8:1 /srv/wg.toml /etc/watchglass.toml rw - ext4 x x\n8 1 8:1 /srv/deep/data /var/lib/data rw - ext4 x x\n",
                &[&["/"], &["/etc/watchglass.toml", "/var/lib/data"]],
            ),
        ];
        for (case, text, expected) in cases {
            let found = local_mounts(text, &mut SampleBuffer::new());
            let found: Vec<Vec<_>> = found
                .iter()
                .map(|system| system.points.iter().map(|path| path.to_str().unwrap()).collect())
                .collect();
            assert_eq!(found, expected, "{case}");
        }
    }

    #[test]
    fn invalid_lines_are_skipped() {
        let good = "1 0 8:1 / / rw - ext4 x x\n";
        let cases = [
            ("1 0\n", "the device incomplete"),
            ("1 0 8:1 /\n", "the mount point incomplete"),
            ("1 0 8:1 / / rw shared:1\n", "the hyphen before the file system's kind incomplete"),
            ("1 0 8:1 / / rw -\n", "the file system's kind incomplete"),
        ];
        for (text, expected) in cases {
            let mut samples = SampleBuffer::new();
            assert_eq!(
                local_mounts(&format!("{text}{good}"), &mut samples),
                [FileSystem { points: vec![PathBuf::from("/")], pool: None }],
                "{text:?}"
            );
            assert_eq!(crate::testing::skipped(&samples), [expected], "{text:?}");
        }
    }
}
