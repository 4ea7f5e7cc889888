//! Full, failing and slow disks.

use super::disk::Fault;
use super::*;
use crate::AppendError;
use crate::syncer::sync;

fn batch(numbers: std::ops::Range<i64>) -> Vec<Numbered> {
    numbers.map(|n| Numbered::new(n * 1000, (n % 2) as u8, n)).collect()
}

#[test]
fn full_disk_refuses_records_and_resumes() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let mut expected = Vec::new();
    let mut refused = 0;
    let store = open(folder.path(), &disk);
    for round in 0..20 {
        let start = round * 100;
        append(&store, &batch(start..start + 10)).unwrap();
        disk.set(Fault::Full(round as u64 * 30));
        let mut lost = 0;
        for at in start + 10..start + 20 {
            match append(&store, &batch(at..at + 1)) {
                Ok(()) => expected.extend(batch(at..at + 1)),
                Err(AppendError::Disk(error)) => {
                    assert_eq!(error.kind(), std::io::ErrorKind::StorageFull);
                    lost += 1;
                    let outage = store.status().outage.unwrap();
                    assert_eq!(outage.records, lost);
                    assert!(outage.since <= millis(at * 1000) && outage.since >= millis((start + 10) * 1000));
                }
                Err(error) => panic!("{error}"),
            }
        }
        expected.extend(batch(start..start + 10));
        expected.sort();
        refused += lost;
        assert!(lost >= 1);
        assert_eq!(all(&store), expected, "queries work on a full disk");
        assert!(!store.flush());
        let status = store.status();
        assert_eq!(status.refused, refused);
        let text = format!("no storage space; {lost} records lost since 1970-01-01T0");
        assert!(status.problems.iter().any(|problem| problem.contains(&text)), "{:?}", status.problems);
        disk.set(Fault::None);
        append(&store, &batch(start + 20..start + 21)).unwrap();
        expected.extend(batch(start + 20..start + 21));
        assert_eq!(store.status().outage, None);
        assert!(store.flush());
        assert_eq!(store.status().problems, Vec::<String>::new());
    }
    drop(store);
    assert_eq!(all(&open(folder.path(), &disk)), expected);
}

#[test]
fn records_wait_in_memory_up_to_the_limit_while_no_file_can_be_written() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let options = Options { head_bytes: 64 << 10, ..small() };
    let store = RecordStore::open(folder.path(), options, Arc::clone(&disk) as _).unwrap();
    append(&store, &batch(0..100)).unwrap();
    disk.set(Fault::Stop(0));
    assert!(!store.flush());
    assert!(matches!(append(&store, &batch(100..200)), Err(AppendError::Disk(_))));
    disk.set(Fault::None);
    let maintenance = store.shared.maintenance();
    let mut next = 100;
    let full = loop {
        match append(&store, &batch(next..next + 100)) {
            Ok(()) => next += 100,
            Err(error) => break error,
        }
    };
    assert!(matches!(full, AppendError::Busy));
    assert_eq!(store.status().outage.map(|outage| outage.records), Some(100));
    let status = store.status();
    assert!((128 << 10..160 << 10).contains(&status.head_bytes), "{status:?}");
    drop(maintenance);
    assert!(store.flush());
    append(&store, &batch(next..next + 100)).unwrap();
    assert_eq!(numbers(&all(&store)), (0..next + 100).collect::<Vec<_>>());
}

#[test]
fn records_move_into_another_file_after_a_failed_sync() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = open(folder.path(), &disk);
    append(&store, &batch(0..10)).unwrap();
    disk.set(Fault::Stop(0));
    assert!(!sync(&store.shared));
    let problems = store.status().problems;
    assert!(problems[0].starts_with("records may be lost at a power failure: "), "{problems:?}");
    disk.set(Fault::None);
    // The sync succeeds now, and says nothing about what was lost before.
    while !sync(&store.shared) {}
    assert!(store.shared.records().head.is_empty());
    assert!(store.flush());
    assert_eq!(store.status().problems, Vec::<String>::new());
    assert_eq!(numbers(&all(&store)), (0..10).collect::<Vec<_>>());
}

#[test]
fn failing_log_is_replaced_by_a_new_one() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = open(folder.path(), &disk);
    append(&store, &batch(0..10)).unwrap();
    for round in 1..10 {
        disk.set(Fault::Stop(0));
        let next = round * 10;
        assert!(matches!(append(&store, &batch(next..next + 10)), Err(AppendError::Disk(_))));
        disk.set(Fault::None);
        append(&store, &batch(next..next + 10)).unwrap();
    }
    assert_eq!(numbers(&all(&store)), (0..100).collect::<Vec<_>>());
    drop(store);
    assert_eq!(numbers(&all(&open(folder.path(), &disk))), (0..100).collect::<Vec<_>>());
}

#[test]
fn part_of_a_refused_batch_is_removed_from_the_log() {
    let (folder, disk) = (tempfile::tempdir().unwrap(), TestDisk::new());
    let store = open(folder.path(), &disk);
    append(&store, &batch(0..10)).unwrap();
    disk.set(Fault::Full(20));
    assert!(append(&store, &batch(10..20)).is_err());
    disk.set(Fault::None);
    append(&store, &batch(20..30)).unwrap();
    drop(store);
    let store = open(folder.path(), &disk);
    assert_eq!(all(&store).len(), 20);
    assert!(store.flush());
    assert_eq!(store.status().problems, Vec::<String>::new());
}
