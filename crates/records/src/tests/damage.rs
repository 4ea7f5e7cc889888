//! Damaged files: the rest is used, and the damage is reported.

use super::*;
use crate::bytes::header;
use crate::{OpenError, QueryStats};

/// A file with several blocks, and a log with three batches.
fn write(folder: &Path, disk: &Arc<TestDisk>) {
    let store = open(folder, disk);
    let record = |n: i64| Numbered::new(n, 0, n);
    append(&store, &(0..100).map(record).collect::<Vec<_>>()).unwrap();
    assert!(store.flush());
    (100..103).for_each(|n| append(&store, &[record(n)]).unwrap());
}

fn change(path: &Path, at: usize) {
    let mut bytes = std::fs::read(path).unwrap();
    bytes[at] ^= 1;
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn damaged_block_costs_its_records_and_is_reported() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    write(folder.path(), &disk);
    change(&folder.path().join("records-1-1.0.blk"), 200);
    let store = open(folder.path(), &disk);
    let (found, QueryStats { blocks_read, blocks_damaged, .. }) = query(&store, &Query::default());
    assert_eq!(blocks_damaged, 1);
    assert!(blocks_read > 3 && (60..100).contains(&found.len()), "{blocks_read} {}", found.len());
    let problems = store.status().problems;
    assert_eq!(problems, ["records-1-1.0.blk: block at byte 16: damaged: checksum mismatch"]);
    // A part of it is deleted: it goes, with the rest of its file as it is.
    store.delete(&|_| true, millis(0), millis(2)).unwrap();
    assert!(store.flush());
    assert_eq!(all(&store), found);
}

#[test]
fn file_without_an_intact_block_is_quarantined() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    write(folder.path(), &disk);
    std::fs::write(folder.path().join("records-1-1.0.blk"), b"no records").unwrap();
    let store = open(folder.path(), &disk);
    assert_eq!(numbers(&all(&store)), [100, 101, 102]);
    let text = "records-1-1.0.blk: damaged: file too short; quarantined as records-1-1.0.blk.damaged";
    assert_eq!(store.status().problems, [text]);
    drop(store);
    let problems = open(folder.path(), &disk).status().problems;
    assert!(problems[0].contains("was quarantined because it is damaged"), "{problems:?}");
}

#[test]
fn damaged_batch_is_skipped_and_its_log_quarantined() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    write(folder.path(), &disk);
    let log = folder.path().join("log-2.wal");
    let length = std::fs::read(&log).unwrap().len();
    change(&log, length / 2);
    let store = open(folder.path(), &disk);
    let found = numbers(&all(&store));
    assert_eq!((found.len(), found.contains(&101)), (102, false));
    assert!(store.flush());
    let text = "log-2.wal: damaged: checksum mismatch; quarantined as log-2.wal.damaged";
    assert_eq!(store.status().problems, [text]);
    assert_eq!(numbers(&all(&store)), found);
    // Its number is not used again.
    drop(store);
    assert_eq!(numbers(&all(&open(folder.path(), &disk))), found);
}

#[test]
fn damaged_deletion_is_reported_and_the_others_are_used() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    write(folder.path(), &disk);
    let streams = vec![Arc::new(stream_labels(0))];
    let deletion = |times| crate::deletions::Deletion { generation: 1, times, streams: streams.clone() };
    let deletions = crate::deletions::Deletions::default().with(deletion(0..5)).with(deletion(50..60));
    deletions.save(folder.path(), disk.as_ref()).unwrap();
    change(&folder.path().join("deletions"), 30);
    let store = open(folder.path(), &disk);
    assert!(store.flush());
    assert_eq!(numbers(&all(&store)), (0..50).chain(60..103).collect::<Vec<_>>());
    assert!(store.status().problems[0].starts_with("deletions: damaged: "), "{:?}", store.status());
}

#[test]
fn files_of_a_newer_version_are_refused_and_not_touched() {
    for (name, magic) in
        [("log-2.wal", b"WGLASRLG"), ("records-1-1.0.blk", b"WGLASREC"), ("deletions", b"WGLASRDL")]
    {
        let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
        write(folder.path(), &disk);
        let path = folder.path().join(name);
        let mut bytes = std::fs::read(&path).unwrap_or_else(|_| vec![0; 16]);
        bytes[..16].copy_from_slice(&header(magic, 2));
        std::fs::write(&path, &bytes).unwrap();
        match RecordStore::open(folder.path(), small(), disk) {
            Err(OpenError::Version { file, version: 2 }) => assert_eq!(file, path),
            other => panic!("{name}: {other:?}"),
        }
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
    }
}
