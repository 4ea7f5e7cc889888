//! Usage of a file system, and of the file systems of a ZFS pool together.

use rustix::fs::{StatVfs, statvfs};
use std::path::Path;
use std::{fs, io};

/// Share of the available space by which file systems of a pool may differ: they are read one after the other.
const AVAILABLE_TOLERANCE: f64 = 0.01;

/// Usage of a file system in bytes, calculated as in `df` (`src/df.c` of GNU coreutils).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Usage {
    pub(super) mountpoint: String,
    pub(super) size: f64,
    pub(super) used: f64,
    /// Available to processes that are not root.
    pub(super) available: f64,
    /// Free, including the space reserved for root.
    pub(super) free: f64,
    /// Total and free inodes; `None` if their number is not fixed.
    pub(super) inodes: Option<(f64, f64)>,
}

impl Usage {
    /// Usage from the result of [`statvfs`](https://man7.org/linux/man-pages/man3/statvfs.3.html).
    pub(super) fn new(mountpoint: String, answer: &StatVfs) -> Self {
        let bytes = |blocks: u64| blocks as f64 * answer.f_frsize as f64;
        let inodes = (answer.f_files as f64, answer.f_ffree.min(answer.f_files) as f64);
        Self {
            mountpoint,
            size: bytes(answer.f_blocks),
            used: bytes(answer.f_blocks.saturating_sub(answer.f_bfree)),
            available: bytes(answer.f_bavail),
            free: bytes(answer.f_bfree),
            inodes: (answer.f_files > 0).then_some(inodes),
        }
    }

    /// Used share without the space reserved for root; NaN of an empty file system.
    pub(super) fn used_ratio(&self) -> f64 {
        self.used / (self.used + self.available)
    }

    /// Usage of a ZFS pool from its file systems, whose mount points are in order of preference. All of them share the
    /// available space, and each reports only what it uses itself. So the pool uses the sum, and is shown at the first
    /// mount point. A file system whose available space differs, as it has a quota or a reservation of its own, can be
    /// full on its own, and is shown as well.
    pub(super) fn of_pool(members: Vec<Self>) -> Vec<Self> {
        let Some(available) = shared_available(&members) else { return members };
        let used: f64 = members.iter().map(|member| member.used).sum();
        let shares = |member: &Self| is_about(member.available, available);
        let (sharing, others): (Vec<Self>, Vec<Self>) = members.into_iter().partition(shares);
        let pool = sharing.into_iter().next().map(|first| Self {
            size: used + first.available,
            used,
            free: first.available,
            inodes: None,
            ..first
        });
        pool.into_iter().chain(others).collect()
    }
}

/// The available space that most of the file systems have; of several the largest.
fn shared_available(members: &[Usage]) -> Option<f64> {
    let mut all: Vec<f64> = members.iter().map(|member| member.available).collect();
    all.sort_by(f64::total_cmp);
    let sharing = |available: f64| all.iter().filter(|other| is_about(**other, available)).count();
    // The sorted values fall into runs; the first value of each is enough.
    let mut starts = all.clone();
    starts.dedup_by(|next, start| is_about(*next, *start));
    starts.into_iter().max_by_key(|available| sharing(*available))
}

fn is_about(value: f64, other: f64) -> bool {
    (value - other).abs() <= AVAILABLE_TOLERANCE * value.max(other)
}

/// Usage of the file system at `path`; `None` if it is a single file.
pub(super) fn read(path: &Path) -> io::Result<Option<StatVfs>> {
    Ok(if fs::metadata(path)?.is_dir() { Some(statvfs(path)?) } else { None })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(mountpoint: &str, used: f64, available: f64) -> Usage {
        let (size, free) = (used + available, available);
        Usage { mountpoint: mountpoint.to_owned(), size, used, available, free, inodes: Some((9.0, 8.0)) }
    }

    /// Mount point, used and size of the shown file systems of a pool.
    fn pool(members: &[(&str, f64, f64)]) -> Vec<(String, f64, f64)> {
        let members = members.iter().map(|(point, used, available)| usage(point, *used, *available));
        let shown = Usage::of_pool(members.collect()).into_iter();
        shown.map(|usage| (usage.mountpoint, usage.used, usage.size)).collect()
    }

    #[test]
    fn pool_is_shown_once_with_the_sum_of_its_file_systems() {
        type Case<'a> = (&'a [(&'a str, f64, f64)], &'a [(&'a str, f64, f64)]);
        let cases: [Case<'_>; 4] = [
            // The root of the pool has next to nothing itself, but the pool is almost full.
            (
                &[("/tank", 1.0, 100.0), ("/tank/a", 600.0, 100.0), ("/tank/b", 299.0, 99.9)],
                &[("/tank", 900.0, 1000.0)],
            ),
            // A quota, and a reservation.
            (
                &[("/t", 1.0, 100.0), ("/t/a", 8.0, 2.0), ("/t/b", 1.0, 100.0), ("/t/c", 0.0, 150.0)],
                &[("/t", 10.0, 110.0), ("/t/a", 8.0, 10.0), ("/t/c", 0.0, 150.0)],
            ),
            (&[("/only", 5.0, 5.0)], &[("/only", 5.0, 10.0)]),
            (&[("/full", 5.0, 0.0), ("/full/a", 5.0, 0.0)], &[("/full", 10.0, 10.0)]),
        ];
        for (members, expected) in cases {
            let expected: Vec<_> =
                expected.iter().map(|(point, used, size)| ((*point).to_owned(), *used, *size)).collect();
            assert_eq!(pool(members), expected, "{members:?}");
        }
        assert_eq!(Usage::of_pool(Vec::new()), []);
        assert_eq!(Usage::of_pool(vec![usage("/", 1.0, 1.0)])[0].inodes, None, "not fixed");
    }

    #[test]
    fn forty_file_systems_are_one() {
        let members: Vec<Usage> = (1..=40).map(|n| usage(&format!("/tank/pc{n}"), 10.0, 100.0)).collect();
        let shown = Usage::of_pool(members);
        assert_eq!(shown.len(), 1);
        assert_eq!(shown[0].used_ratio(), 0.8);
    }
}
