//! The disk of the operating system.

use super::*;
use crate::{AppendError, SystemDisk};
use std::fs;

fn open_system(folder: &Path) -> RecordStore {
    RecordStore::open(folder, small(), Arc::new(SystemDisk::default())).unwrap()
}

fn batch(start: i64) -> Vec<Numbered> {
    (start..start + 10).map(|n| Numbered::new(n, 0, n)).collect()
}

#[test]
fn records_survive_a_restart_and_a_deletion_is_done() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    {
        let store = open_system(&path);
        append(&store, &batch(0)).unwrap();
        assert!(store.flush());
        append(&store, &batch(10)).unwrap();
        store.delete(&|_| true, millis(5), millis(15)).unwrap();
        assert!(store.flush());
    }
    let store = open_system(&path);
    append(&store, &batch(20)).unwrap();
    assert_eq!(numbers(&all(&store)), (0..5).chain(15..30).collect::<Vec<_>>());
    assert_eq!(store.status().problems, Vec::<String>::new());
}

#[test]
fn removed_log_is_noticed_and_nothing_in_memory_is_lost() {
    let folder = tempfile::tempdir().unwrap();
    let store = open_system(folder.path());
    append(&store, &batch(0)).unwrap();
    fs::remove_file(folder.path().join("log-1.wal")).unwrap();
    assert!(matches!(append(&store, &batch(10)), Err(AppendError::Disk(_))));
    append(&store, &batch(10)).unwrap();
    assert!(store.flush());
    drop(store);
    assert_eq!(numbers(&all(&open_system(folder.path()))), (0..20).collect::<Vec<_>>());
}

#[test]
fn nothing_is_written_into_another_folder_with_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("records");
    let store = open_system(&path);
    append(&store, &batch(0)).unwrap();
    fs::rename(&path, folder.path().join("before")).unwrap();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("restored"), b"a backup").unwrap();
    assert!(append(&store, &batch(10)).is_err());
    assert!(append(&store, &batch(10)).is_err());
    assert!(!store.flush());
    assert_eq!(names(&path), ["restored"]);
    assert_eq!(numbers(&all(&store)), (0..10).collect::<Vec<_>>());
}
