//! Small single-value files of `/sys`.

use crate::proc_file::is_absent;
use crate::text::readable;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

/// Maximum bytes read from a file: the kernel's limit for `/sys` files on most machines.
const MAX_FILE_BYTES: u64 = 4096;
/// Maximum number of directory entries examined.
const MAX_ENTRIES: usize = 4096;

/// The trimmed text of a file, at most 4,096 bytes. `None` if the file does not exist.
pub(crate) fn read_small(path: &Path) -> io::Result<Option<String>> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(MAX_FILE_BYTES).read_to_end(&mut bytes)) {
        Ok(_) => Ok(Some(String::from_utf8_lossy(&bytes).trim_ascii().to_owned())),
        Err(error) if is_absent(&error) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The file's text as a display name without control characters, at most 40 characters; `None` if empty.
pub(crate) fn read_name(path: &Path) -> Option<String> {
    let text = read_small(path).ok().flatten()?;
    (!text.is_empty()).then(|| readable(&text, 40).into_owned())
}

/// The sorted numbers N of all entries named `beforeNafter`; empty if the directory does not exist.
pub(crate) fn numbered(folder: &Path, before: &str, after: &str) -> Vec<u32> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let number = |entry: io::Result<fs::DirEntry>| {
        let name = entry.ok()?.file_name();
        name.to_str()?.strip_prefix(before)?.strip_suffix(after)?.parse().ok()
    };
    let mut numbers: Vec<u32> = entries.take(MAX_ENTRIES).filter_map(number).collect();
    numbers.sort_unstable();
    numbers
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::write_file;

    #[test]
    fn values_and_names_are_read() {
        let folder = tempfile::tempdir().unwrap();
        write_file(folder.path(), "temp", " 42000\n");
        write_file(folder.path(), "name", "a\u{7}b\n");
        write_file(folder.path(), "blank", "\n");
        write_file(folder.path(), "long", &"x".repeat(5000));
        let path = |name: &str| folder.path().join(name);
        assert_eq!(read_small(&path("temp")).unwrap().as_deref(), Some("42000"));
        assert_eq!(read_small(&path("gone")).unwrap(), None);
        assert_eq!(read_small(&path("long")).unwrap().map(|text| text.len()), Some(4096));
        assert!(read_small(folder.path()).is_err(), "a directory");
        assert_eq!(read_name(&path("name")).as_deref(), Some("a\u{fffd}b"));
        assert_eq!(read_name(&path("long")).map(|text| text.len()), Some(40));
        assert_eq!((read_name(&path("blank")), read_name(&path("gone"))), (None, None));
    }

    #[test]
    fn numbers_are_sorted() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["temp10_input", "temp2_input", "temp2_label", "tempx_input", "temp_input", "fan1_input"]
        {
            write_file(folder.path(), name, "");
        }
        assert_eq!(numbered(folder.path(), "temp", "_input"), [2, 10]);
        assert_eq!(numbered(&folder.path().join("gone"), "temp", ""), Vec::<u32>::new());
    }
}
