//! Golden files of the formats, updated by `UPDATE_GOLDEN=1 cargo test`. A difference requires a new format version.
//!
//! `docs/formats.md` does not list them as long as the server opens no record store; then they belong into `golden` of the
//! crate, where a test of the server requires that.
//!
//! Only uncompressed parts are compared: another version of the compressor writes other bytes, which can be read.

use super::*;
use crate::Search;
use crate::deletions::{Deletion, Deletions};
use std::fs;
use std::path::PathBuf;

fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/tests/golden")
}

fn records(numbers: std::ops::Range<i64>) -> Vec<Numbered> {
    numbers.map(|n| Numbered::new(1_700_000_000_000 + n * 1000, (n % 3) as u8, n)).collect()
}

/// A block file, a log with a small and a compressed batch, and a deletion of records of the block file.
fn write(folder: &Path) {
    let disk = TestDisk::new();
    let store = open(folder, &disk);
    append(&store, &records(0..60)).unwrap();
    assert!(store.flush());
    append(&store, &records(60..62)).unwrap();
    append(&store, &records(62..100)).unwrap();
    drop(store);
    let times = 1_700_000_010_000..1_700_000_020_000;
    let streams = (0..2).map(|stream| Arc::new(stream_labels(stream))).collect();
    let deletions = Deletions::default().with(Deletion { generation: 1, times, streams });
    deletions.save(folder, disk.as_ref()).unwrap();
}

#[test]
fn golden_files_are_readable() {
    let folder = tempfile::tempdir().unwrap();
    for name in names(&golden()) {
        fs::copy(golden().join(&name), folder.path().join(&name)).unwrap();
    }
    let store = open(folder.path(), &TestDisk::new());
    let is_deleted = |n: &i64| (10..20).contains(n) && n % 3 < 2;
    assert_eq!(numbers(&all(&store)), (0..100).filter(|n| !is_deleted(n)).collect::<Vec<_>>());
    for n in (0..60).filter(|n| !is_deleted(n)) {
        let word = format!("w{n}");
        let search = Search { words: &[&word], substrings: &[] };
        assert_eq!(numbers(&query(&store, &Query { search, ..Query::default() }).0), [n], "filter of words");
    }
    assert_eq!(store.status().problems, Vec::<String>::new());
}

#[test]
fn golden_files_are_what_is_written() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path());
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        fs::create_dir_all(golden()).unwrap();
        for name in names(folder.path()) {
            fs::copy(folder.path().join(&name), golden().join(&name)).unwrap();
        }
    }
    assert_eq!(names(folder.path()), ["deletions", "log-2.wal", "records-1-1.0.blk"]);
    let read = |folder: &Path, name: &str| fs::read(folder.join(name)).unwrap();
    let both = |name: &str| (read(folder.path(), name), read(&golden(), name));
    let (written, expected) = both("deletions");
    assert_eq!(written, expected);
    let (written, expected) = both("log-2.wal");
    // Header and first batch.
    assert_eq!(written[..148], expected[..148]);
    let (written, expected) = both("records-1-1.0.blk");
    assert_eq!(written[..20], expected[..20]);
    assert!(written.ends_with(b"WGLASEND"));
}
