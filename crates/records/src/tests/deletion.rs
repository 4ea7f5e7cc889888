//! Deletion and merging of files.

use super::disk::Fault;
use super::*;
use crate::DeleteError;
use crate::deletions::{Deletion, Deletions};

fn records(numbers: std::ops::Range<i64>) -> Vec<Numbered> {
    numbers.map(|n| Numbered::new(n * 10, (n % 2) as u8, n)).collect()
}

/// Deletes the records 20 to 39 of stream 1.
fn delete(store: &RecordStore) -> Result<(), DeleteError> {
    store.delete(&|labels| labels.get("stream") == Some("1"), millis(200), millis(400))
}

fn left(numbers: std::ops::Range<i64>) -> Vec<i64> {
    numbers.filter(|n| !(20..40).contains(n) || n % 2 == 0).collect()
}

#[test]
fn deleted_records_are_gone_from_files_and_later_ones_are_not() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = open(folder.path(), &disk);
    append(&store, &records(0..30)).unwrap();
    assert!(store.flush());
    append(&store, &records(30..60)).unwrap();
    delete(&store).unwrap();
    assert_eq!(numbers(&all(&store)), left(0..60));
    let late = Numbered::new(210, 1, 60);
    append(&store, std::slice::from_ref(&late)).unwrap();
    assert!(all(&store).contains(&late));
    assert!(store.flush());
    let status = store.status();
    assert_eq!((status.pending_deletions, status.records), (0, 51));
    drop(store);
    let store = open(folder.path(), &disk);
    assert!(all(&store).contains(&late));
    assert_eq!(all(&store).len(), 51);
    // All records: no file stays.
    store.delete(&|_| true, millis(-1), millis(1000)).unwrap();
    assert!(store.flush());
    assert!(store.flush(), "empty files are removed once the old ones are gone");
    assert_eq!((all(&store), store.status().files), (Vec::new(), 0));
    assert!(names(folder.path()).iter().all(|name| !name.ends_with(".blk")), "{:?}", names(folder.path()));
}

#[test]
fn running_query_keeps_its_records_and_the_deletion_waits_for_it() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = open(folder.path(), &disk);
    append(&store, &records(0..60)).unwrap();
    assert!(store.flush());
    let mut found = 0;
    let mut visit = |_: &Record<'_>| {
        if found == 0 {
            delete(&store).unwrap();
            assert!(store.flush());
            assert_eq!(numbers(&all(&store)), left(0..60));
            assert_eq!(store.status().pending_deletions, 1);
        }
        found += 1;
        ControlFlow::Continue(())
    };
    store.query(&Query::default(), &mut visit).unwrap();
    assert_eq!(found, 60);
    assert!(store.flush());
    assert_eq!(store.status().pending_deletions, 0);
    let files: Vec<String> = names(folder.path()).into_iter().filter(|name| name.ends_with(".blk")).collect();
    assert_eq!(files, ["records-1-1.1.blk"]);
}

#[test]
fn deletion_survives_a_crash_before_its_files_are_rewritten() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = open(folder.path(), &disk);
    append(&store, &records(0..60)).unwrap();
    assert!(store.flush());
    let mut operations = 0;
    disk.set(Fault::Stop(operations));
    // Until it is written just so; nothing more is.
    while delete(&store).is_err() {
        operations += 1;
        disk.set(Fault::Stop(operations));
    }
    assert_eq!(numbers(&all(&store)), left(0..60));
    assert!(!store.flush());
    assert!(store.status().problems.iter().any(|problem| problem.contains("cannot be rewritten")));
    drop(store);
    disk.set(Fault::None);
    let store = open(folder.path(), &disk);
    assert_eq!(numbers(&all(&store)), left(0..60));
    assert!(store.flush());
    assert_eq!(store.status().pending_deletions, 0);
}

#[test]
fn small_files_and_blocks_are_merged() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let options = Options { block_bytes: 64 << 10, ..small() };
    let store = RecordStore::open(folder.path(), options, disk).unwrap();
    for n in 0..40 {
        append(&store, &records(n * 10..n * 10 + 10)).unwrap();
        assert!(store.flush());
    }
    let status = store.status();
    assert!(status.files < 10, "{status:?}");
    let (found, stats) = query(&store, &Query::default());
    assert_eq!(numbers(&found), (0..400).collect::<Vec<_>>());
    assert_eq!(stats.blocks_read, 2 * status.files as u64, "a block for each stream of a file");
}

#[test]
fn log_with_deleted_records_takes_no_others() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    append(&open(folder.path(), &disk), &records(0..60)).unwrap();
    // As after a power failure that has removed the next log.
    let streams = vec![Arc::new(stream_labels(1))];
    let deletion = |generation| Deletion { generation, times: 200..400, streams: streams.clone() };
    Deletions::default().with(deletion(1)).save(folder.path(), disk.as_ref()).unwrap();
    let store = open(folder.path(), &disk);
    let later = Numbered::new(210, 1, 60);
    append(&store, std::slice::from_ref(&later)).unwrap();
    for _ in 0..2 {
        let found = all(&store);
        assert!(found.contains(&later));
        assert_eq!(found.len(), left(0..60).len() + 1);
        assert!(store.flush());
    }
    // Nor do new logs when all others are lost.
    let empty = tempfile::tempdir().unwrap();
    Deletions::default().with(deletion(5)).save(empty.path(), disk.as_ref()).unwrap();
    let store = open(empty.path(), &disk);
    append(&store, std::slice::from_ref(&later)).unwrap();
    assert!(store.flush());
    assert_eq!(all(&store), [later]);
}
