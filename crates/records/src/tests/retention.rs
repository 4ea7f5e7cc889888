//! Retention by time and bytes.

use super::disk::Fault;
use super::*;
use crate::Retention;

/// Ten records of one time range, and a stream of their own.
fn batch(n: i64) -> Vec<Numbered> {
    (n * 10..n * 10 + 10).map(|number| Numbered::new(number, n as u8, number)).collect()
}

fn fill(folder: &Path, disk: &Arc<TestDisk>, options: Options) -> RecordStore {
    let store = RecordStore::open(folder, options, Arc::clone(disk) as _).unwrap();
    for n in 0..10 {
        append(&store, &batch(n)).unwrap();
        assert!(store.flush());
    }
    store
}

/// No file is merged.
fn separate() -> Options {
    Options { file_bytes: 0, ..small() }
}

#[test]
fn old_files_are_removed_and_the_rest_of_old_records_is_hidden() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = fill(folder.path(), &disk, separate());
    append(&store, &[Numbered::new(5, 0, 500), Numbered::new(100, 0, 501)]).unwrap();
    let before = store.status();
    let removed = store.retain(&Retention { oldest: Some(millis(35)), max_bytes: None });
    assert_eq!(removed.records, 30);
    let status = store.status();
    assert_eq!((status.files, status.records), (7, before.records - 30));
    assert_eq!(status.stored_bytes, before.stored_bytes - removed.bytes);
    let mut expected: Vec<i64> = (35..100).collect();
    expected.push(501);
    assert_eq!(numbers(&all(&store)), expected);
    // A longer retention shows what is still there.
    store.retain(&Retention::default());
    assert_eq!(all(&store).len(), 72);
}

#[test]
fn file_is_rewritten_once_half_of_it_is_expired() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = RecordStore::open(folder.path(), separate(), Arc::clone(&disk) as _).unwrap();
    append(&store, &(0..10).flat_map(batch).collect::<Vec<_>>()).unwrap();
    assert!(store.flush());
    let retain = |oldest: i64| store.retain(&Retention { oldest: Some(millis(oldest)), max_bytes: None });
    assert_eq!(retain(40).records, 0);
    assert_eq!(store.status().streams, 10);
    assert_eq!(retain(60).records, 60);
    assert_eq!(store.status().streams, 4);
    assert_eq!(names(folder.path()), ["log-2.wal", "records-1-1.1.blk"]);
    assert_eq!(numbers(&all(&store)), (60..100).collect::<Vec<_>>());
}

#[test]
fn oldest_files_are_removed_above_the_limit_of_bytes_on_a_full_disk() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = fill(folder.path(), &disk, separate());
    disk.set(Fault::Full(0));
    let max_bytes = store.status().stored_bytes / 2;
    let removed = store.retain(&Retention { oldest: None, max_bytes: Some(max_bytes) });
    assert!(store.status().stored_bytes <= max_bytes);
    assert!((50..70).contains(&removed.records), "{removed:?}");
    assert_eq!(numbers(&all(&store)), (removed.records as i64..100).collect::<Vec<_>>());
    let left = store.status().files;
    assert_eq!(names(folder.path()).len(), left + 1);
    store.retain(&Retention { oldest: None, max_bytes: Some(0) });
    assert_eq!(all(&store), []);
}
