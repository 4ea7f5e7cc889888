//! Scan of a folder, and quarantine of damaged files.

use crate::disk::Disk;
use crate::problems::Problems;
use std::fs;
use std::io;
use std::path::Path;

/// Suffix of files being written. The next scan removes them.
pub const TEMPORARY: &str = ".tmp";
/// Suffix of quarantined files.
const DAMAGED: &str = ".damaged";

/// Names of the files of a folder, in no order. Names that are not UTF-8 are left out.
#[derive(Debug, Default)]
pub struct Scan {
    /// Files that may belong to the store.
    pub names: Vec<String>,
    /// Quarantined files, by the names that they had.
    pub quarantined: Vec<String>,
}

/// Scans a folder. Removes incomplete files, and reports quarantined ones.
///
/// # Errors
/// The folder is unreadable.
pub fn scan(folder: &Path, disk: &dyn Disk, problems: &Problems) -> io::Result<Scan> {
    let mut scan = Scan::default();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let Some(name) = name.to_str() else { continue };
        if name.ends_with(TEMPORARY) {
            // Left over from a crash while writing; if it cannot be removed, it will be overwritten.
            let _ = disk.remove(&folder.join(name));
        } else if let Some(former) = name.strip_suffix(DAMAGED) {
            problems.set(
                name,
                format!("{name} was quarantined because it is damaged; delete it to clear this problem"),
            );
            scan.quarantined.push(former.to_owned());
        } else {
            scan.names.push(name.to_owned());
        }
    }
    Ok(scan)
}

/// Quarantines a damaged file by renaming it, and reports it.
pub fn quarantine(path: &Path, damage: &str, disk: &dyn Disk, problems: &Problems) {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let aside = format!("{name}{DAMAGED}");
    let text = match disk.rename(path, &path.with_file_name(&aside)) {
        Ok(()) => format!("{name}: damaged: {damage}; quarantined as {aside}"),
        Err(rename) => format!("{name}: damaged: {damage}; quarantine failed: {rename}"),
    };
    problems.set(&aside, text);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::disk::SystemDisk;

    #[test]
    fn incomplete_files_are_removed_and_quarantined_ones_reported() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["a.blk", "b.blk", "c.blk.tmp"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let (disk, problems) = (SystemDisk::default(), Problems::default());
        quarantine(&folder.path().join("b.blk"), "checksum mismatch", &disk, &problems);
        assert_eq!(problems.list(), ["b.blk: damaged: checksum mismatch; quarantined as b.blk.damaged"]);

        let problems = Problems::default();
        let found = scan(folder.path(), &disk, &problems).unwrap();
        assert_eq!(found.names, ["a.blk"]);
        assert_eq!(found.quarantined, ["b.blk"]);
        let expected = "b.blk.damaged was quarantined because it is damaged; delete it to clear this problem";
        assert_eq!(problems.list(), [expected]);
        assert!(!folder.path().join("c.blk.tmp").exists());
        assert_eq!(fs::read(folder.path().join("b.blk.damaged")).unwrap(), b"b.blk", "contents are kept");
    }

    #[test]
    fn file_that_cannot_be_renamed_is_reported() {
        let folder = tempfile::tempdir().unwrap();
        let problems = Problems::default();
        quarantine(&folder.path().join("none"), "empty", &SystemDisk::default(), &problems);
        assert!(problems.list()[0].starts_with("none: damaged: empty; quarantine failed: "), "{problems:?}");
    }
}
