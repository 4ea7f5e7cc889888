//! Mount points of local file systems, each file system once.

use crate::TextError;
use crate::text::{Line, lines};
use std::os::unix::ffi::OsStringExt;
use std::path::PathBuf;

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
struct Mount<'a> {
    /// Major and minor device number, the same for all mounts of a file system.
    device: &'a str,
    /// Mount point with kernel escapes.
    point: &'a str,
}

/// Mount points of all local file systems in the text of
/// [`/proc/PID/mountinfo`](https://docs.kernel.org/filesystems/proc.html#proc-pid-mountinfo-information-about-mounts),
/// in file order.
///
/// A file system with several mounts (bind mounts, subvolumes) is listed once, with the mount point nearest to the root.
/// A mount hidden by a later one at the same point is skipped. An overlay counts only as the root, as in a container;
/// elsewhere it belongs to a container and uses the space of its host.
pub(super) fn local_mounts(text: &str) -> Result<Vec<PathBuf>, TextError> {
    let mut mounts: Vec<Mount<'_>> = Vec::new();
    for mut line in lines(text) {
        let (mount, kind) = parse(&mut line)?;
        mounts.retain(|earlier| earlier.point != mount.point);
        let local = LOCAL.contains(&kind) || (kind == "overlay" && mount.point == "/");
        if !local || INJECTED.contains(&mount.point) {
            continue;
        }
        match mounts.iter_mut().find(|earlier| earlier.device == mount.device) {
            Some(earlier) if depth(mount.point) < depth(earlier.point) => *earlier = mount,
            Some(_) => {}
            None => mounts.push(mount),
        }
    }
    Ok(mounts.iter().map(|mount| unescape(mount.point)).collect())
}

/// The mount of a line and its file system type.
fn parse<'a>(line: &mut Line<'a>) -> Result<(Mount<'a>, &'a str), TextError> {
    line.skip(2);
    let device = line.word("the device")?;
    line.skip(1);
    let point = line.word("the mount point")?;
    // A hyphen ends the optional fields.
    while line.word("the hyphen before the file system's kind")? != "-" {}
    Ok((Mount { device, point }, line.word("the file system's kind")?))
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
        local_mounts(text).unwrap().iter().map(|path| path.to_str().unwrap().to_owned()).collect()
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
    fn errors_name_line_and_field() {
        let cases = [
            ("1 0\n", "line 1: the device should be a word"),
            ("1 0 8:1 / / rw - ext4\n1 0 8:1 /\n", "line 2: the mount point should be a word"),
            ("1 0 8:1 / / rw shared:1", "line 1: the hyphen before the file system's kind should be a word"),
            ("1 0 8:1 / / rw -", "line 1: the file system's kind should be a word"),
        ];
        for (text, expected) in cases {
            assert_eq!(local_mounts(text).unwrap_err().to_string(), expected, "{text:?}");
        }
    }
}
