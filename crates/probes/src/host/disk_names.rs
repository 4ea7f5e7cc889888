//! Selection of whole disks by device name.

/// Whether the device `name` is a physical disk. `disk_before` is the previous disk in the kernel's list.
///
/// - No partitions: a device named like the previous disk with a number suffix (`sda1`, `nvme0n1p1`) is a partition,
///   because the kernel lists a disk before its partitions. A partition without its disk (`xvda1` on some virtual
///   machines) counts as a disk.
/// - No virtual devices: loop, RAM and zram devices, device mapper (LVM, LUKS), software RAID, bcache, DRBD and ZFS
///   volumes. Their I/O is counted by the underlying devices.
/// - No optical and floppy drives, and no boot areas of memory cards.
pub(super) fn is_whole_disk(name: &str, disk_before: &str) -> bool {
    !(is_partition(name, disk_before) || is_virtual(name) || is_not_a_disk(name))
}

/// Whether `name` is a partition of `disk`. The kernel puts a `p` before the number if the disk name ends in a digit
/// (`disk_name` in `block/partitions/core.c`).
fn is_partition(name: &str, disk: &str) -> bool {
    let Some(rest) = name.strip_prefix(disk).filter(|_| !disk.is_empty()) else {
        return false;
    };
    let number =
        if disk.ends_with(|last: char| last.is_ascii_digit()) { rest.strip_prefix('p') } else { Some(rest) };
    number.is_some_and(is_number)
}

fn is_virtual(name: &str) -> bool {
    ["loop", "ram", "zram", "dm-", "md", "bcache", "drbd", "zd"].into_iter().any(|driver| is_of(driver, name))
}

fn is_not_a_disk(name: &str) -> bool {
    is_of("sr", name) || is_of("fd", name) || (name.starts_with("mmcblk") && name.contains("boot"))
}

/// Whether `name` is a device of `driver` or a partition of one: `md0`, `md0p1`, `md_d0`.
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

    #[test]
    fn whole_disks_are_selected() {
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
            let mut found: Vec<&str> = Vec::new();
            for name in names {
                if is_whole_disk(name, found.last().copied().unwrap_or_default()) {
                    found.push(name);
                }
            }
            assert_eq!(found, expected, "{names:?}");
        }
    }
}
